//! Protects the process of a pod before `main` runs, and receives its secrets.
//!
//! A program that links this crate inspects its environment before `main`. If the process is a pod:
//!
//! - The variables that hold secrets are removed from the environment block, and their values there are zeroized. [`secret`] returns
//!   them. Child processes do not inherit them, and `/proc/PID/environ` does not contain them.
//! - It writes no core dumps. On Linux, no other process of the same user can read its memory, its environment or its open files. The
//!   variable `SEALKIT_DEBUGGABLE` turns both off.
//!
//! If an engine started the pod, the pod receives its secrets from the engine through a socket, and is killed when the engine exits.
//! On Linux, the secrets are only in a forked child, whose memory no other process can have opened before. Secrets that are files are
//! in a tmpfs that only the pod and its children see, if the system allows that. Other Unix systems lack both.
//!
//! If an engine started the program to answer a query, this crate only takes the socket away from standard input.
//!
//! Variables that a task requests by name (`env_var`) stay in the environment. On Windows, this crate does nothing.

#[cfg(unix)]
mod entry;
#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod files;
#[cfg(unix)]
mod isolation;
#[cfg_attr(not(unix), path = "startup_unsupported.rs")]
mod startup;

use sealkit_protocol::Problem;

pub use startup::Socket;

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
