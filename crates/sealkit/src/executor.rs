//! Driving an async task where the program itself is not async.

use std::future::Future;

/// Runs the future that `start` gives to its end.
///
/// With the `tokio` feature it runs on a new multi-threaded runtime, on a thread of its own if this one belongs
/// to a runtime already. Without the feature it runs on this thread.
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
        // A runtime cannot be started on a thread of another one.
        std::thread::scope(|threads| match threads.spawn(drive).join() {
            Ok(output) => output,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }
    #[cfg(not(feature = "tokio"))]
    pollster::block_on(start())
}

#[cfg(feature = "tokio")]
fn drive<F: Future>(start: impl FnOnce() -> F) -> F::Output {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async { start().await }),
        // No threads or no timers are to be had here; a task that needs none still runs.
        Err(_) => pollster::block_on(start()),
    }
}
