//! Namespaces: views of the system that only a process and its children have.

#![expect(unsafe_code, reason = "`unshare` is unsafe; its use has a safety comment")]

use std::{fs, io, path::Path};

use rustix::{
    ffi::CStr,
    mount::{MountFlags, MountPropagationFlags, mount, mount_change},
    process::{DumpableBehavior, getegid, geteuid, set_dumpable_behavior},
    thread::{UnshareFlags, unshare_unsafe},
};

/// Makes this process able to mount file systems: in a user namespace with its user and group, unless it is privileged.
///
/// Fails with `EINVAL` in a process with threads. After an error, the process may have lost its user: it must not run a task.
pub(super) fn become_able_to_mount() -> io::Result<()> {
    if unshare(UnshareFlags::NEWNS).is_ok() {
        return Ok(());
    }
    // A process that the fork server has created is protected from the start: the files in `/proc` belong to root then.
    let _ = set_dumpable_behavior(DumpableBehavior::Dumpable);
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Mounts a tmpfs on `directory` that only this process and its children see. It disappears when they have exited.
pub(super) fn mount_private(directory: &Path) -> io::Result<()> {
    unshare(UnshareFlags::NEWNS)?;
    // Many systems share mounts between namespaces by default.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let mode: &CStr = c"mode=0700";
    mount("tmpfs", directory, "tmpfs", flags, mode)?;
    Ok(())
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only `UnshareFlags::FILES` is unsafe, because it splits the file descriptor table of threads. No caller passes it.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}
