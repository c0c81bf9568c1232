//! A blocking executor for async tasks.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
};

/// Runs the future that `start` creates to completion.
///
/// With the feature `tokio`, the future runs on a new multi-threaded runtime. If this thread already belongs to a runtime, it runs
/// on another thread. Without the feature, it runs on this thread.
pub fn block_on<F: Future>(start: impl FnOnce() -> F + Send) -> F::Output
where
    F::Output: Send,
{
    #[cfg(feature = "tokio")]
    {
        let context = crate::current_context();
        let drive = move || context.run(|| drive(start));
        if tokio::runtime::Handle::try_current().is_err() {
            return drive();
        }
        // A runtime cannot be started on a thread of another runtime.
        thread::scope(|threads| match threads.spawn(drive).join() {
            Ok(output) => output,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }
    #[cfg(not(feature = "tokio"))]
    on_this_thread(start())
}

/// Runs the body of a sync task, which may block, or start a runtime of its own.
///
/// On a thread of a multi-threaded runtime, the runtime steps aside: it would refuse to start another runtime. Other runtimes cannot.
pub(crate) fn run_blocking<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "tokio")]
    {
        use tokio::runtime::{Handle, RuntimeFlavor};
        if Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread) {
            return tokio::task::block_in_place(work);
        }
    }
    work()
}

#[cfg(feature = "tokio")]
fn drive<F: Future>(start: impl FnOnce() -> F) -> F::Output {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async { start().await }),
        // The system provides no threads or timers here. A task that needs none still runs.
        Err(_) => on_this_thread(start()),
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls the future whenever it wakes this thread, which is parked in between.
fn on_this_thread<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_future_is_polled_until_it_is_ready() {
        let mut polled = 0;
        let output = on_this_thread(std::future::poll_fn(|task| {
            polled += 1;
            let waker = task.waker().clone();
            if polled < 3 {
                thread::spawn(move || waker.wake());
                return Poll::Pending;
            }
            Poll::Ready(42)
        }));
        assert_eq!((output, polled), (42, 3));
    }
}
