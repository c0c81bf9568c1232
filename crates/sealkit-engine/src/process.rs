//! Processes of the program: forked by its fork server, or else started.

use std::{
    ffi::OsString,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::net::UnixStream,
    },
    process::Command,
    sync::{Mutex, PoisonError},
};

use rustix::process::Pid;
use sealkit_program::{Program, Variables};
use sealkit_protocol::frame;

/// Held while a process is started. Some systems mark descriptors close-on-exec only after creating them: a process that starts at that
/// moment would inherit the socket of another one.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts a process with these variables and the standard output and error that `outputs` opens. Its standard input is a socket, whose
/// other end is returned.
///
/// The calling thread has to wait for a process that it starts: Linux kills it when the thread ends. A forked process belongs to the
/// thread that opened the program.
pub(crate) fn start(
    program: &Program,
    arguments: &[OsString],
    variables: Variables,
    of_engine: Variables,
    outputs: impl FnOnce() -> io::Result<[OwnedFd; 2]>,
) -> io::Result<(Pid, UnixStream)> {
    let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let [stdout, stderr] = outputs()?;
    let (socket, stdin) = UnixStream::pair()?;
    let files = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let forked = program.fork(&variables, files)?;
    let mut environment = variables;
    environment.extend(of_engine);
    if let Some(process) = forked {
        // A process that has died does not read: while this process holds the other end, too, a write would block.
        drop((starting, stdin));
        // Its exit status says why it has died.
        let _ = frame::write(&socket, &sealkit_program::start_message(arguments, &environment));
        return Ok((process, socket));
    }
    // Another pair: a server that was killed may have forked a process that still reads from this one.
    let (socket, stdin) = UnixStream::pair()?;
    let mut command = Command::new(program.path());
    command.args(arguments).env_clear().envs(environment);
    let child = command.stdin(OwnedFd::from(stdin)).stdout(stdout).stderr(stderr).spawn()?;
    Ok((Pid::from_child(&child), socket))
}
