//! The engine: it runs a task and all the tasks that it calls, each in its own pod.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use sealkit_guard::Guard;
use sealkit_idl::task::Inputs;
use sealkit_process::RunDirectory;
use sealkit_program::{Program, Result};
use sealkit_protocol::{Attempts, Code, Problem, Task, call::Success, exit::signal_name};

use crate::{
    actions::Actions,
    cache::ProgramDigest,
    directories,
    event::{Event, Observer},
    isolation::Isolation,
    mounts,
    pod::{Pod, PodOptions},
    private_files,
    problems::{cancelled, exhausted, io_problem, problem},
    slots::Slots,
    start::start,
    timeout::Timeout,
    timer::Timer,
    values::Values,
    workers::Workers,
};

/// How long the answer of a pod that has exited is waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the tasks of one program.
pub struct Engine {
    pub(crate) program: Program,
    pub(crate) program_digest: ProgramDigest,
    pub(crate) values: Values,
    guard: Arc<Guard>,
    pub(crate) options: PodOptions,
    /// The directory of secret files, if any task needs one.
    directory: Option<RunDirectory>,
    /// See [`data`](Self::data).
    pub(crate) data: OnceLock<RunDirectory>,
    /// Why pods cannot hide their secret files.
    visible_files: Option<io::Error>,
    run: String,
    pub(crate) observer: Observer,
    pub(crate) slots: Slots,
    pub(crate) workers: Arc<Workers>,
    pub(crate) timer: Timer,
    pub(crate) next_pod: AtomicU64,
    /// The number of calls of each task.
    pub(crate) calls: Mutex<BTreeMap<String, u32>>,
    live: Mutex<BTreeMap<u64, LivePod>>,
    pub(crate) actions: Mutex<Actions>,
    /// The calls whose callers no longer wait for the result.
    pub(crate) abandoned: Mutex<BTreeSet<Caller>>,
    /// The pods that were terminated because they sent something that is not understood.
    pub(crate) misunderstood: Mutex<BTreeMap<u64, Problem>>,
    pub(crate) cancelled: AtomicBool,
}

/// A pod that called a task, and its number for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    pub(crate) pod: u64,
    pub(crate) call: u64,
}

/// A pod whose process runs.
pub(crate) struct LivePod {
    pub(crate) caller: Option<Caller>,
    /// The name of the task.
    pub(crate) task: String,
    /// The action, which all attempts of the call share.
    pub(crate) action: u64,
    /// The process, which leads a group of the same number.
    pub(crate) process: Pid,
    /// Its terminal, if it has one.
    pub(crate) terminal: Option<Arc<File>>,
    /// Whether [`Engine::suspend`] has stopped it.
    pub(crate) is_suspended: bool,
    /// Whether it has not ended within the grace period.
    pub(crate) is_killed: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("program", &self.program)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Creates an engine for the tasks of `program`, which was [opened](PodOptions::open) with the options, with these secrets.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory of the run cannot be created.
    pub fn new(
        program: Program,
        values: Values,
        options: PodOptions,
        observer: Observer,
    ) -> Result<Arc<Self>> {
        program.disconnect();
        let needs_files = program.tasks().iter().any(|task| mounts::check(task, &values) == Ok(true));
        let directory = needs_files.then(directories::for_secrets).transpose()?;
        let data = directories::has_files(program.tasks()).then(directories::for_files).transpose()?;
        let visible_files = directory
            .as_ref()
            .filter(|_| options.isolation == Isolation::Private)
            .and_then(|directory| private_files::try_to_hide(&program, &options, directory.path()).err());
        let random = RandomState::new().hash_one(std::process::id());
        let run = format!("local-{:012x}", random >> 16);
        let slots = thread::available_parallelism().map_or(2, usize::from) * 2;
        let workers: Arc<Workers> = Arc::default();
        Ok(Arc::new(Self {
            guard: Arc::new(values.guard(program.tasks())),
            program_digest: ProgramDigest::new(program.path()),
            program,
            values,
            options,
            directory,
            data: data.map(OnceLock::from).unwrap_or_default(),
            visible_files,
            run,
            observer,
            slots: Slots::new(slots, workers.clone()),
            workers,
            timer: Timer::default(),
            next_pod: AtomicU64::new(0),
            calls: Mutex::default(),
            live: Mutex::default(),
            actions: Mutex::default(),
            abandoned: Mutex::default(),
            misunderstood: Mutex::default(),
            cancelled: AtomicBool::new(false),
        }))
    }

    /// Returns whether secrets that are mounted as files stay in memory, if there are any.
    pub fn is_in_memory(&self) -> bool {
        self.directory.as_ref().is_none_or(RunDirectory::is_in_memory)
    }

    /// Returns why other processes of the same user can read secrets that are mounted as files, although [`Isolation::Private`] hides
    /// them on most systems.
    pub fn visible_files(&self) -> Option<&io::Error> {
        self.visible_files.as_ref()
    }

    /// Returns how pods are isolated from other processes of the same user.
    pub fn isolation(&self) -> Isolation {
        self.options.isolation
    }

    /// Returns the name of the run.
    pub fn run_name(&self) -> &str {
        &self.run
    }

    /// Returns the guard that finds the secrets of this run.
    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Runs a task to its end and removes the directory of secret files.
    ///
    /// # Errors
    ///
    /// Returns the problem if the task fails, or if one of its secrets is missing or cannot be mounted as requested.
    pub fn run(self: &Arc<Self>, task: &str, inputs: &Inputs) -> Result<Success, Problem> {
        mounts::check(
            self.program.task(task).map_err(|error| problem(Code::InvalidName, &error))?,
            &self.values,
        )?;
        let outcome = self.call(None, 0, task, self.next_call(task), inputs, None);
        // Not on drop: a thread that answers a pod may still hold the engine.
        if let Some(directory) = &self.directory {
            directory.remove();
        }
        if outcome.is_err() {
            // The working directories of pods that were killed.
            sealkit_process::remove_stale_run_directories();
        }
        outcome
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, BTreeMap<u64, LivePod>> {
        lock(&self.live)
    }

    /// Runs a task once, in the pod `number`.
    #[expect(clippy::too_many_arguments, reason = "called once")]
    pub(crate) fn attempt(
        self: &Arc<Self>,
        number: u64,
        action: u64,
        caller: Option<Caller>,
        depth: usize,
        task: &Task,
        attempt: u32,
        attempts: &Attempts<'_>,
        inputs: &Inputs,
    ) -> Result<Success, Problem> {
        let needs_files = mounts::check(task, &self.values)?;
        let run_directory = self.directory.as_ref().filter(|_| needs_files);
        let secrets = run_directory.map(|run| run.path().join(number.to_string()));
        let mounts = mounts::mount(task, &self.values, secrets.as_deref().unwrap_or(Path::new("")))?;
        let mut pod = Pod {
            program: &self.program,
            task: &task.name,
            env: &task.env,
            run: &self.run,
            action: &format!("a{action}"),
            attempt,
            data: self.data_of(task),
            secrets: secrets.as_deref(),
            hides_files: self.visible_files.is_none(),
            mounts,
            options: &self.options,
            stdin: self.options.stdin && caller.is_none(),
            guard: self.guard.clone(),
            workers: &self.workers,
        };
        let observer = self.observer.clone();
        let print = move |bytes: &[u8]| observer(&Event::Output { pod: number, bytes });
        let (running, start) = start(&mut pod, inputs, print)?;
        let process = running.process();
        let terminal = running.terminal();
        let (is_suspended, is_killed) = (false, false);
        let live =
            LivePod { caller, task: task.name.clone(), action, process, terminal, is_suspended, is_killed };
        self.live().insert(number, live);
        // What happened before the pod was live could not terminate it.
        if self.is_cancelled(caller) {
            self.terminate(vec![number]);
        }
        let (answer, answers) = mpsc::channel();
        let (engine, name, socket) = (self.clone(), task.name.clone(), running.socket());
        // On another thread: a pod that does not read its secrets must not block the engine.
        let served = self.workers.spawn(move || {
            // If the pod has died, its exit status says why.
            let _ = socket.send_start(&start);
            drop(start);
            engine.serve(number, &name, depth, &socket, &answer);
        });
        let engine = Arc::downgrade(self);
        let limit = attempts.time_limit();
        let timeout = Timeout::start(&self.timer, limit.map(|limit| limit.left), move || {
            if let Some(engine) = engine.upgrade() {
                engine.terminate(vec![number]);
            }
        });
        let timeout = served.and(timeout);
        if timeout.is_err() {
            self.signal_group(number, Signal::KILL);
        }
        let exit = running.wait(|signal| {
            if self.is_suspended(number) {
                return;
            }
            let (name, group) = (signal_name(signal).unwrap_or("a signal"), process.as_raw_nonzero().get());
            (self.observer)(&Event::Stopped { pod: number, signal: name, group });
        });
        // The socket is closed when the pod exits, unless the pod has passed it on.
        let answer = answers.recv_timeout(ANSWER_TIMEOUT);
        let live = self.live().remove(&number);
        if live.is_some_and(|live| live.is_killed) {
            let grace_period = self.options.grace_period;
            (self.observer)(&Event::Killed { pod: number, grace_period });
        }
        // Calls that the task did not wait for.
        self.terminate_calls(|caller| caller.pod == number);
        if let Some(secrets) = secrets {
            let _ = fs::remove_dir_all(secrets);
        }
        if self.is_cancelled(caller) {
            return Err(cancelled(&task.name));
        }
        let timeout = timeout.map_err(|error| exhausted(&task.name, error))?;
        if let Some(problem) = lock(&self.misunderstood).remove(&number) {
            return Err(problem);
        }
        match (answer, exit, limit) {
            (Ok(Ok(success)), ..) => Ok(success),
            (.., Some(limit)) if timeout.timed_out() => Err(limit.problem(&task.name)),
            // The pod has redacted what it has read. It may not know all its secrets.
            (Ok(Err(problem)), ..) => {
                Err(problem.map_texts(|text| self.guard.redact_text(text).into_owned()))
            }
            (Err(_), Ok(exit), _) => Err(exit.problem(&task.name)),
            (Err(_), Err(error), _) => {
                Err(io_problem(format!("cannot wait for task `{}`", task.name), error))
            }
        }
    }

    /// Returns whether the run is cancelled, or the caller has ended or no longer waits for the result.
    pub(crate) fn is_cancelled(&self, caller: Option<Caller>) -> bool {
        let has_ended = |caller: Caller| !self.live().contains_key(&caller.pod);
        self.cancelled.load(Ordering::SeqCst)
            || caller.is_some_and(|caller| has_ended(caller) || lock(&self.abandoned).contains(&caller))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
