//! The engine: it runs a task and all the tasks that it calls, each in its own pod.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use sealkit_guard::Guard;
use sealkit_idl::task::Inputs;
use sealkit_program::{Program, Result, Timeout};
use sealkit_protocol::{Code, Problem, Task};

use crate::{
    event::{Event, Observer},
    isolation::Isolation,
    mounts,
    pod::{Pod, PodOptions, Success, secrets},
    run_directory::RunDirectory,
    slots::Slots,
    values::Values,
};

/// The deepest nesting of calls: a deeper one is taken for an endless recursion.
const MAX_CALL_DEPTH: usize = 64;
/// The time between SIGTERM and SIGKILL.
const TERMINATION_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Runs the tasks of one program.
pub struct Engine {
    pub(crate) program: Program,
    values: Values,
    guard: Arc<Guard>,
    options: PodOptions,
    directory: RunDirectory,
    run: String,
    observer: Observer,
    pub(crate) slots: Slots,
    next_pod: AtomicU64,
    /// The number of calls of each task.
    calls: Mutex<BTreeMap<String, u32>>,
    live: Mutex<BTreeMap<u64, LivePod>>,
    /// The calls whose callers no longer wait for the result.
    pub(crate) abandoned: Mutex<BTreeSet<Caller>>,
    /// The pods that were terminated because they sent something that is not understood.
    pub(crate) misunderstood: Mutex<BTreeMap<u64, Problem>>,
    cancelled: AtomicBool,
}

/// A pod that called a task, and its number for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    pub(crate) pod: u64,
    pub(crate) call: u64,
}

/// A pod whose process runs.
pub(crate) struct LivePod {
    caller: Option<Caller>,
    group: Pid,
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
    /// Creates an engine for the tasks of `program` with these secrets.
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
        let directory = RunDirectory::create()?;
        let name = directory.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let run = format!("local-{}", name.rsplit('-').next().unwrap_or_default().to_ascii_lowercase());
        let slots = thread::available_parallelism().map_or(2, usize::from) * 2;
        Ok(Arc::new(Self {
            guard: Arc::new(values.guard()),
            program,
            values,
            options,
            directory,
            run,
            observer,
            slots: Slots::new(slots),
            next_pod: AtomicU64::new(0),
            calls: Mutex::default(),
            live: Mutex::default(),
            abandoned: Mutex::default(),
            misunderstood: Mutex::default(),
            cancelled: AtomicBool::new(false),
        }))
    }

    /// Returns whether secrets that are mounted as files stay in memory.
    pub fn is_in_memory(&self) -> bool {
        self.directory.is_in_memory()
    }

    /// Returns how pods are isolated from other processes of the same user.
    pub fn isolation(&self) -> Isolation {
        self.options.isolation
    }

    /// Returns the guard that finds the secrets of this run.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Runs a task to its end and removes the directory of the run.
    ///
    /// # Errors
    ///
    /// Returns the problem if the task fails, or if one of its secrets is missing or cannot be mounted as requested.
    pub fn run(self: &Arc<Self>, task: &str, inputs: &Inputs) -> Result<Success, Problem> {
        mounts::check(
            self.program.task(task).map_err(|error| problem(Code::InvalidName, &error))?,
            &self.values,
        )?;
        self.slots.acquire();
        let outcome = self.call(None, 0, task, self.next_call(task), inputs);
        self.slots.release();
        // Not on drop: a thread that answers a pod may still hold the engine.
        self.directory.remove();
        outcome
    }

    /// Cancels the run: terminates all pods and starts no more.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::SeqCst);
        let all: Vec<u64> = self.live().keys().copied().collect();
        self.terminate(all);
    }

    /// Sends SIGTERM to these pods, and SIGKILL after the grace period.
    pub(crate) fn terminate(self: &Arc<Self>, pods: Vec<u64>) {
        self.signal(&pods, Signal::TERM);
        let engine = Arc::downgrade(self);
        thread::spawn(move || {
            thread::sleep(TERMINATION_GRACE_PERIOD);
            if let Some(engine) = engine.upgrade() {
                engine.signal(&pods, Signal::KILL);
            }
        });
    }

    fn signal(&self, pods: &[u64], signal: Signal) {
        let live = self.live();
        for LivePod { group, .. } in pods.iter().filter_map(|pod| live.get(pod)) {
            // The pod may have exited meanwhile.
            let _ = kill_process_group(*group, signal);
        }
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, BTreeMap<u64, LivePod>> {
        lock(&self.live)
    }

    /// Numbers the calls of a task.
    pub(crate) fn next_call(&self, task: &str) -> u32 {
        let mut calls = lock(&self.calls);
        let count = calls.entry(task.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Runs a task, with retries; the calling thread holds a slot for the pod.
    pub(crate) fn call(
        self: &Arc<Self>,
        caller: Option<Caller>,
        depth: usize,
        task: &str,
        call: u32,
        inputs: &Inputs,
    ) -> Result<Success, Problem> {
        let task = self.program.task(task).map_err(|error| problem(Code::InvalidName, &error))?;
        if depth > MAX_CALL_DEPTH {
            let message = format!("calls of task `{}` are nested deeper than {MAX_CALL_DEPTH}", task.name);
            return Err(Problem::new(Code::Other, message).not_retryable());
        }
        let mut attempt = 0;
        loop {
            let pod = self.next_pod.fetch_add(1, Ordering::SeqCst);
            let started = Instant::now();
            let caller_pod = caller.map(|caller| caller.pod);
            (self.observer)(&Event::Started { pod, caller: caller_pod, task, call, attempt });
            let outcome = self.attempt(pod, caller, depth, task, attempt, inputs);
            let problem = outcome.as_ref().err();
            let will_retry = attempt < task.retries
                && problem.is_some_and(|problem| problem.retryable)
                && !self.is_cancelled(caller);
            let duration = started.elapsed();
            (self.observer)(&Event::Finished { pod, task, problem, duration, will_retry });
            if !will_retry {
                return outcome;
            }
            attempt += 1;
        }
    }

    /// Runs a task once, in the pod `number`.
    fn attempt(
        self: &Arc<Self>,
        number: u64,
        caller: Option<Caller>,
        depth: usize,
        task: &Task,
        attempt: u32,
        inputs: &Inputs,
    ) -> Result<Success, Problem> {
        let io_problem = |error: sealkit_program::Error| problem(Code::Io, &error).not_retryable();
        mounts::check(task, &self.values)?;
        let directory = self.directory.path().join(number.to_string());
        let mounts = mounts::mount(task, &self.values, &secrets(&directory))?;
        let mut pod = Pod {
            program: self.program.path(),
            task: &task.name,
            run: &self.run,
            action: &format!("a{number}"),
            attempt,
            directory: directory.clone(),
            mounts,
            options: &self.options,
            guard: self.guard.clone(),
        };
        let observer = self.observer.clone();
        let print = move |bytes: &[u8]| observer(&Event::Output { pod: number, bytes });
        let running = pod.start(inputs, print).map_err(io_problem)?;
        self.live().insert(number, LivePod { caller, group: running.group() });
        // A cancellation before the pod was live could not terminate it.
        if self.is_cancelled(caller) {
            self.terminate(vec![number]);
        }
        if let Ok(socket) = running.socket.try_clone() {
            let (engine, task) = (self.clone(), task.name.clone());
            thread::spawn(move || engine.serve(number, &task, depth, &Arc::new(Mutex::new(socket))));
        }
        let engine = Arc::downgrade(self);
        let timeout = Timeout::start(task.timeout, move || {
            if let Some(engine) = engine.upgrade() {
                engine.terminate(vec![number]);
            }
        });
        let status = running.wait();
        self.live().remove(&number);
        // Calls that the task did not wait for.
        self.terminate_calls(|caller| caller.pod == number);
        let outcome = status
            .map_err(|error| {
                io_problem(sealkit_program::Error::io(format!("cannot wait for task `{}`", task.name), error))
            })
            .map(|status| pod.outcome(status));
        let _ = fs::remove_dir_all(&directory);
        if self.is_cancelled(caller) {
            return Err(cancelled(&task.name));
        }
        if let Some(problem) = lock(&self.misunderstood).remove(&number) {
            return Err(problem);
        }
        match outcome? {
            Err(_) if timeout.timed_out() => {
                let limit = task.timeout.unwrap_or_default();
                let message = format!("task `{}` timed out after {limit:?}", task.name);
                Err(Problem::new(Code::Timeout, message))
            }
            outcome => outcome,
        }
    }

    /// Returns whether the run is cancelled or the caller no longer waits for the result.
    pub(crate) fn is_cancelled(&self, caller: Option<Caller>) -> bool {
        self.cancelled.load(Ordering::SeqCst)
            || caller.is_some_and(|caller| lock(&self.abandoned).contains(&caller))
    }

    /// Terminates the pods of matching callers.
    pub(crate) fn terminate_calls(self: &Arc<Self>, matches: impl Fn(Caller) -> bool) {
        let live = self.live();
        let called = live.iter().filter(|(_, pod)| pod.caller.is_some_and(&matches));
        let called: Vec<u64> = called.map(|(number, _)| *number).collect();
        drop(live);
        if !called.is_empty() {
            self.terminate(called);
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn problem(code: Code, error: &sealkit_program::Error) -> Problem {
    Problem::new(code, error.to_string()).with_optional_hint(error.hint())
}

pub(crate) fn cancelled(task: &str) -> Problem {
    Problem::new(Code::Cancelled, format!("task `{task}` was cancelled"))
}
