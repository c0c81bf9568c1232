//! Timeouts of pods.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::timer::{Alarm, Timer};

/// A running timeout; dropping it stops the clock.
pub(crate) struct Timeout {
    expired: Arc<AtomicBool>,
    _alarm: Option<Alarm>,
}

impl Timeout {
    /// Starts the clock: `terminate` is called when `limit` has passed.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for the thread of the timer.
    pub(crate) fn start(
        timer: &Timer,
        limit: Option<Duration>,
        terminate: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let expired = Arc::new(AtomicBool::new(false));
        let of_alarm = expired.clone();
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        let alarm = end.map(|end| {
            timer.alarm(end, move || {
                of_alarm.store(true, Ordering::SeqCst);
                terminate();
            })
        });
        Ok(Self { expired, _alarm: alarm.transpose()? })
    }

    /// Returns whether the limit has passed.
    pub(crate) fn timed_out(&self) -> bool {
        self.expired.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_timeout_terminates_once_and_a_dropped_one_never() {
        let (timer, (terminated, receiver)) = (Timer::default(), mpsc::channel());
        let start = |limit, terminate| Timeout::start(&timer, Some(Duration::from_millis(limit)), terminate);
        let timeout = start(1, Box::new(move || terminated.send(()).unwrap()) as Box<dyn FnOnce() + Send>);
        receiver.recv().unwrap();
        assert!(timeout.unwrap().timed_out());
        assert!(receiver.recv().is_err());

        let (terminated, receiver) = mpsc::channel::<()>();
        let timeout = start(1_000_000, Box::new(move || drop(terminated))).unwrap();
        assert!(!timeout.timed_out());
        drop(timeout);
        assert!(receiver.recv().is_err());
    }
}
