//! Secrets that are files, where only this pod and what it starts can see them.
//!
//! A file that its owner may read can be read by all processes of its owner. So a pod sees a file system of its own at the place
//! where its files are: one in memory, that nobody else has mounted, and that is gone when the pod is. Where the system does not
//! allow that, the files are in the directory itself.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::{
    ffi::CStr,
    mount::{MountFlags, MountPropagationFlags, mount, mount_change},
    process::{getegid, geteuid},
    thread::UnshareFlags,
};

use crate::{apart, variables::Variable};

/// Makes `directory` a place that only this process and its children see, if the system lets us.
///
/// Only for the time before `main`, and before others are kept from looking: it writes to our own entry in `/proc`.
pub(crate) fn seclude(directory: &Path) -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    if apart::unshare(UnshareFlags::NEWNS).is_err() {
        // Whoever may not have a view of its own may have one as somebody who looks the same.
        apart::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    // Nothing of it gets out, whatever the system shares by default.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let mode: &CStr = c"mode=0700";
    mount("tmpfs", directory, "tmpfs", flags, mode)?;
    Ok(())
}

/// Writes a secret to the file that it is to be.
pub(crate) fn write(file: &Variable) -> io::Result<()> {
    let path = Path::new(&file.name);
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?.write_all(&file.value)
}
