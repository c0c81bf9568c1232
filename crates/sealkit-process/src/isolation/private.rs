//! The isolation that Linux has: other processes of the same user cannot read the memory and the secret files of the pod.

use std::{fs, io, path::Path};

use rustix::{
    ffi::CStr,
    mount::{MountFlags, MountPropagationFlags, mount, mount_change},
    process::{
        DumpableBehavior, Signal, getegid, geteuid, getpid, getppid, kill_process, set_dumpable_behavior,
        set_parent_process_death_signal,
    },
    thread::UnshareFlags,
};

use super::namespaces;
use crate::{Program, supervisor};

/// Private memory, and private secret files if the system allows the pod to mount a file system.
pub(crate) struct Private;

impl super::Isolation for Private {
    /// Mounts a tmpfs on `directory` that only this process and its children see. It disappears when the pod exits.
    ///
    /// This comes before [`hide_memory`](super::Isolation::hide_memory): the process writes to its own files in `/proc`.
    fn hide_files(&self, directory: &Path) -> io::Result<()> {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        if namespaces::unshare(UnshareFlags::NEWNS).is_err() {
            // An unprivileged process needs a user namespace to create a mount namespace. Keep the user and group IDs in it.
            namespaces::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
            fs::write("/proc/self/setgroups", "deny")?;
            fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
            fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
        }
        // Many systems share mounts between namespaces by default.
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        let mode: &CStr = c"mode=0700";
        mount("tmpfs", directory, "tmpfs", flags, mode)?;
        Ok(())
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
