//! Protects the process of a pod before `main` runs, and receives its secrets.
//!
//! A program that links this crate inspects its environment before `main`. If the process is a pod:
//!
//! - The variables that hold secrets are removed from the environment block, and their values there are zeroized. [`secret`] returns
//!   them. Child processes do not inherit them, and `/proc/PID/environ` does not contain them.
//! - It writes no core dumps. On Linux, no other process of the same user can read its memory, its environment or its open files. The
//!   variable `SEALKIT_DEBUGGABLE` turns both off.
//!
//! On Linux, the engine starts the program once for a run. It forks a server before `main`, which forks the pods: each receives its arguments
//! and its environment through its own socket, and [`arguments`] returns them.
//!
//! On Linux, the pod forks: the child runs the task, and the parent supervises it. On a cluster, another child redacts the output.
//!
//! If an engine started the pod, the pod receives its secrets from the engine through a socket, and is killed when the engine exits, with
//! all processes that its task has started.
//! On Linux, the secrets are only in a forked child, whose memory no other process can have opened before. Secrets that are files are
//! in a tmpfs that only the pod and its children see, if the system allows that. Other Unix systems lack both.
//!
//! The program that links this crate has to declare what its supervisor needs: [`before_main`](macro@before_main).
//!
//! If an engine started the program to try whether pods can have such a tmpfs, it ends before `main`, with the error number of the
//! system as its exit code. If an engine started the program to answer a query, this crate protects its memory and takes the socket away from standard input.
//!
//! [`RunDirectory`] is a private directory for the secrets or the files of a run, which is removed even if the run was killed.
//!
//! [`adopt_orphans`], [`kill_orphans`] and [`close_on_exec`] are for the parents of pods: the supervisor and the engine.
//!
//! Variables that a task requests by name (`env_var`) stay in the environment. On Windows, this crate does nothing.

#[cfg_attr(not(target_os = "linux"), path = "no_descriptors.rs")]
mod descriptors;
mod entry;
#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod fork_server;
#[cfg(unix)]
mod isolation;
#[cfg(unix)]
mod lines;
#[cfg_attr(not(target_os = "linux"), path = "no_orphans.rs")]
mod orphans;
#[cfg(unix)]
mod output;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(unix)]
mod received_files;
#[cfg_attr(not(unix), path = "run_directory_unsupported.rs")]
mod run_directory;
#[cfg_attr(not(unix), path = "startup_unsupported.rs")]
mod startup;
#[cfg(target_os = "linux")]
mod supervisor;

use std::{env, ffi::OsString, io};

use sealkit_protocol::{Problem, TimeLimit, mounts::SecretVariable};

pub use descriptors::close_on_exec;
pub use orphans::{adopt_orphans, kill_orphans};
#[cfg(unix)]
pub use output::forward;
pub use run_directory::{RunDirectory, remove_stale_run_directories};
pub use startup::Socket;

/// What the supervisor of a pod on a cluster asks the program. It calls the functions before `main`.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Returns the name of the task if these are the arguments of a pod.
    pub task: fn(&[OsString]) -> Option<String>,
    /// Writes the problem of a pod with these arguments, and returns whether it could be written.
    pub answer: fn(&[OsString], Problem) -> bool,
}

/// Tells the supervisor of this pod that the time limit of its task starts now.
pub fn start_time_limit(limit: TimeLimit) {
    #[cfg(target_os = "linux")]
    supervisor::report(supervisor::Report::TimeLimit(limit));
    #[cfg(not(target_os = "linux"))]
    let _ = limit;
}

/// Keeps the memory of this process, which holds secrets, from other processes of the same user on Linux, and from core files on Unix
/// systems.
///
/// Programs that this process starts have to protect themselves: executing them ends the protection of the memory.
pub fn protect_memory() {
    #[cfg(unix)]
    isolation::protect_memory(isolation::best());
}

/// Names the secrets of this pod, so that they are redacted in what it prints. Returns when they are.
///
/// # Errors
///
/// Returns an error if the process that redacts does not answer.
pub fn redact_output(secrets: &[SecretVariable]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return supervisor::send_secrets(secrets);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = secrets;
        Ok(())
    }
}

/// Tells the supervisor of this pod that the answer is written, or cannot be written.
pub fn set_answered() {
    #[cfg(target_os = "linux")]
    supervisor::report(supervisor::Report::Answered);
}

/// Protects the process and receives its secrets, if it is a pod. Only [`before_main!`](macro@before_main) calls it.
#[doc(hidden)]
pub fn before_main(program: &'static Program) {
    #[cfg(unix)]
    startup::before_main(program);
    #[cfg(not(unix))]
    let _ = program;
}

/// Returns the arguments of this process, without the name of the program. Those that `std::env::args` returns are not its own if the
/// process was forked for an engine.
pub fn arguments() -> Vec<OsString> {
    #[cfg(target_os = "linux")]
    if let Some(arguments) = fork_server::arguments() {
        return arguments.to_vec();
    }
    env::args_os().skip(1).collect()
}

/// Returns the value of the secret variable `name`, if this process is a pod that was started with it.
pub fn secret(name: &str) -> Option<&'static [u8]> {
    startup::secret(name)
}

/// Returns the socket to the engine, if an engine started this process as a pod.
pub fn engine_socket() -> Option<&'static Socket> {
    startup::engine_socket()
}

/// Returns the socket to the engine, if an engine started this process to answer a query.
pub fn query_socket() -> Option<&'static Socket> {
    startup::query_socket()
}

/// Returns why this pod has no secrets: the engine that started it has another version of the protocol.
pub fn engine_problem() -> Option<&'static Problem> {
    startup::engine_problem()
}
