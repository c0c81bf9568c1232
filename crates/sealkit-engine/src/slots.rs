//! The limit on pods that run at the same time.

use std::sync::{Condvar, Mutex, PoisonError};

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

    /// Waits for a slot and takes it.
    pub(crate) fn acquire(&self) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.released.wait_while(free, |free| *free <= 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
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
                    slots.acquire();
                    most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    all_working.wait();
                    working.fetch_sub(1, Ordering::SeqCst);
                    slots.release();
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
    }
}
