//! A timer: it calls functions when their time has come, all on one thread.

use std::{
    collections::BTreeMap,
    io, mem,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Instant,
};

use crate::engine::lock;

/// When a call is made, and its number.
type Time = (Instant, u64);

/// The timer of a run. Its thread starts with the first call and ends when the timer is dropped.
#[derive(Default)]
pub(crate) struct Timer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<Time, Box<dyn FnOnce() + Send>>,
    /// How many there were so far.
    count: u64,
    is_running: bool,
    has_ended: bool,
}

/// A call that is not made if this is dropped before.
#[must_use]
pub(crate) struct Alarm {
    timer: Arc<Shared>,
    time: Time,
}

impl Timer {
    /// Calls `ring` at a time, unless the alarm is dropped before.
    ///
    /// # Errors
    ///
    /// Returns the error of [`call`](Self::call).
    pub(crate) fn alarm(&self, at: Instant, ring: impl FnOnce() + Send + 'static) -> io::Result<Alarm> {
        Ok(Alarm { timer: self.0.clone(), time: self.call(at, ring)? })
    }

    /// Calls `ring` at a time, on the thread of the timer: it must not block.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for the thread.
    pub(crate) fn call(&self, at: Instant, ring: impl FnOnce() + Send + 'static) -> io::Result<Time> {
        let mut state = lock(&self.0.state);
        if !state.is_running {
            let timer = self.0.clone();
            thread::Builder::new().spawn(move || timer.run())?;
            state.is_running = true;
        }
        state.count += 1;
        let time = (at, state.count);
        state.calls.insert(time, Box::new(ring));
        self.0.changed.notify_one();
        Ok(time)
    }
}

impl Shared {
    fn run(&self) {
        let mut state = lock(&self.state);
        while !state.has_ended {
            let first = state.calls.first_key_value();
            let left = first.map(|((at, _), _)| at.saturating_duration_since(Instant::now()));
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    let first = state.calls.pop_first();
                    drop(state);
                    if let Some((_, ring)) = first {
                        ring();
                    }
                    lock(&self.state)
                }
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

// What a call holds is dropped without the lock: it may hold an alarm.
impl Drop for Timer {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.has_ended = true;
        let calls = mem::take(&mut state.calls);
        self.0.changed.notify_one();
        drop(state);
        drop(calls);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let call = lock(&self.timer.state).calls.remove(&self.time);
        drop(call);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn calls_are_made_in_the_order_of_their_times_unless_the_alarm_is_dropped() {
        let (timer, now) = (Timer::default(), Instant::now());
        let (sender, called) = mpsc::channel();
        let alarm = |milliseconds: u64| {
            let sender = sender.clone();
            let at = now + Duration::from_millis(milliseconds);
            timer.alarm(at, move || sender.send(milliseconds).unwrap()).unwrap()
        };
        let (_last, dropped, _past) = (alarm(40), alarm(20), alarm(0));
        let (_first, _equal) = (alarm(10), alarm(10));
        drop(dropped);
        assert_eq!(called.iter().take(4).collect::<Vec<_>>(), [0, 10, 10, 40]);
    }

    #[test]
    fn no_call_is_made_once_the_timer_is_dropped() {
        let (sender, called) = mpsc::channel::<()>();
        let timer = Timer::default();
        let inner = timer.alarm(Instant::now() + Duration::from_secs(1000), || ()).unwrap();
        timer
            .call(Instant::now() + Duration::from_secs(1000), move || {
                drop(inner);
                sender.send(()).unwrap();
            })
            .unwrap();
        drop(timer);
        assert!(called.recv().is_err());
    }
}
