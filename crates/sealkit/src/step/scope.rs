//! The step that this thread is in: the steps inside of it are numbered on their own, because a retry may leave all of them out.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::context::Frame;

thread_local! {
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// A step of a call.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The address of the frame of the call.
    call: usize,
    name: Arc<str>,
}

impl Scope {
    /// Creates the scope of the step with this name and number, which include those around it.
    pub(super) fn new(frame: &Frame, name: &str, number: u32) -> Self {
        Self { call: address(frame), name: format!("{name}[{number}]").into() }
    }

    /// Runs the work of the step.
    pub(super) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self);
        work()
    }

    /// Wraps the work of the step.
    pub(super) fn wrap<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        InScope { scope: self, work }
    }
}

/// Returns the name of a step of the call, with those of the steps around it. Names of steps have no brackets.
pub(super) fn name_inside(frame: &Frame, name: &str) -> String {
    // A thread that is exiting has no scope any more.
    let current = CURRENT.try_with(|current| current.borrow().clone()).ok().flatten();
    let outer = current.filter(|scope| scope.call == address(frame)).map(|scope| scope.name);
    outer.map_or_else(|| name.to_owned(), |outer| format!("{outer}/{name}"))
}

/// Returns the name of a step without those around it.
#[cfg(feature = "cluster")]
pub(crate) fn last_name(name: &str) -> &str {
    name.rsplit("]/").next().unwrap_or(name)
}

fn address(frame: &Frame) -> usize {
    std::ptr::from_ref(frame) as usize
}

/// Restores the scope around a step when it is dropped, also if the work panics.
struct Entered(Option<Scope>);

impl Entered {
    fn new(scope: Scope) -> Self {
        Self(CURRENT.try_with(|current| current.replace(Some(scope))).ok().flatten())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}

pin_project! {
    struct InScope<F> {
        scope: Scope,
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(this.scope.clone());
        this.work.poll(task)
    }
}
