//! The fork server: a process that has stopped before `main`, and forks the pods of a run.
//!
//! The program that the engine starts to describe its tasks forks it, as another child of the engine. Processes that the server forks are
//! children of the engine, too. They begin with copies of its memory, which holds no data of a pod: the server reads nothing that is meant
//! for one of them.

use std::{
    ffi::{CStr, OsString},
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStringExt as _, net::UnixStream},
    },
    sync::OnceLock,
};

use rustix::{
    io::Errno,
    process::{Signal, getppid, set_parent_process_death_signal, setsid},
    stdio,
    thread::{name, set_name},
};
use sealkit_protocol::{
    fork_server::{Forked, Start},
    frame,
};

use crate::{environment, isolation, processes, received_files::receive};

/// The name of the server in lists of processes. The processes that it forks have that of the program.
const NAME: &CStr = c"fork-server";

/// The arguments of a forked process.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Starts the server, and receives the environment of this process. Also returns in each process that the server forks, with its own
/// environment.
///
/// # Errors
///
/// Returns an error if nothing can be received. The process has no engine then.
pub(crate) fn start(engine: &str) -> io::Result<()> {
    // Before the fork: no other process can have opened the memory of the server, which is a copy.
    isolation::protect_memory(isolation::best());
    let (first, files) = receive(stdio::stdin())?;
    if has_one_thread()
        && let Ok([socket]) = <[OwnedFd; 1]>::try_from(files)
        // Where the system forbids the call, the engine starts the program for each pod.
        && let Ok(None) = processes::fork_sibling()
    {
        serve(socket, engine).unwrap_or_else(|_| processes::exit(1));
        return Ok(());
    }
    let stdin = File::from(stdio::stdin().try_clone_to_owned()?);
    receive_start((&[first][..]).chain(stdin))
}

/// Forks a process for each byte that the engine sends. Returns in these processes.
fn serve(socket: OwnedFd, engine: &str) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The engine may have died before the death signal was set.
    if getppid().is_none_or(|parent| parent.as_raw_nonzero().to_string() != engine) {
        processes::exit(1);
    }
    // In a session of its own, it does not receive Ctrl-C and Ctrl-Z of the engine's terminal.
    let _ = setsid();
    redirect_standard_files()?;
    let of_program = name()?;
    set_name(NAME)?;
    let socket = UnixStream::from(socket);
    loop {
        let Ok((_, files)) = receive(&socket) else { processes::exit(0) };
        let files = <[OwnedFd; 3]>::try_from(files);
        // Files beyond the limit of this process are lost.
        let process = if files.is_ok() { processes::fork_sibling() } else { Err(Errno::MFILE.into()) };
        let forked = match process {
            Ok(None) => {
                drop(socket);
                set_name(&of_program)?;
                let [stdin, stdout, stderr] = files.map_err(|_| io::ErrorKind::InvalidData)?;
                stdio::dup2_stdin(&stdin)?;
                stdio::dup2_stdout(stdout)?;
                stdio::dup2_stderr(stderr)?;
                return receive_start(File::from(stdin));
            }
            Ok(Some(process)) => process.as_raw_nonzero().get(),
            Err(error) => -error.raw_os_error().unwrap_or(1),
        };
        (&socket).write_all(&Forked::to_le_bytes(forked))?;
    }
}

/// Redirects the standard files to `/dev/null`: they belong to the program that forked the server.
fn redirect_standard_files() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(null)?;
    Ok(())
}

/// Receives the arguments and the environment of this process.
fn receive_start(from: impl io::Read) -> io::Result<()> {
    let start: Start = frame::read(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    environment::replace(start.environment);
    if !start.arguments.is_empty() {
        let _ = ARGUMENTS.set(start.arguments.into_iter().map(OsString::from_vec).collect());
    }
    Ok(())
}

/// Returns whether this process has one thread. A fork copies the locks that other threads hold, but not these threads.
fn has_one_thread() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

/// Returns the arguments of this process, without the name of the program, if it was forked.
pub(crate) fn arguments() -> Option<&'static [OsString]> {
    ARGUMENTS.get().map(Vec::as_slice)
}
