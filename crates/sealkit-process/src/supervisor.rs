//! The supervisor of a pod: the parent of the process that runs the task.
//!
//! The pod forks before `main`. The child receives the secrets and runs the task. Another process of the same user can open the memory of
//! the first process between its start and the call that forbids it, and keep it open; the memory of the child is its own, and protected
//! from the start.
//!
//! The parent passes signals on, reaps orphans, and waits for the child. In a local run it ends as the child has ended, and the engine
//! reports why. On a cluster, another child redacts what the first one prints. The parent terminates a child that reaches its timeout, and
//! writes the answer of a child that ended without one: Flyte starts a pod that exits with a code other than 0 again forever, and does not
//! enforce timeouts.

mod channel;
mod redaction;
mod signals;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStringExt as _,
    time::{Duration, Instant},
};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, getppid, kill_process, set_parent_process_death_signal,
    wait,
};
use sealkit_names::variables;
use sealkit_protocol::{Exit, Problem, TimeLimit};

use self::{channel::Channel, redaction::Redaction};
use crate::{Program, environment, orphans, processes};

pub(crate) use self::{
    channel::{Report, report},
    redaction::send_secrets,
};

/// The time between SIGTERM and SIGKILL for a task that reached its timeout, as in Kubernetes.
const TERMINATION_GRACE_PERIOD: Duration = Duration::from_secs(30);

/// Who reads the answer of the pod.
#[derive(Clone, Copy)]
enum Reader {
    /// The local engine, which enforces the timeout, and knows why the pod ended.
    Engine,
    /// Flyte, which reads a file.
    Flyte(&'static Program),
}

/// Forks a pod of the local engine, and returns in the child.
pub(crate) fn start_for_engine() -> io::Result<()> {
    // The task may leave processes behind, which the death of the engine must end, too.
    orphans::adopt_orphans();
    // The engine has not sent the secrets yet.
    fork(Reader::Engine, Channel::none(), None, &|_| false)
}

/// Forks a pod of a cluster, and returns in the child. Returns in this process if it does not run a task.
///
/// The variables that `is_secret` selects are the secrets of the task, which this process forgets.
pub(crate) fn start_for_flyte(program: &'static Program, is_secret: &dyn Fn(&str) -> bool) -> io::Result<()> {
    if (program.task)(&arguments()?).is_none() {
        return Ok(());
    }
    orphans::adopt_orphans();
    fork(Reader::Flyte(program), Channel::new()?, Some(Redaction::new()?), is_secret)
}

fn fork(
    reader: Reader,
    channel: Channel,
    redaction: Option<Redaction>,
    is_secret: &dyn Fn(&str) -> bool,
) -> io::Result<()> {
    let parent = getpid();
    let blocked = signals::block();
    let child = processes::fork();
    if !matches!(child, Ok(Some(_))) {
        // The task runs in this process: in the child, or in the only one if there is no other.
        blocked.restore();
    }
    let Some(child) = child? else {
        channel.report_from_here();
        redaction.map_or(Ok(()), Redaction::print_from_here)?;
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the death signal was set.
        return if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) };
    };
    let redactor = redaction.map(|redaction| redaction.start(is_secret)).transpose();
    if redactor.is_err() {
        // The task would not notice that its output is lost.
        let _ = kill_process(child, Signal::KILL);
    }
    match reader {
        Reader::Engine => {
            // Closed, so that the engine notices when the child has exited.
            if let Ok(null) = File::open("/dev/null") {
                let _ = rustix::stdio::dup2_stdin(null);
            }
            // Until now, the death of the engine killed this process alone.
            let _ = set_parent_process_death_signal(Some(signals::ENGINE_DIED));
        }
        Reader::Flyte(_) => drop(environment::take_secrets(|name| is_secret(name) || !is_needed(name))),
    }
    let mut supervisor = Supervisor {
        child,
        redactor: redactor.ok().flatten(),
        reader,
        channel,
        timer: initial_timer(),
        timed_out: None,
        has_answered: false,
    };
    let status = supervisor.wait();
    supervisor.finish(status)
}

/// Returns whether the access to an object store may need a variable. The supervisor forgets all others.
fn is_needed(name: &str) -> bool {
    const PREFIXES: [&str; 6] = ["AWS_", "AZURE_", "FLYTE_", "GOOGLE_", "SEALKIT_", "SSL_"];
    const NAMES: [&str; 6] = ["ALL_PROXY", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "TMPDIR"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.iter().any(|needed| name.eq_ignore_ascii_case(needed))
}

/// Starts the timeout of the task from the environment: the child may hang before it can report one.
fn initial_timer() -> Option<Timer> {
    let seconds = std::env::var(variables::TASK_TIMEOUT).ok()?.parse().ok()?;
    let left = Duration::try_from_secs_f64(seconds).ok()?;
    Timer::start(TimeLimit { left, deadline: None })
}

/// A running time limit.
#[derive(Clone, Copy)]
struct Timer {
    limit: TimeLimit,
    end: Instant,
}

impl Timer {
    fn start(limit: TimeLimit) -> Option<Self> {
        Instant::now().checked_add(limit.left).map(|end| Self { limit, end })
    }
}

struct Supervisor {
    child: Pid,
    /// The process that redacts the output of the child.
    redactor: Option<Pid>,
    reader: Reader,
    channel: Channel,
    timer: Option<Timer>,
    /// The time limit that the child has reached.
    timed_out: Option<TimeLimit>,
    /// Whether the child has written its answer.
    has_answered: bool,
}

impl Supervisor {
    /// Waits for the child to end, and passes signals on.
    fn wait(&mut self) -> Option<WaitStatus> {
        loop {
            let remaining = self.timer.map(|timer| timer.end.saturating_duration_since(Instant::now()));
            match signals::wait(remaining) {
                Ok(signals::Received::Child) => {
                    while let Some((pid, status)) = reap() {
                        if Some(pid) == self.redactor && !status.stopped() && !status.continued() {
                            self.redactor = None;
                        }
                        if pid == self.child && !status.stopped() && !status.continued() {
                            return Some(status);
                        }
                        if pid == self.child && status.stopped() && matches!(self.reader, Reader::Engine) {
                            // The engine notices that its own child has stopped, and continues both.
                            let _ = kill_process(getpid(), Signal::STOP);
                        }
                    }
                }
                Ok(signals::Received::Report) => self.read_reports(),
                Ok(signals::Received::EngineDied) => {
                    orphans::kill_orphans();
                    processes::exit(1);
                }
                Ok(signals::Received::Other(signal)) => self.signal(signal),
                Ok(signals::Received::TimedOut) => self.reach_time_limit(),
                Err(_) => return None,
            }
        }
    }

    fn signal(&self, signal: Signal) {
        // The child may have exited meanwhile.
        let _ = kill_process(self.child, signal);
    }

    /// Terminates the child, and kills it after the grace period.
    fn reach_time_limit(&mut self) {
        let Some(timer) = self.timer else { return };
        if self.timed_out.is_none() {
            self.timed_out = Some(timer.limit);
            self.signal(Signal::TERM);
            // A stopped process does not receive other signals.
            self.signal(Signal::CONT);
            self.timer = Timer::start(TimeLimit { left: TERMINATION_GRACE_PERIOD, deadline: None });
        } else {
            self.signal(Signal::KILL);
            self.timer = None;
        }
    }

    /// Reads what the child has reported.
    fn read_reports(&mut self) {
        while let Some(report) = self.channel.read() {
            match report {
                Report::Answered => self.has_answered = true,
                Report::TimeLimit(limit) if self.timed_out.is_none() => self.timer = Timer::start(limit),
                Report::TimeLimit(_) => {}
            }
        }
    }

    /// Writes the answer of a child that ended without one, and exits.
    fn finish(&mut self, status: Option<WaitStatus>) -> ! {
        let exit = status.and_then(exit_of).unwrap_or(Exit::Code(1));
        let Reader::Flyte(program) = self.reader else { signals::exit_like(exit) };
        self.read_reports();
        // They may hold the output of the pod open.
        orphans::kill_orphans_except(self.redactor);
        if let Some(redactor) = self.redactor {
            redaction::finish(redactor);
        }
        let code = match exit {
            Exit::Code(code) => code,
            Exit::Signal(_) => 0,
        };
        if self.has_answered {
            processes::exit(code);
        }
        let arguments = arguments().unwrap_or_default();
        let task = (program.task)(&arguments).unwrap_or_default();
        let problem: Problem = match self.timed_out {
            Some(limit) => limit.problem(&task),
            None => exit.problem(&task),
        };
        let written = (program.answer)(&arguments, problem);
        processes::exit(if written { 0 } else { code.max(1) })
    }
}

fn exit_of(status: WaitStatus) -> Option<Exit> {
    let code = status.exit_status().map(Exit::Code);
    code.or_else(|| status.terminating_signal().map(Exit::Signal))
}

/// Returns a child that has changed its state.
fn reap() -> Option<(Pid, WaitStatus)> {
    loop {
        match wait(WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED) {
            Err(rustix::io::Errno::INTR) => {}
            changed => return changed.ok().flatten(),
        }
    }
}

/// Returns the arguments of this process. Before `main`, not every C library knows them.
fn arguments() -> io::Result<Vec<OsString>> {
    let mut bytes = Vec::new();
    File::open("/proc/self/cmdline")?.read_to_end(&mut bytes)?;
    let arguments = bytes.strip_suffix(&[0]).unwrap_or(&bytes).split(|byte| *byte == 0);
    Ok(arguments.skip(1).map(|argument| OsString::from_vec(argument.to_vec())).collect())
}
