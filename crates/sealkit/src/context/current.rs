//! The context that a thread has entered.

use std::{cell::RefCell, sync::Arc};

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

/// Restores the previous context when it is dropped, also if the work panics.
pub(super) struct Entered(Option<Arc<Frame>>);

impl Entered {
    pub(super) fn new(frame: Option<Arc<Frame>>) -> Self {
        Self(CURRENT.try_with(|current| current.replace(frame)).ok().flatten())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}
