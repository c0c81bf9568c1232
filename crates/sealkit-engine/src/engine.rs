//! One run: a task, and all the tasks that it calls, each in a pod of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use sealkit_guard::Guard;
use sealkit_idl::{
    core::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin},
    engine::{self, Answer, Request},
    task::Inputs,
};

use crate::{
    error::Result,
    mounts,
    pod::{End, Failed, Pod, Success, Surroundings, secrets},
    program::{Program, Task},
    run_directory::RunDirectory,
    slots::Slots,
    values::Values,
};

/// Deeper than this, a task that calls itself will not find its end.
const DEEPEST: usize = 64;
/// How long a pod has to end when it is asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Something that happens in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A pod starts, or starts again.
    Started {
        /// Its number, from 0.
        pod: u64,
        /// The pod whose task has called this one.
        caller: Option<u64>,
        /// The task.
        task: &'a Task,
        /// How often it was started before.
        attempt: u32,
    },
    /// A pod prints.
    Printed {
        /// Its number.
        pod: u64,
        /// Its task.
        task: &'a str,
        /// What it prints, without secrets.
        text: &'a [u8],
    },
    /// A pod has ended.
    Ended {
        /// Its number.
        pod: u64,
        /// The task.
        task: &'a Task,
        /// Why it did not succeed; nothing if it did.
        failed: Option<&'a Failed>,
        /// How long it took.
        time: Duration,
        /// Whether it is started again.
        again: bool,
    },
}

/// Hears what happens, from several threads.
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Runs the tasks of one program.
pub struct Engine {
    program: Program,
    values: Values,
    guard: Arc<Guard>,
    surroundings: Surroundings,
    directory: RunDirectory,
    run: String,
    observer: Observer,
    slots: Slots,
    next: AtomicU64,
    live: Mutex<BTreeMap<u64, Live>>,
    /// Calls for which nobody waits any more.
    abandoned: Mutex<BTreeSet<Caller>>,
    cancelled: AtomicBool,
}

/// A pod that has called another, and its number for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Caller {
    pod: u64,
    call: u64,
}

/// A pod that runs.
struct Live {
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
    /// An engine for the tasks of `program`, with these secrets.
    ///
    /// # Errors
    ///
    /// When a secret cannot be mounted as `task` asks for it, or there is no place for the files of the run.
    pub fn new(
        program: Program,
        task: &str,
        values: Values,
        surroundings: Surroundings,
        observer: Observer,
    ) -> Result<Arc<Self>> {
        mounts::check(program.task(task)?, &values)?;
        let directory = RunDirectory::create()?;
        let name = directory.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let run = format!("local-{}", name.rsplit('-').next().unwrap_or_default().to_ascii_lowercase());
        let places = thread::available_parallelism().map_or(2, usize::from) * 2;
        Ok(Arc::new(Self {
            guard: Arc::new(values.guard()),
            program,
            values,
            surroundings,
            directory,
            run,
            observer,
            slots: Slots::new(places),
            next: AtomicU64::new(0),
            live: Mutex::default(),
            abandoned: Mutex::default(),
            cancelled: AtomicBool::new(false),
        }))
    }

    /// Whether what is mounted as a file never touches a disk.
    pub fn is_in_memory(&self) -> bool {
        self.directory.is_in_memory()
    }

    /// What finds the secrets of this run.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Runs a task to its end, once: nothing of the run is left afterwards.
    ///
    /// # Errors
    ///
    /// Why it did not succeed.
    pub fn run(self: &Arc<Self>, task: &str, inputs: &Inputs) -> Result<Success, Failed> {
        self.slots.take();
        let outcome = self.call(None, 0, task, inputs);
        self.slots.give();
        // Not when the last owner goes: some thread may still answer a pod that has gone.
        self.directory.remove();
        outcome
    }

    /// Ends all pods; those that would come are not started any more.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::SeqCst);
        let all: Vec<u64> = self.live().keys().copied().collect();
        self.end(all);
    }

    /// Ends these pods: asks first, and then does not ask.
    fn end(self: &Arc<Self>, pods: Vec<u64>) {
        self.signal(&pods, Signal::TERM);
        let engine = Arc::downgrade(self);
        thread::spawn(move || {
            thread::sleep(GRACE);
            if let Some(engine) = engine.upgrade() {
                engine.signal(&pods, Signal::KILL);
            }
        });
    }

    fn signal(&self, pods: &[u64], signal: Signal) {
        let live = self.live();
        for Live { group, .. } in pods.iter().filter_map(|pod| live.get(pod)) {
            // It may have ended by itself.
            let _ = kill_process_group(*group, signal);
        }
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<u64, Live>> {
        lock(&self.live)
    }

    /// Runs a task that somebody waits for, with a place for its pod.
    fn call(
        self: &Arc<Self>,
        caller: Option<Caller>,
        depth: usize,
        task: &str,
        inputs: &Inputs,
    ) -> Result<Success, Failed> {
        let task = self.program.task(task).map_err(|error| failed("not_found", error.to_string()))?;
        if depth > DEEPEST {
            return Err(failed(
                "other",
                format!("calls of task `{}` are nested deeper than {DEEPEST}", task.name),
            ));
        }
        let mut attempt = 0;
        loop {
            let pod = self.next.fetch_add(1, Ordering::SeqCst);
            let started = Instant::now();
            (self.observer)(&Event::Started { pod, caller: caller.map(|caller| caller.pod), task, attempt });
            let outcome = self.attempt(pod, caller, depth, task, attempt, inputs);
            let failed = outcome.as_ref().err();
            let again = attempt < task.retries
                && failed.is_some_and(|failed| failed.recoverable)
                && !self.is_over(caller);
            (self.observer)(&Event::Ended { pod, task, failed, time: started.elapsed(), again });
            if !again {
                return outcome;
            }
            attempt += 1;
        }
    }

    fn attempt(
        self: &Arc<Self>,
        number: u64,
        caller: Option<Caller>,
        depth: usize,
        task: &Task,
        attempt: u32,
        inputs: &Inputs,
    ) -> Result<Success, Failed> {
        let because = |code: &str, error: &crate::Error| {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            failed(code, format!("{error}{hint}"))
        };
        let broken = |error: crate::Error| because("io", &error);
        mounts::check(task, &self.values).map_err(|error| because("not_found", &error))?;
        let directory = self.directory.path().join(number.to_string());
        let mounts = mounts::mount(task, &self.values, &secrets(&directory)).map_err(broken)?;
        let pod = Pod {
            program: self.program.path(),
            task: &task.name,
            run: &self.run,
            action: &format!("a{number}"),
            attempt,
            directory: directory.clone(),
            mounts,
            surroundings: &self.surroundings,
            guard: self.guard.clone(),
        };
        let (observer, name) = (self.observer.clone(), task.name.clone());
        let print = move |text: &[u8]| observer(&Event::Printed { pod: number, task: &name, text });
        let running = pod.start(inputs, print).map_err(broken)?;
        self.live().insert(number, Live { caller, group: running.group() });
        // It may have been too late to see this one.
        if self.is_over(caller) {
            self.end(vec![number]);
        }
        let socket = running.socket.try_clone();
        if let Ok(socket) = socket {
            let engine = self.clone();
            thread::spawn(move || engine.serve(number, depth, &Arc::new(Mutex::new(socket))));
        }
        let watch = self.watch(number, task.timeout);
        let status = running.wait();
        self.live().remove(&number);
        // Whatever it has called and not waited for.
        self.end_those(|caller| caller.pod == number);
        let end = status
            .map_err(|error| broken(crate::Error::io("a pod was lost", error)))
            .map(|status| pod.end(status));
        let _ = std::fs::remove_dir_all(&directory);
        if self.is_over(caller) {
            return Err(failed("cancelled", format!("task `{}` was cancelled", task.name)));
        }
        match end? {
            End::Succeeded(success) => Ok(success),
            End::Failed(_) if watch.has_ended_it() => {
                let message =
                    format!("task `{}` took longer than {:?}", task.name, task.timeout.unwrap_or_default());
                Err(Failed { code: "timeout".to_owned(), message, recoverable: true })
            }
            End::Failed(failed) => Err(failed),
        }
    }

    /// Ends the pod when its time is over, as long as it is watched.
    fn watch(self: &Arc<Self>, pod: u64, timeout: Option<Duration>) -> Watch {
        let (watched, over) = mpsc::channel::<()>();
        let ended = Arc::new(AtomicBool::new(false));
        if let Some(timeout) = timeout {
            let (engine, ended) = (Arc::downgrade(self), ended.clone());
            thread::spawn(move || {
                let is_over = over.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout);
                if let Some(engine) = engine.upgrade().filter(|_| is_over) {
                    ended.store(true, Ordering::SeqCst);
                    engine.end(vec![pod]);
                }
            });
        }
        Watch { ended, _watched: watched }
    }

    /// Whether nobody waits for a call any more.
    fn is_over(&self, caller: Option<Caller>) -> bool {
        self.cancelled.load(Ordering::SeqCst)
            || caller.is_some_and(|caller| lock(&self.abandoned).contains(&caller))
    }

    /// Ends the pods that were called by these.
    fn end_those(self: &Arc<Self>, by: impl Fn(Caller) -> bool) {
        let live = self.live();
        let those = live.iter().filter(|(_, live)| live.caller.is_some_and(&by));
        let those: Vec<u64> = those.map(|(pod, _)| *pod).collect();
        drop(live);
        if !those.is_empty() {
            self.end(those);
        }
    }

    /// Answers what a pod asks, until it has gone.
    fn serve(self: Arc<Self>, pod: u64, depth: usize, socket: &Arc<Mutex<UnixStream>>) {
        let Ok(reader) = lock(socket).try_clone() else { return };
        let waiting = Arc::new(Mutex::new(0_usize));
        while let Ok(Some(request)) = engine::receive::<Request>(&reader) {
            let Request { id, task, inputs } = request;
            let caller = Caller { pod, call: id };
            if task.is_empty() {
                lock(&self.abandoned).insert(caller);
                self.end_those(|by| by == caller);
                continue;
            }
            let (engine, socket, waiting) = (self.clone(), socket.clone(), waiting.clone());
            thread::spawn(move || {
                let mut count = lock(&waiting);
                *count += 1;
                if *count == 1 {
                    engine.slots.give();
                }
                drop(count);
                engine.slots.take();
                let outcome = if engine.is_over(Some(caller)) || !engine.live().contains_key(&pod) {
                    Err(failed("cancelled", format!("task `{task}` was cancelled")))
                } else {
                    engine.call(Some(caller), depth + 1, &task, &inputs.unwrap_or_default())
                };
                engine.slots.give();
                let mut count = lock(&waiting);
                *count -= 1;
                if *count == 0 {
                    engine.slots.take_back();
                }
                drop(count);
                let answer = match outcome {
                    Ok(success) => Answer { id, outputs: Some(success.outputs), error: None },
                    Err(failed) => Answer { id, outputs: None, error: Some(document(failed)) },
                };
                // Nobody may be there to hear it.
                let _ = engine::send(&*lock(&socket), &answer);
            });
        }
    }
}

/// A pod whose time may be over before it ends.
struct Watch {
    ended: Arc<AtomicBool>,
    /// Dropped when the pod has ended, and whoever watches goes home.
    _watched: mpsc::Sender<()>,
}

impl Watch {
    fn has_ended_it(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(code: &str, message: String) -> Failed {
    Failed { code: code.to_owned(), message, recoverable: false }
}

fn document(Failed { code, message, recoverable }: Failed) -> ErrorDocument {
    let kind = if recoverable { ContainerErrorKind::Recoverable } else { ContainerErrorKind::NonRecoverable };
    let (kind, origin) = (kind.into(), ErrorOrigin::User.into());
    ErrorDocument { error: Some(ContainerError { code, message, kind, origin }) }
}
