//! What a running task can ask about itself.

use std::{
    cell::RefCell,
    env,
    future::{Future, poll_fn},
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use once_cell::sync::OnceCell;
use tempfile::TempDir;

use crate::{
    Result, Secret, SecretBytes, TaskMetadata,
    error::{Error, ErrorKind},
    given::Given,
    identity,
    secrets::Secrets,
    session::Session,
};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Frame>>> = const { RefCell::new(None) };
}

/// One call of a task, or a session outside of any task.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) task: Option<&'static TaskMetadata>,
    pub(crate) session: Session,
    /// The secrets that were read.
    pub(crate) given: Given,
    working_directory: OnceCell<TempDir>,
    secret_files: OnceCell<TempDir>,
}

impl Frame {
    /// Notes that the task has read this value.
    pub(crate) fn give(&self, secret: &'static Secret, value: &SecretBytes) {
        self.given.share(self.session.given().add(secret, value.expose()));
    }

    /// A private directory for the files of secrets that came without one, in memory where possible.
    pub(crate) fn secret_files(&self) -> Result<&Path> {
        let directory = self.secret_files.get_or_try_init(|| {
            let candidates =
                [env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from), Some(PathBuf::from("/dev/shm"))];
            let in_memory = candidates
                .into_iter()
                .flatten()
                .filter(|path| path.is_absolute())
                .find_map(|path| private_directory(&path).ok());
            in_memory.map_or_else(|| private_directory(&env::temp_dir()), Ok)
        });
        directory.map(TempDir::path).map_err(|error| {
            Error::new(ErrorKind::Io, "no private directory could be created for secret files")
                .with_source(error)
        })
    }
}

fn private_directory(parent: &Path) -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("sealkit-").tempdir_in(parent)
}

/// What a running task can ask about itself.
///
/// It belongs to one call of one task, and is found by [`current_context`] on the thread that runs the call and
/// in the future that is the call, across every `await`. Threads and spawned tasks do not inherit it: hand it to
/// them with [`Context::run`] or [`Context::scope`].
///
/// ```
/// use sealkit::{current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn on_another_thread() -> sealkit::Result<i64> {
///     let context = current_context();
///     let secret = std::thread::scope(|threads| {
///         threads.spawn(|| context.run(|| current_context().secrets().get("my_secret"))).join().unwrap()
///     })?;
///     Ok(secret.expose().len() as i64)
/// }
///
/// assert_eq!(TestSecrets::new().with("my_secret", "hunter2").run(on_another_thread)?, 7);
/// # Ok::<(), sealkit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Context(Option<Arc<Frame>>);

/// The context of the task that is running, as flytekit's `current_context()`.
///
/// Outside a task there is one too; it knows no task, and reading a secret through it is an error.
///
/// ```
/// use sealkit::current_context;
///
/// assert!(current_context().task().is_none());
/// assert!(current_context().secrets().get("my_secret").is_err());
/// ```
pub fn current_context() -> Context {
    // The thread may be on its way out, where nothing is stored any more.
    Context(CURRENT.try_with(|current| current.borrow().clone()).ok().flatten())
}

impl Context {
    /// The secrets that the task asked for.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(self.clone())
    }

    /// The task that is running.
    pub fn task(&self) -> Option<&'static TaskMetadata> {
        self.0.as_ref()?.task
    }

    /// The name of the run on Flyte 2, of the execution on Flyte 1, and `local` elsewhere.
    pub fn execution_id(&self) -> String {
        identity::run().unwrap_or_else(|| "local".to_owned())
    }

    /// The name of the action on Flyte 2, such as `a0` for the first task of a run; there is none elsewhere.
    pub fn action_name(&self) -> Option<String> {
        identity::action()
    }

    /// An empty, private directory for the task's own files; it is removed when the task ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoTask`] outside a task, [`ErrorKind::Io`] where no directory can be created.
    pub fn working_directory(&self) -> Result<PathBuf> {
        let frame = self.frame().filter(|frame| frame.task.is_some());
        let frame = frame
            .ok_or_else(|| Error::new(ErrorKind::NoTask, "there is no working directory outside a task"))?;
        let directory = frame.working_directory.get_or_try_init(|| private_directory(&env::temp_dir()));
        directory.map(|directory| directory.path().to_owned()).map_err(|error| {
            Error::new(ErrorKind::Io, "no working directory could be created").with_source(error)
        })
    }

    /// Runs `work` on this thread with this context.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self.0.clone());
        work()
    }

    /// Wraps `future`, which has this context whenever it is polled.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let frame = self.0.clone();
        async move {
            let mut future = pin!(future);
            poll_fn(move |task| {
                let _entered = Entered::new(frame.clone());
                future.as_mut().poll(task)
            })
            .await
        }
    }

    pub(crate) fn of_session(session: Session) -> Self {
        Self::new(None, session)
    }

    /// The context of a new call of `task`, in the session of this one.
    pub(crate) fn of_call(&self, task: &'static TaskMetadata) -> Self {
        Self::new(Some(task), self.frame().map(|frame| frame.session.clone()).unwrap_or_default())
    }

    fn new(task: Option<&'static TaskMetadata>, session: Session) -> Self {
        let (given, working_directory, secret_files) = Default::default();
        Self(Some(Arc::new(Frame { task, session, given, working_directory, secret_files })))
    }

    pub(crate) fn frame(&self) -> Option<&Frame> {
        self.0.as_deref()
    }
}

/// Puts back what was there before, also when the work panics.
struct Entered(Option<Arc<Frame>>);

impl Entered {
    fn new(frame: Option<Arc<Frame>>) -> Self {
        Self(CURRENT.try_with(|current| current.replace(frame)).ok().flatten())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}
