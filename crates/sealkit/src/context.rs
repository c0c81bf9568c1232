//! The context of a running task.

mod current;
mod directories;
mod frame;
mod run;

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Weak},
    task::{self, Poll},
};

use once_cell::sync::OnceCell;
use pin_project_lite::pin_project;

use crate::{
    Result, TaskMetadata, controller,
    error::{Error, ErrorKind},
    session::Session,
    step::Steps,
};

use self::current::{Entered, entered, has_entered};
pub(crate) use self::{frame::Frame, run::CallNumber};

/// The call of the task that this process runs as a pod. A process is one pod, so threads without a context belong to it too.
static POD: OnceCell<Weak<Frame>> = OnceCell::new();

/// The context of a running task: its secrets, its metadata and its working directory.
///
/// Each call of a task has its own context. [`current_context`] returns it on the thread that runs the call and, in an
/// async task, across every `await`. It corresponds to flytekit's `ExecutionParameters`.
///
/// # Threads and spawned futures
///
/// The future of an async task has the context of its caller: it can be spawned as it is. Other futures, and threads, do **not** inherit
/// the context. Pass it on:
///
/// | in | write |
/// |---|---|
/// | `tokio::spawn`, `JoinSet::spawn` of an async task | nothing: `tokio::spawn(part(1))` |
/// | `tokio::spawn` of other futures | `sealkit::spawn(async { … })`, or [`in_current_context`](crate::InCurrentContext) |
/// | `std::thread::spawn`, `rayon::spawn`, `spawn_blocking` | [`in_current_context`](crate::in_current_context()): `spawn_blocking(in_current_context(\|\| part(1)))` |
/// | scoped threads | `let context = current_context();` before, and `context.run(\|\| part(1))` on the thread |
///
/// A process that runs a task as a pod belongs to that task only. So there a thread without a context has that of the pod: a task that is
/// called there runs in a pod of its own, and secrets can be read. In other processes, a read of a secret without the context fails with
/// [`ErrorKind::NoTask`], and a task that is called without it belongs to the session of the program.
///
/// Futures that are joined without spawning, as by `tokio::join!` or `futures::future::try_join_all`, need nothing.
///
/// # Examples
///
/// Tasks in spawned futures:
///
/// ```
/// use sealkit::{current_context, task, testing::TestSecrets, workflow};
///
/// #[task(secret_requests = [Secret(key = "token")])]
/// async fn part(n: i64) -> anyhow::Result<i64> {
///     let token = current_context().secrets().get("token")?;
///     Ok(n + token.expose().len() as i64)
/// }
///
/// # #[cfg(feature = "tokio")]
/// #[workflow]
/// async fn side_by_side() -> anyhow::Result<i64> {
///     let first = tokio::spawn(part(1));
///     let second = tokio::spawn(part(2));
///     Ok(first.await?? + second.await??)
/// }
/// # #[cfg(feature = "tokio")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let secrets = TestSecrets::new().with("token", "hunter2");
/// assert_eq!(secrets.scope(side_by_side()).await.unwrap(), 17);
/// # });
/// ```
///
/// A secret on another thread, with and without the context:
///
/// ```
/// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn on_another_thread() -> sealkit::Result<i64> {
///     let context = current_context();
///     let secret = std::thread::scope(|threads| {
///         threads.spawn(|| context.run(|| current_context().secrets().get("my_secret"))).join().unwrap()
///     })?;
///
///     let lost = std::thread::spawn(|| current_context().secrets().get("my_secret")).join().unwrap();
///     assert_eq!(lost.unwrap_err().kind(), ErrorKind::NoTask);
///     Ok(secret.expose().len() as i64)
/// }
///
/// assert_eq!(TestSecrets::new().with("my_secret", "hunter2").run(on_another_thread)?, 7);
/// # Ok::<(), sealkit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Context(Option<Arc<Frame>>);

/// Returns the context of the running task, as flytekit's `current_context()` does.
///
/// Outside a task it returns a context without a task. Reading a secret through that context is an error.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, current_context};
///
/// assert!(current_context().task().is_none());
/// let error = current_context().secrets().get("my_secret").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NoTask);
/// ```
pub fn current_context() -> Context {
    Context(entered().or_else(|| POD.get()?.upgrade()))
}

impl Context {
    /// Returns the metadata of the running task, or `None` outside a task.
    pub fn task(&self) -> Option<&'static TaskMetadata> {
        self.0.as_ref()?.task
    }

    /// Returns the path of an empty, private directory for the task's own files: in `$TMPDIR`, or else in `/var/tmp`, or else in the
    /// directory for temporary files. It is removed when the task ends, or by the next `sealkit` command if a local task was killed.
    ///
    /// Every call of this method within one call of a task returns the same path.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NoTask`](ErrorKind::NoTask) outside a task, and of kind [`Io`](ErrorKind::Io) if the
    /// directory cannot be created.
    pub fn working_directory(&self) -> Result<PathBuf> {
        let frame = self.frame().filter(|frame| frame.task.is_some());
        let frame = frame
            .ok_or_else(|| Error::new(ErrorKind::NoTask, "there is no working directory outside a task"))?;
        frame.working_directory().map(Path::to_owned)
    }

    /// Runs `work` on this thread, in this context.
    ///
    /// Use it to pass the context to another thread; see [`Context`] for an example.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self.0.clone());
        work()
    }

    /// Runs `work` on this thread, in this context, which it gives back.
    pub(crate) fn enter<T>(self, work: impl FnOnce() -> T) -> (Self, T) {
        let entered = Entered::new(self.0);
        let result = work();
        (Self(entered.leave()), result)
    }

    /// Wraps `future` so that it runs in this context, on whatever thread it is polled.
    ///
    /// Use it to pass the context to a spawned future; see [`Context`] for an example.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        InContext { frame: self.0.clone(), is_default: false, future }
    }

    fn of_session(session: Session) -> Self {
        let session = OnceCell::with_value(session);
        Self(Some(Frame::new(None, CallNumber::default(), None, session)))
    }

    /// Creates the context of a call of `task` in this process, in the session of this context or of the program.
    ///
    /// The first call in a pod is that of the pod's own task.
    pub(crate) fn of_call(
        &self,
        task: &'static TaskMetadata,
        call: CallNumber,
        steps: Option<Arc<Steps>>,
    ) -> Self {
        let session = self.frame().map(|frame| OnceCell::with_value(frame.session().clone()));
        let session = session.unwrap_or_default();
        let context = Self(Some(Frame::new(Some(task), call, steps, session)));
        if controller::is_available()
            && let Some(frame) = &context.0
        {
            let _ = POD.set(Arc::downgrade(frame));
        }
        context
    }

    /// Ends a call.
    pub(crate) fn end(self) {
        if let Some(frame) = self.0 {
            Frame::end(frame);
        }
    }

    /// Returns the context that calls of tasks belong to: in a pod, that of the pod's task also where a session was entered explicitly.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NoTask`](ErrorKind::NoTask) in a pod whose task has ended.
    pub(crate) fn of_caller() -> Result<Self> {
        let current = current_context();
        match POD.get() {
            Some(pod) if current.task().is_none() => match pod.upgrade() {
                Some(frame) => Ok(Self(Some(frame))),
                None => Err(Error::new(ErrorKind::NoTask, "the task of this pod has ended").with_hint(
                    "wait for threads and spawned futures that call tasks before the task returns",
                )),
            },
            _ => Ok(current),
        }
    }

    /// Whether a task that is called in this context waits before it is tried again.
    pub(crate) fn waits(&self) -> bool {
        self.frame().is_none_or(|frame| frame.session().waits())
    }

    pub(crate) fn frame(&self) -> Option<&Frame> {
        self.0.as_deref()
    }
}

/// Wraps the future of an async task: where it is polled without a context, it runs in that of its caller, so that it can be spawned.
pub fn in_context_of_caller<F: Future>(future: F) -> impl Future<Output = F::Output> {
    InContext { frame: entered(), is_default: true, future }
}

pin_project! {
    /// A future in a context. An async block would contain the future twice, and nested calls would multiply that.
    struct InContext<F> {
        frame: Option<Arc<Frame>>,
        // Whether the context holds only where there is no other.
        is_default: bool,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if *this.is_default && (this.frame.is_none() || has_entered()) {
            return this.future.poll(task);
        }
        // A future that panics is not polled again: the context may be lost then.
        let entered = Entered::new(this.frame.take());
        let result = this.future.poll(task);
        *this.frame = entered.leave();
        result
    }
}

impl Session {
    /// Runs `work` on this thread. The tasks that it calls belong to this session.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        Context::of_session(self.clone()).run(work)
    }

    /// Wraps `future`. The tasks that it calls belong to this session.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Context::of_session(self.clone()).scope(future)
    }
}
