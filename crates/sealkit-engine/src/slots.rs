//! The limit on pods that run at the same time.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Instant,
};

/// A semaphore with one slot for every pod that may work; a pod that waits for another one holds none.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Mutex<isize>,
    released: Condvar,
}

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(isize::try_from(count.max(1)).unwrap_or(isize::MAX)),
            released: Condvar::new(),
        }
    }

    /// Waits for a slot and takes it. Returns `None` if none is free until `limit`.
    pub(crate) fn acquire(&self, limit: Option<Instant>) -> Option<Slot<'_>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free <= 0 {
            free = match limit {
                None => self.released.wait(free).unwrap_or_else(PoisonError::into_inner),
                Some(limit) => {
                    let time = limit.checked_duration_since(Instant::now())?;
                    self.released.wait_timeout(free, time).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        *free -= 1;
        Some(Slot(self))
    }

    /// Takes a slot without waiting, even if none is free: the caller resumes as soon as the pod it called has finished.
    pub(crate) fn reacquire(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    /// Gives a slot back.
    pub(crate) fn release(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.released.notify_one();
    }
}

/// A slot that is taken; dropping it gives it back.
#[derive(Debug)]
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
        },
        thread,
    };

    use super::*;

    #[test]
    fn only_as_many_threads_work_as_there_are_slots() {
        let (slots, working, most) = (Slots::new(3), AtomicUsize::new(0), AtomicUsize::new(0));
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
        let slots = Slots::new(1);
        let slot = slots.acquire(None);
        assert!(slots.acquire(Some(Instant::now())).is_none());
        drop(slot);
        assert!(slots.acquire(Some(Instant::now())).is_some());
    }
}
