//! Protects the memory of this command, which may hold secrets.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Keeps the memory from core files and, on Linux, from other processes of the same user.
///
/// The programs that the command starts protect themselves: executing them ends the protection, but not the limit of core files.
pub(crate) fn protect_memory() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    // Both can only fail where the system forbids them.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
