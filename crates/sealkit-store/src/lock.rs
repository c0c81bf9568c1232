//! One writer at a time.

use std::{fs::File, io::Read, os::fd::OwnedFd, os::unix::fs::FileExt, sync::mpsc, thread, time::Duration};

use rustix::fs::{FlockOperation, flock};

use crate::{
    disk::Directory,
    error::{Error, ErrorKind, Result},
};

const NAME: &str = "lock";
const PATIENCE: Duration = Duration::from_secs(10);

/// Released when dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not used")] OwnedFd);

impl Lock {
    /// Waits until nobody else writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] after ten seconds.
    pub(crate) fn acquire(directory: &Directory) -> Result<Self> {
        let fd = directory.lock_file(NAME)?;
        let fd = match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => fd,
            Err(rustix::io::Errno::WOULDBLOCK) => wait(fd, directory)?,
            Err(error) => return Err(Error::io("the store cannot be locked", error.into())),
        };
        // For the message of those who wait; nobody relies on it.
        let file = File::from(fd);
        let owner = format!("{:<10}", std::process::id());
        let _ = file.write_at(owner.as_bytes(), 0);
        Ok(Self(file.into()))
    }
}

/// Sleeps in the kernel, which serves those who wait in turn; asking again and again would be faster for some.
fn wait(fd: OwnedFd, directory: &Directory) -> Result<OwnedFd> {
    let (sender, receiver) = mpsc::channel();
    let waiting = thread::Builder::new().spawn(move || {
        let locked = rustix::io::retry_on_intr(|| flock(&fd, FlockOperation::LockExclusive));
        // If nobody waits any more, the file is closed and so unlocked again.
        let _ = sender.send(locked.map(|()| fd));
    });
    waiting.map_err(|error| Error::io("the store cannot be locked", error))?;
    match receiver.recv_timeout(PATIENCE) {
        Ok(Ok(fd)) => Ok(fd),
        Ok(Err(error)) => Err(Error::io("the store cannot be locked", error.into())),
        Err(_) => {
            let mut owner = String::new();
            let read = directory.lock_file(NAME).map(|fd| File::from(fd).take(10).read_to_string(&mut owner));
            let owner = owner.trim();
            let by = match read {
                Ok(Ok(_)) if !owner.is_empty() => format!(" (process {owner})"),
                _ => String::new(),
            };
            let message = format!("another process{by} has been writing to the store for 10 seconds");
            Err(Error::new(ErrorKind::Busy, message).with_hint("try again, or look what it is doing"))
        }
    }
}
