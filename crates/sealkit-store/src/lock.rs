//! The write lock of a store.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::{fd::OwnedFd, unix::fs::FileExt},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

use crate::{
    disk::Directory,
    error::{Error, ErrorKind, Result},
    file_system,
};

const NAME: &str = "lock";
const TIMEOUT: Duration = Duration::from_secs(10);

/// An exclusive lock on the file `lock`.
///
/// It is released when it is dropped and when the process ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "open as long as the lock is held")] OwnedFd);

impl Lock {
    /// Acquires the lock, and waits for it if another process holds it.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Busy`] after 10 seconds.
    pub(crate) fn acquire(directory: &Directory) -> Result<Self> {
        let fd = directory.open_lock_file(NAME)?;
        let fd = match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => fd,
            Err(rustix::io::Errno::WOULDBLOCK) => wait_for_lock(fd, directory)?,
            Err(error) => {
                let error = io::Error::from(error);
                let hint = file_system::hint(directory.path(), &error);
                return Err(Error::io("the store cannot be locked", error).with_optional_hint(hint));
            }
        };
        // Only for the error message of processes that wait.
        let file = File::from(fd);
        let owner = format!("{:<10}", std::process::id());
        let _ = file.write_at(owner.as_bytes(), 0);
        Ok(Self(file.into()))
    }
}

/// Waits for the lock for at most [`TIMEOUT`].
///
/// A blocking `flock` serves waiting processes in order. Polling would be unfair.
fn wait_for_lock(fd: OwnedFd, directory: &Directory) -> Result<OwnedFd> {
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().spawn(move || {
        let locked = rustix::io::retry_on_intr(|| flock(&fd, FlockOperation::LockExclusive));
        // After a timeout the receiver is gone: dropping the file releases the lock.
        let _ = sender.send(locked.map(|()| fd));
    });
    spawned.map_err(|error| Error::io("the store cannot be locked", error))?;
    match receiver.recv_timeout(TIMEOUT) {
        Ok(Ok(fd)) => Ok(fd),
        Ok(Err(error)) => Err(Error::io("the store cannot be locked", error.into())),
        Err(_) => {
            let mut owner = String::new();
            let read =
                directory.open_lock_file(NAME).map(|fd| File::from(fd).take(10).read_to_string(&mut owner));
            let id: Option<u32> = owner.trim().parse().ok().filter(|_| read.is_ok_and(|read| read.is_ok()));
            let name = id.map(|id| format!(" (process {id})")).unwrap_or_default();
            let message = format!("another process{name} has locked the store for 10 seconds");
            let hint = match id.filter(|id| is_stopped(*id)) {
                Some(id) => format!(
                    "that process is stopped: continue it with `kill -CONT {id}`, or end it with `kill -KILL {id}`"
                ),
                None => "try again, or check that process".to_owned(),
            };
            Err(Error::new(ErrorKind::Busy, message).with_hint(hint))
        }
    }
}

/// Returns whether a process is stopped, by a signal or a debugger. Only Linux tells it.
fn is_stopped(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state follows the name, which may contain anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}
