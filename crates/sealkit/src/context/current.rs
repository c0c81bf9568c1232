//! The context that a thread has entered.

use std::{cell::RefCell, mem, sync::Arc};

use super::Frame;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Frame>>> = const { RefCell::new(None) };
}

/// Returns the context that this thread has entered.
pub(super) fn entered() -> Option<Arc<Frame>> {
    // The thread-local is already destroyed if the thread is exiting.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Whether this thread has entered a context.
pub(super) fn has_entered() -> bool {
    CURRENT.try_with(|current| current.borrow().is_some()).unwrap_or(false)
}

/// Holds the previous context of the thread, and restores it when it is dropped, also if the work panics.
pub(super) struct Entered(Option<Arc<Frame>>);

impl Entered {
    pub(super) fn new(frame: Option<Arc<Frame>>) -> Self {
        let mut entered = Self(frame);
        entered.swap();
        entered
    }

    /// Restores the previous context, and returns the one that was entered.
    pub(super) fn leave(mut self) -> Option<Arc<Frame>> {
        self.swap();
        let frame = self.0.take();
        // There is nothing left to restore or to drop.
        mem::forget(self);
        frame
    }

    /// Swaps the contexts. A thread that is exiting has no current one any more: this one is kept.
    fn swap(&mut self) {
        let _ = CURRENT.try_with(|current| mem::swap(&mut *current.borrow_mut(), &mut self.0));
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.swap();
    }
}
