//! What happens to the process of a pod before anything else runs in it.
//!
//! A program that links this crate looks at its environment before `main`. If that says that the process is a pod, then
//!
//! - the variables that hold secrets leave the environment block, which is overwritten: [`secret`] has them now. Nothing that
//!   the process starts inherits them, and whoever reads `/proc/PID/environ` does not see them;
//! - no other process of the same user can look into its memory, its environment or its open files, and there are no core files,
//!   unless the variable `SEALKIT_DEBUGGABLE` is set.
//!
//! Where an engine has started it, the process gets its secrets from there ([`send`]), and ends when the engine does. It gets them in
//! a memory that nobody can have opened before, and those that are files are in a file system that it alone sees, if the system
//! allows that.
//!
//! Variables that a task asked for by name (`env_var`) stay: being there is their purpose. On other systems than Linux, nothing
//! happens.

#[cfg(target_os = "linux")]
mod apart;
#[cfg(target_os = "linux")]
mod block;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod start;

mod variables;

pub use variables::{Form, Variable, send};

/// The value of the secret variable `name`, if this process is a pod that was started with it.
pub fn secret(name: &str) -> Option<&'static [u8]> {
    #[cfg(target_os = "linux")]
    {
        start::secret(name)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = name;
        None
    }
}

/// The socket between a pod and the engine that has started it.
#[cfg(unix)]
pub type Socket = std::os::unix::net::UnixStream;

/// The socket between a pod and its engine; there is none on this system.
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

/// The socket to the engine that has started this process as a pod, if one has.
pub fn engine() -> Option<&'static Socket> {
    #[cfg(target_os = "linux")]
    {
        start::engine()
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}
