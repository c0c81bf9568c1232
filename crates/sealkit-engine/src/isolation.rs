//! The isolation of pods from other processes of the same user.

/// How pods are isolated from other processes of the same user. The secrets of each pod are its own in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Other processes can read neither the memory of a pod nor, if the system allows private mounts, its secret files. Only Linux
    /// has this.
    Private,
    /// Each pod is a process. Others can read its secret files and, as far as the system allows debuggers to, its memory.
    Process,
}

impl Default for Isolation {
    /// Returns the best isolation of this system.
    fn default() -> Self {
        if cfg!(target_os = "linux") { Self::Private } else { Self::Process }
    }
}
