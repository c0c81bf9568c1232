//! The pseudo-terminal of a pod, so that its program shows colours and progress as it does outside a pod.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt as _},
    path::Path,
};

use rustix::{
    fs::OFlags,
    pty::{grantpt, ptsname, unlockpt},
    termios::{Winsize, isatty, tcgetwinsize, tcsetwinsize},
};

/// Both ends of a pseudo-terminal: the master reads what the pod writes to the replica.
pub(crate) struct Pty {
    pub(crate) master: File,
    pub(crate) replica: OwnedFd,
}

impl Pty {
    /// Opens a pty of the size of our terminal; `None` if standard error is not a terminal.
    pub(crate) fn open() -> Option<Self> {
        if !isatty(rustix::stdio::stderr()) {
            return None;
        }
        let pty = Self::new().ok()?;
        if let Some(size) = size() {
            // The default size does as well.
            let _ = tcsetwinsize(&pty.replica, size);
        }
        Some(pty)
    }

    fn new() -> io::Result<Self> {
        // Not `openpt`: it cannot mark the master close-on-exec on macOS.
        let master = open(Path::new("/dev/ptmx"))?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?;
        Ok(Self { replica: open(name.as_ref())?.into(), master })
    }
}

/// Returns the size of the user's terminal, if standard error is one.
pub(crate) fn size() -> Option<Winsize> {
    tcgetwinsize(rustix::stdio::stderr()).ok()
}

/// Opens a device that does not become the controlling terminal of this process.
fn open(device: &Path) -> io::Result<File> {
    let flags = OFlags::NOCTTY.bits().cast_signed();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(device)
}
