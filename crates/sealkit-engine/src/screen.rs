//! A terminal for a pod, where ours is one: programs then show colours and progress as they do without us.

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

/// Both ends of a terminal: what a pod writes to the second is read from the first.
pub(crate) struct Screen {
    pub(crate) ours: File,
    pub(crate) theirs: OwnedFd,
}

impl Screen {
    /// A terminal as large as the one that our errors go to; none if that is no terminal.
    pub(crate) fn open() -> Option<Self> {
        let stderr = rustix::stdio::stderr();
        if !isatty(stderr) {
            return None;
        }
        let screen = Self::new().ok()?;
        if let Ok(size) = tcgetwinsize(stderr) {
            // Whoever asks for the size gets a usual one otherwise.
            let _ = tcsetwinsize(&screen.theirs, size);
        }
        Some(screen)
    }

    fn new() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?.into_string().map_err(io::Error::other)?;
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let theirs =
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(PathBuf::from(name))?;
        Ok(Self { ours: ours.into(), theirs: theirs.into() })
    }
}
