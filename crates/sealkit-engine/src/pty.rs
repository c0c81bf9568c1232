//! The pseudo-terminal of a pod, so that its program shows colours and progress as it does outside a pod.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt as _},
    path::PathBuf,
};

use rustix::{
    fs::OFlags,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{isatty, tcgetwinsize, tcsetwinsize},
};

/// Both ends of a pseudo-terminal: the master reads what the pod writes to the replica.
pub(crate) struct Pty {
    pub(crate) master: File,
    pub(crate) replica: OwnedFd,
}

impl Pty {
    /// Opens a pty of the size of our terminal; `None` if standard error is not a terminal.
    pub(crate) fn open() -> Option<Self> {
        let stderr = rustix::stdio::stderr();
        if !isatty(stderr) {
            return None;
        }
        let pty = Self::new().ok()?;
        if let Ok(size) = tcgetwinsize(stderr) {
            // The default size does as well.
            let _ = tcsetwinsize(&pty.replica, size);
        }
        Some(pty)
    }

    fn new() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?;
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let replica =
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(PathBuf::from(name))?;
        Ok(Self { master: master.into(), replica: replica.into() })
    }
}
