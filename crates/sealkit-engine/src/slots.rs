//! The limit on pods that run at the same time.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{engine::lock, workers::Workers};

/// Work for which a slot is taken, or the error if there is no thread for it. A slot is taken only without an error.
type Work = Box<dyn FnOnce(io::Result<()>) + Send>;

/// A semaphore with one slot for every pod that may work; a pod that waits for another one holds none.
pub(crate) struct Slots {
    state: Mutex<State>,
    released: Condvar,
    workers: Arc<Workers>,
}

struct State {
    free: isize,
    /// How many threads wait. They come first.
    threads: isize,
    /// Work that has no thread yet. A thread for each call that waits would take more memory than all pods.
    ///
    /// The deepest calls come first, in the order in which they were made: a pod that waits for them takes memory.
    queue: BTreeMap<(Reverse<usize>, u64), Work>,
    /// How much work was queued so far.
    queued: u64,
}

impl Slots {
    pub(crate) fn new(count: usize, workers: Arc<Workers>) -> Self {
        let free = isize::try_from(count.max(1)).unwrap_or(isize::MAX);
        let state = State { free, threads: 0, queue: BTreeMap::new(), queued: 0 };
        Self { state: Mutex::new(state), released: Condvar::new(), workers }
    }

    /// Waits for a slot and takes it. Returns `None` if none is free until `limit`.
    pub(crate) fn acquire(&self, limit: Option<Instant>) -> Option<Slot<'_>> {
        let mut state = lock(&self.state);
        state.threads += 1;
        while state.free <= 0 {
            let time = limit.map(|limit| limit.checked_duration_since(Instant::now()));
            state = match time {
                None => self.released.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Some(time)) => {
                    self.released.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
                }
                Some(None) => {
                    state.threads -= 1;
                    return None;
                }
            };
        }
        state.threads -= 1;
        state.free -= 1;
        Some(Slot(self))
    }

    /// Does `work` on another thread once it has a slot. It is for a call at this `depth`.
    pub(crate) fn queue(&self, depth: usize, work: impl FnOnce(io::Result<()>) + Send + 'static) {
        let mut state = lock(&self.state);
        state.queued += 1;
        let key = (Reverse(depth), state.queued);
        state.queue.insert(key, Box::new(work));
        self.start_queued(state);
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
        self.released.notify_one();
        self.start_queued(state);
    }

    /// Starts as much work as there are slots that no thread waits for.
    fn start_queued<'s>(&'s self, mut state: MutexGuard<'s, State>) {
        while state.free > state.threads
            && let Some((_, work)) = state.queue.pop_first()
        {
            state.free -= 1;
            drop(state);
            let work = Arc::new(Mutex::new(Some(work)));
            let of_worker = work.clone();
            let started = self.workers.spawn(move || {
                if let Some(work) = lock(&of_worker).take() {
                    work(Ok(()));
                }
            });
            if let Err(error) = started {
                lock(&self.state).free += 1;
                if let Some(work) = lock(&work).take() {
                    work(Err(error));
                }
            }
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
                    let slot = slots.acquire(None);
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
        let slot = slots.acquire(None);
        assert!(slots.acquire(Some(Instant::now())).is_none());
        drop(slot);
        assert!(slots.acquire(Some(Instant::now())).is_some());
    }

    #[test]
    fn queued_work_is_done_in_order_after_the_threads_that_wait() {
        let slots = slots(1);
        let (done, order) = mpsc::channel();
        let slot = slots.acquire(None);
        for number in 0..100 {
            let (of_work, done) = (slots.clone(), done.clone());
            let depth = if number < 30 { 2 } else { 1 + usize::from(number < 60) * 2 };
            slots.queue(depth, move |started| {
                let _slot = started.map(|()| of_work.taken()).unwrap();
                done.send(number).unwrap();
            });
        }
        thread::scope(|threads| {
            threads.spawn(|| {
                let _slot = slots.acquire(None);
                done.send(-1).unwrap();
            });
            while lock(&slots.state).threads == 0 {
                thread::yield_now();
            }
            assert!(order.recv_timeout(Duration::from_millis(20)).is_err());
            drop(slot);
        });
        let deepest_first = [-1].into_iter().chain(30..60).chain(0..30).chain(60..100);
        assert_eq!(order.iter().take(101).collect::<Vec<_>>(), deepest_first.collect::<Vec<_>>());
        assert!(slots.acquire(None).is_some());
    }
}
