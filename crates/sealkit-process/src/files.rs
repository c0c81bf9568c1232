//! Secrets that are mounted as files, in a file system that only the pod and its children see.
//!
//! All processes of one user can read the files of that user. So the pod mounts a private tmpfs over the directory of its secret
//! files. It disappears when the pod exits. If the system does not allow the mount, the files are in the directory itself.

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

use sealkit_protocol::mounts::SecretVariable;

use crate::fork;

/// Mounts a tmpfs on `directory` that only this process and its children see.
///
/// Call this only before `main`, and before the process becomes undumpable: it writes to its own files in `/proc`.
pub(crate) fn mount_private_tmpfs(directory: &Path) -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    if fork::unshare(UnshareFlags::NEWNS).is_err() {
        // An unprivileged process needs a user namespace to create a mount namespace. Keep the user and group IDs in it.
        fork::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
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

/// Writes a secret to the file that its name is the path of.
pub(crate) fn write(secret: &SecretVariable) -> io::Result<()> {
    let path = Path::new(&secret.name);
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?.write_all(&secret.value)
}
