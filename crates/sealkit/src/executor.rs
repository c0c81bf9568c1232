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
/// The future runs on this thread. With the feature `tokio`, it has a new multi-threaded runtime. If this thread already belongs to a
/// runtime, it runs on another thread.
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

#[cfg(feature = "tokio")]
fn drive<F: Future>(start: impl FnOnce() -> F) -> F::Output {
    // Without a runtime, the system provides no threads or timers here. A task that needs none still runs.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().ok();
    // Not `Runtime::block_on`: a sync task that the future calls could not start a runtime of its own, as blocking HTTP clients do.
    let _entered = runtime.as_ref().map(tokio::runtime::Runtime::enter);
    on_this_thread(start())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls the future whenever it wakes this thread, which is parked in between.
pub(crate) fn on_this_thread<F: Future>(future: F) -> F::Output {
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
