//! How many pods work at the same time.

use std::sync::{Condvar, Mutex, PoisonError};

/// Places for pods that work; one that waits for another needs none.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Mutex<isize>,
    changed: Condvar,
}

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(isize::try_from(count.max(1)).unwrap_or(isize::MAX)),
            changed: Condvar::new(),
        }
    }

    /// Waits for a place.
    pub(crate) fn take(&self) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.changed.wait_while(free, |free| *free <= 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
    }

    /// Takes a place whether there is one or not: who has waited for another pod goes on when that has ended.
    pub(crate) fn take_back(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    pub(crate) fn give(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    use super::*;

    #[test]
    fn no_more_work_than_there_are_places() {
        let (slots, working, most) = (Slots::new(3), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|threads| {
            for _ in 0..20 {
                threads.spawn(|| {
                    slots.take();
                    most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    working.fetch_sub(1, Ordering::SeqCst);
                    slots.give();
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
    }
}
