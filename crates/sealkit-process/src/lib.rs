//! Protects the process of a pod before `main` runs, and receives its secrets.
//!
//! A program that links this crate inspects its environment before `main`. If the process is a pod:
//!
//! - The variables that hold secrets are removed from the environment block, and their values there are zeroized. [`secret`] returns
//!   them. Child processes do not inherit them, and `/proc/PID/environ` does not contain them.
//! - No other process of the same user can read its memory, its environment or its open files, and it writes no core dumps. The
//!   variable `SEALKIT_DEBUGGABLE` turns this off.
//!
//! If an engine started the pod, the pod receives its secrets from the engine through a socket, and is killed when the engine exits.
//! The secrets are only in a forked child, whose memory no other process can have opened before. Secrets that are files are in a tmpfs
//! that only the pod and its children see, if the system allows that.
//!
//! If an engine started the program to answer a query, this crate only takes the socket away from standard input.
//!
//! Variables that a task requests by name (`env_var`) stay in the environment. On systems other than Linux, this crate does nothing.

#[cfg(target_os = "linux")]
mod entry;
#[cfg(target_os = "linux")]
mod environment;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod fork;
#[cfg(target_os = "linux")]
mod startup;

use sealkit_protocol::Problem;

/// Returns the value of the secret variable `name`, if this process is a pod that was started with it.
pub fn secret(name: &str) -> Option<&'static [u8]> {
    #[cfg(target_os = "linux")]
    {
        startup::secret(name)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = name;
        None
    }
}

/// The socket between a program and the engine that started it.
#[cfg(unix)]
pub type Socket = std::os::unix::net::UnixStream;

/// The socket between a program and its engine. It does not exist on this system.
#[cfg(not(unix))]
#[derive(Debug)]
pub enum Socket {}

#[cfg(not(unix))]
impl std::io::Read for &Socket {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        match **self {}
    }
}

#[cfg(not(unix))]
impl std::io::Write for &Socket {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        match **self {}
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match **self {}
    }
}

/// Returns the socket to the engine, if an engine started this process as a pod.
pub fn engine_socket() -> Option<&'static Socket> {
    #[cfg(target_os = "linux")]
    {
        startup::engine_socket()
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

/// Returns the socket to the engine, if an engine started this process to answer a query.
pub fn query_socket() -> Option<&'static Socket> {
    #[cfg(target_os = "linux")]
    {
        startup::query_socket()
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

/// Returns why this pod has no secrets: the engine that started it has another version of the protocol.
pub fn engine_problem() -> Option<&'static Problem> {
    #[cfg(target_os = "linux")]
    {
        startup::engine_problem()
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}
