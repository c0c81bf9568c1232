//! The context of a task on other threads and in spawned futures.

use std::future::Future;

use crate::current_context;

/// Attaches the context of the running task to a future, as `tracing::Instrument` attaches a span.
///
/// The future of an async task has the context of its caller already: `tokio::spawn(part(1))` needs nothing.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, InCurrentContext as _, current_context, task, testing::TestSecrets};
///
/// async fn length() -> sealkit::Result<usize> {
///     Ok(current_context().secrets().get("my_secret")?.expose().len())
/// }
///
/// # #[cfg(feature = "tokio")]
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// async fn spawning() -> anyhow::Result<usize> {
///     // Without its context, the future knows of no task.
///     let error = tokio::spawn(length()).await?.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::NoTask);
///
///     Ok(tokio::spawn(length().in_current_context()).await??)
/// }
/// # #[cfg(feature = "tokio")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// assert_eq!(TestSecrets::new().with("my_secret", "hunter2").scope(spawning()).await.unwrap(), 7);
/// # });
/// ```
pub trait InCurrentContext: Future + Sized {
    /// Returns the future, which runs in the context of the task that calls this method.
    fn in_current_context(self) -> impl Future<Output = Self::Output>;
}

impl<F: Future> InCurrentContext for F {
    fn in_current_context(self) -> impl Future<Output = F::Output> {
        current_context().scope(self)
    }
}

/// Attaches the context of the running task to a closure, for `std::thread::spawn`, `tokio::task::spawn_blocking` or `rayon::spawn`.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, current_context, in_current_context, task, testing::TestSecrets};
///
/// fn length() -> sealkit::Result<usize> {
///     Ok(current_context().secrets().get("my_secret")?.expose().len())
/// }
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn on_a_thread() -> sealkit::Result<usize> {
///     // Without its context, the thread knows of no task.
///     let error = std::thread::spawn(length).join().unwrap().unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::NoTask);
///
///     std::thread::spawn(in_current_context(length)).join().unwrap()
/// }
///
/// assert_eq!(TestSecrets::new().with("my_secret", "hunter2").run(on_a_thread)?, 7);
/// # Ok::<(), sealkit::Error>(())
/// ```
pub fn in_current_context<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = current_context();
    move || context.run(work)
}

/// Spawns a future on the tokio runtime, in the context of the running task.
///
/// # Panics
///
/// Panics outside a tokio runtime, as [`tokio::spawn`] does.
///
/// # Examples
///
/// ```
/// use sealkit::{current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// async fn spawning() -> anyhow::Result<usize> {
///     let work = sealkit::spawn(async { current_context().secrets().get("my_secret").map(|secret| secret.expose().len()) });
///     Ok(work.await??)
/// }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// assert_eq!(TestSecrets::new().with("my_secret", "hunter2").scope(spawning()).await.unwrap(), 7);
/// # });
/// ```
#[cfg(feature = "tokio")]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(current_context().scope(future))
}
