//! The limit on pods that run at the same time.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, mpsc},
    time::Instant,
};

use crate::{engine::lock, workers::Workers};

/// Work for which a slot is taken, or the error if there is no thread for it. A slot is taken only without an error.
type Work = Box<dyn FnOnce(io::Result<()>) + Send>;

/// A semaphore with one slot for every pod that may work; a pod that waits for another one holds none.
pub(crate) struct Slots {
    count: isize,
    state: Mutex<State>,
    workers: Arc<Workers>,
}

#[derive(Default)]
struct State {
    free: isize,
    /// Those that wait for a slot.
    queue: BTreeMap<Place, Waiter>,
    /// How many have waited so far.
    queued: u64,
}

/// A place in the queue. The deepest calls come first, in the order in which they were made: a pod that waits for them takes memory.
pub(crate) type Place = (Reverse<usize>, u64);

enum Waiter {
    /// A thread. It has a slot when it receives the message.
    Thread(mpsc::Sender<()>),
    /// Work that has no thread yet. A thread for each call that waits would take more memory than all pods.
    Work(Work),
}

impl State {
    fn queue(&mut self, depth: usize, waiter: Waiter) -> Place {
        self.queued += 1;
        let place = (Reverse(depth), self.queued);
        self.queue.insert(place, waiter);
        place
    }
}

impl Slots {
    pub(crate) fn new(count: usize, workers: Arc<Workers>) -> Self {
        let count = isize::try_from(count.max(1)).unwrap_or(isize::MAX);
        Self { count, state: Mutex::new(State { free: count, ..State::default() }), workers }
    }

    /// Waits for a slot for a call at this `depth`, and takes it. Returns `None` if there is none for it until `limit`.
    pub(crate) fn acquire(&self, depth: usize, limit: Option<Instant>) -> Option<Slot<'_>> {
        let (sender, receiver) = mpsc::channel();
        let mut state = lock(&self.state);
        let place = state.queue(depth, Waiter::Thread(sender));
        self.serve(state);
        let has_slot = match limit {
            None => receiver.recv().is_ok(),
            Some(limit) => {
                let time = limit.saturating_duration_since(Instant::now());
                // Once it is not in the queue, it has a slot, even if the message came too late.
                receiver.recv_timeout(time).is_ok() || !self.remove(place)
            }
        };
        has_slot.then(|| Slot(self))
    }

    /// Does `work`, for a call at this `depth`, on another thread once it has a slot.
    pub(crate) fn queue(&self, depth: usize, work: impl FnOnce(io::Result<()>) + Send + 'static) -> Place {
        let mut state = lock(&self.state);
        let place = state.queue(depth, Waiter::Work(Box::new(work)));
        self.serve(state);
        place
    }

    /// Removes what still waits for a slot at this `place`, and returns whether there was anything.
    pub(crate) fn remove(&self, place: Place) -> bool {
        let waiter = lock(&self.state).queue.remove(&place);
        waiter.is_some()
    }

    /// Returns the slot that queued work has.
    pub(crate) fn taken(&self) -> Slot<'_> {
        Slot(self)
    }

    /// Takes a slot without waiting, even if none is free: the caller resumes as soon as the pod it called has finished.
    pub(crate) fn reacquire(&self) {
        lock(&self.state).free -= 1;
    }

    /// Gives a slot back.
    pub(crate) fn release(&self) {
        let mut state = lock(&self.state);
        state.free += 1;
        self.serve(state);
    }

    /// Takes the free slots for the first in the queue.
    fn serve<'s>(&'s self, mut state: MutexGuard<'s, State>) {
        while state.free > 0
            && let Some((place, waiter)) = state.queue.pop_first()
        {
            state.free -= 1;
            let work = match waiter {
                Waiter::Thread(thread) => {
                    // It removes itself from the queue before it gives up.
                    let _ = thread.send(());
                    continue;
                }
                Waiter::Work(work) => Arc::new(Mutex::new(Some(work))),
            };
            drop(state);
            let of_worker = work.clone();
            let started = self.workers.spawn(move || {
                let work = lock(&of_worker).take();
                if let Some(work) = work {
                    work(Ok(()));
                }
            });
            state = lock(&self.state);
            let Err(error) = started else { continue };
            state.free += 1;
            let Some(work) = lock(&work).take() else { continue };
            if state.free < self.count {
                // There may be a thread for it when the next slot is given back.
                state.queue.insert(place, Waiter::Work(work));
                return;
            }
            drop(state);
            work(Err(error));
            state = lock(&self.state);
        }
    }
}

/// A slot that is taken; dropping it gives it back.
pub(crate) struct Slot<'s>(&'s Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        thread,
        time::Duration,
    };

    use super::*;

    fn slots(count: usize) -> Arc<Slots> {
        Arc::new(Slots::new(count, Arc::default()))
    }

    #[test]
    fn only_as_many_threads_work_as_there_are_slots() {
        let (slots, working, most) = (slots(3), AtomicUsize::new(0), AtomicUsize::new(0));
        // Three threads meet while they hold a slot, so three slots can be held at once.
        let all_working = Barrier::new(3);
        thread::scope(|threads| {
            for _ in 0..21 {
                threads.spawn(|| {
                    let slot = slots.acquire(0, None);
                    most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    all_working.wait();
                    working.fetch_sub(1, Ordering::SeqCst);
                    drop(slot);
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
    }

    #[test]
    fn a_thread_waits_for_a_slot_until_its_limit() {
        let slots = slots(1);
        let slot = slots.acquire(0, None);
        assert!(slots.acquire(0, Some(Instant::now())).is_none());
        drop(slot);
        assert!(slots.acquire(0, Some(Instant::now())).is_some());
    }

    #[test]
    fn the_deepest_calls_come_first_with_and_without_a_thread() {
        let slots = slots(1);
        let (done, order) = mpsc::channel();
        let slot = slots.acquire(0, None);
        thread::scope(|threads| {
            for (number, depth) in (0..).zip([2, 2, 1, 3, 1, 2, 3, 1, 3]) {
                let (of_work, done) = (slots.clone(), done.clone());
                if number % 3 == 1 {
                    threads.spawn(move || {
                        let _slot = of_work.acquire(depth, None);
                        done.send(number).unwrap();
                    });
                } else {
                    slots.queue(depth, move |started| {
                        let _slot = started.map(|()| of_work.taken()).unwrap();
                        done.send(number).unwrap();
                    });
                }
                while lock(&slots.state).queue.len() == number {
                    thread::yield_now();
                }
            }
            assert!(order.recv_timeout(Duration::from_millis(20)).is_err());
            drop(slot);
        });
        assert_eq!(order.iter().take(9).collect::<Vec<_>>(), [3, 6, 8, 0, 1, 5, 2, 4, 7]);
        assert!(slots.acquire(0, None).is_some());
        assert_eq!(lock(&slots.state).free, 1);
    }
}
