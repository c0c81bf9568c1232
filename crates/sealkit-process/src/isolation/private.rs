//! The isolation that Linux has: other processes of the same user cannot read the memory and the secret files of the pod.

use std::{io, path::Path};

use rustix::process::{
    DumpableBehavior, Signal, getpid, getppid, kill_process, set_dumpable_behavior,
    set_parent_process_death_signal,
};

use super::namespaces;
use crate::{Program, supervisor};

/// Private memory, and private secret files if the system allows the pod to mount a file system.
pub(crate) struct Private;

impl super::Isolation for Private {
    /// Enters the namespace in which the process may mount a file system.
    ///
    /// This comes before [`hide_memory`](super::Isolation::hide_memory): the process writes to its own files in `/proc`. A process of the
    /// fork server is hidden already: it becomes readable until then, and has no secrets yet.
    fn prepare_to_hide_files(&self) -> io::Result<()> {
        namespaces::become_able_to_mount()
    }

    /// Mounts a tmpfs on `directory` that only this process and its children see.
    ///
    /// No other process can have opened the root directory of this process, which was forked when its memory was hidden already.
    fn hide_files(&self, directory: &Path) -> io::Result<()> {
        namespaces::mount_private(directory)
    }

    fn hide_memory(&self) {
        // If the system refuses, the process runs unprotected, as it would without this crate.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }

    /// Makes the kernel kill the pod when the engine exits, and continues in a child whose memory no other process can have opened.
    fn prepare_for_secrets(&self, engine: &str, debuggable: bool) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The engine may have died before the death signal was set.
        if getppid().map(|parent| parent.as_raw_nonzero().to_string()).as_deref() != Some(engine) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
        if debuggable { Ok(()) } else { supervisor::start_for_engine() }
    }

    fn supervise(&self, program: &'static Program, is_secret: &dyn Fn(&str) -> bool) {
        // Where the system refuses another process, the task runs without a supervisor.
        let _ = supervisor::start_for_flyte(program, is_secret);
    }
}
