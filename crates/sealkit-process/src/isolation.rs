//! The isolation of a pod from other processes of the same user.

#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod private;
mod process;

use std::{io, os::unix::net::UnixStream, path::Path};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::Program;

#[cfg(target_os = "linux")]
use sealkit_names::variables;

/// Keeps the memory of this process from other processes of the same user, as far as `isolation` can, and from core files.
pub(crate) fn protect_memory(isolation: &dyn Isolation) {
    isolation.hide_memory();
    // It can only fail where the system forbids it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Returns the best isolation of the system.
pub(crate) fn best() -> &'static dyn Isolation {
    #[cfg(target_os = "linux")]
    return &private::Private;
    #[cfg(not(target_os = "linux"))]
    &process::Process
}

/// The measures that isolate a pod, in the order in which it takes them.
pub(crate) trait Isolation {
    /// Prepares the process to hide files. After an error, it must not run a task.
    fn prepare_to_hide_files(&self) -> io::Result<()> {
        Ok(())
    }

    /// Forbids other processes to read the memory, the environment and the open files of this process.
    fn hide_memory(&self) {}

    /// Prepares the process for its secrets. `engine` is the process ID of the engine, `debuggable` allows others to read the memory.
    fn prepare_for_secrets(&self, _engine: &str, _debuggable: bool) -> io::Result<()> {
        Ok(())
    }

    /// Hides the files that will be written to `directory`.
    fn hide_files(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Makes a pod of a cluster a supervisor, which forgets the variables that `is_secret` selects, and continues in its child.
    fn supervise(&self, _program: &'static Program, _is_secret: &dyn Fn(&str) -> bool) {}

    /// Makes sure that the process does not outlive the engine at the other end of `socket`. No other measure follows.
    fn bind_to_engine(&self, _socket: &'static UnixStream) {}
}

/// Returns the isolation of this pod: the best of the system, or [`process`] if the engine asks for it.
pub(crate) fn of_this_pod() -> &'static dyn Isolation {
    #[cfg(target_os = "linux")]
    {
        // The environment of a pod on a cluster must not weaken it.
        let is_set = |name| std::env::var_os(name).is_some();
        if is_set(variables::PROCESS_ISOLATION) && is_set(variables::ENGINE) {
            return &process::Process;
        }
    }
    best()
}
