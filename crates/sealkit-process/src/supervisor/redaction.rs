//! The process that redacts what a pod on a cluster prints.
//!
//! It is a child of the supervisor, which must not hold secrets: another process may have opened the memory of the supervisor before it
//! was protected. It reads the output of the task and of all processes that the task starts from two pipes, and ends with them.
//!
//! From its start, it knows the secrets whose variables have a prefix of Flyte. The task sends all its secrets before it runs, with the
//! names under which they are redacted, and waits for an answer.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{Arc, OnceLock},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pipe::{PipeFlags, pipe_with},
    process::{Pid, Signal, WaitOptions, kill_process, waitpid},
    stdio,
};
use sealkit_guard::Guard;
use sealkit_protocol::mounts::{self, SecretVariable};

use super::signals;
use crate::{environment, output::Forwarder, processes};

/// How long a task waits until its secrets are known.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last output is waited for, when the task and all processes that it has started have ended.
const END_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The end of the connection at which the task is.
static OF_TASK: OnceLock<UnixStream> = OnceLock::new();

/// The pipes and the connection, before the forks.
pub(super) struct Redaction {
    readers: [OwnedFd; 2],
    writers: [OwnedFd; 2],
    connection: UnixStream,
    of_task: UnixStream,
}

impl Redaction {
    pub(super) fn new() -> io::Result<Self> {
        let (out, out_writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let (err, err_writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let (connection, of_task) = UnixStream::pair()?;
        Ok(Self { readers: [out, err], writers: [out_writer, err_writer], connection, of_task })
    }

    /// Makes the pipes the output of this process, which runs the task.
    pub(super) fn print_from_here(self) -> io::Result<()> {
        let [out, err] = self.writers;
        stdio::dup2_stdout(out)?;
        stdio::dup2_stderr(err)?;
        let _ = OF_TASK.set(self.of_task);
        Ok(())
    }

    /// Starts the process that redacts. It knows the variables that `is_secret` selects.
    pub(super) fn start(self, is_secret: &dyn Fn(&str) -> bool) -> io::Result<Pid> {
        let Self { readers, writers, connection, of_task } = self;
        if let Some(process) = processes::fork()? {
            return Ok(process);
        }
        drop((writers, of_task));
        signals::ignore_broken_pipes();
        redact(readers, connection, environment::take_secrets(is_secret));
        processes::exit(0)
    }
}

/// Waits for the last output of the process that redacts.
pub(super) fn finish(process: Pid) {
    for _ in 0..END_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
        match waitpid(Some(process), WaitOptions::NOHANG) {
            Ok(None) => std::thread::sleep(POLL_INTERVAL),
            _ => return,
        }
    }
    let _ = kill_process(process, Signal::KILL);
}

/// Sends the secrets of the task, whose names replace them in the output, and waits until they are known.
pub(crate) fn send_secrets(secrets: &[SecretVariable]) -> io::Result<()> {
    let Some(mut connection) = OF_TASK.get() else { return Ok(()) };
    connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    mounts::send(connection, secrets)?;
    connection.read_exact(&mut [0])
}

fn redact(readers: [OwnedFd; 2], connection: UnixStream, variables: Vec<SecretVariable>) {
    let known: Vec<SecretVariable> = variables.into_iter().map(with_short_name).collect();
    let first = guard(known.iter());
    let [out, err] = readers.map(File::from);
    let mut out = Forwarder::new(out, first.clone(), |bytes: &[u8]| write(io::stdout().lock(), bytes));
    let mut err = Forwarder::new(err, first, |bytes: &[u8]| write(io::stderr().lock(), bytes));
    let mut connection = Some(connection);
    while !(out.is_finished() && err.is_finished()) {
        let timeout = out.timeout().into_iter().chain(err.timeout()).min();
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let sources = [
            (!out.is_finished()).then(|| out.source().as_fd()),
            (!err.is_finished()).then(|| err.source().as_fd()),
            connection.as_ref().map(AsFd::as_fd),
        ];
        let mut polled: Vec<PollFd<'_>> =
            sources.iter().flatten().map(|source| PollFd::from_borrowed_fd(*source, PollFlags::IN)).collect();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
        let mut events = polled.iter().map(|polled| !polled.revents().is_empty());
        let is_ready = sources.map(|source| source.is_some() && events.next() == Some(true));
        if is_ready[2]
            && let Some(mut open) = connection.take()
            && let Ok(secrets) = mounts::receive(&open)
        {
            let guard = guard(secrets.iter().chain(&known));
            out.set_guard(guard.clone());
            err.set_guard(guard);
            if open.write_all(&[1]).is_ok() {
                connection = Some(open);
            }
        }
        if is_ready[0] {
            out.read();
        }
        if is_ready[1] {
            err.read();
        }
        out.idle();
        err.idle();
    }
    out.finish();
    err.finish();
}

/// Returns a guard for secrets. Of two with the same value, the first gives the name and the mode.
fn guard<'s>(secrets: impl Iterator<Item = &'s SecretVariable>) -> Arc<Guard> {
    let mut values = BTreeSet::new();
    let unique = secrets.filter(|secret| values.insert(secret.value.trim_ascii()));
    Arc::new(Guard::with_modes(unique.map(|secret| (&*secret.name, &**secret.value, secret.guard))))
}

/// Names a secret as it was probably declared: `_UNION_DB_PASSWORD` is `db_password`.
fn with_short_name(mut secret: SecretVariable) -> SecretVariable {
    let name = secret.name.trim_start_matches('_');
    secret.name = name.split_once('_').map_or(name, |(_, name)| name).to_ascii_lowercase();
    secret
}

/// Writes output. If it cannot be written, the task cannot do anything about it.
fn write(mut to: impl io::Write, bytes: &[u8]) {
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}
