//! Where the files of a run are: private, in memory where possible, and gone afterwards.

use std::{
    env,
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::error::{Error, Result};

const PREFIX: &str = "sealkit-run-";
/// A directory that is being made, and must not be swept yet.
const NEW: &str = ".sealkit-new-";
/// Locked as long as the run is.
const ALIVE: &str = "alive";

/// The directory of one run.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
    in_memory: bool,
    /// Locked as long as it is open.
    alive: File,
}

impl RunDirectory {
    pub(crate) fn create() -> Result<Self> {
        let made = places().into_iter().find_map(|place| Some((place.in_memory, make(&place.path).ok()?)));
        let Some((in_memory, (path, alive))) = made else {
            return Err(Error::new("no private directory can be created")
                .with_hint("make $XDG_RUNTIME_DIR, /dev/shm or $TMPDIR writable"));
        };
        Ok(Self { path, in_memory, alive })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing that is written there touches a disk.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory
    }
}

impl RunDirectory {
    /// Removes it with all that is in it; what cannot be removed is swept by the next run.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        self.remove();
        let _ = flock(&self.alive, FlockOperation::Unlock);
    }
}

struct Place {
    path: PathBuf,
    in_memory: bool,
}

/// The best first.
fn places() -> Vec<Place> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let mut places: Vec<Place> = runtime
        .into_iter()
        .chain([PathBuf::from("/dev/shm")])
        .map(|path| Place { in_memory: is_in_memory(&path), path })
        .collect();
    places.push(Place { path: env::temp_dir(), in_memory: false });
    places
}

fn is_in_memory(path: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    rustix::fs::statfs(path).is_ok_and(|found| {
        let kind = u64::try_from(found.f_type).unwrap_or_default();
        kind == TMPFS || kind == RAMFS
    })
}

fn make(place: &Path) -> io::Result<(PathBuf, File)> {
    let new = tempfile::Builder::new()
        .prefix(NEW)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(place)?;
    let alive = File::create(new.path().join(ALIVE))?;
    flock(&alive, FlockOperation::NonBlockingLockExclusive)?;
    let name = new.path().file_name().and_then(|name| name.to_str()).unwrap_or_default().replace(NEW, PREFIX);
    let path = place.join(name);
    fs::rename(new.path(), &path)?;
    // It has another name now, and another owner.
    let _ = TempDir::keep(new);
    Ok((path, alive))
}

/// Removes the directories of runs that were killed.
pub fn sweep() {
    for place in places() {
        for entry in fs::read_dir(place.path).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let starts = |prefix: &str| name.to_str().is_some_and(|name| name.starts_with(prefix));
            let is_run = starts(PREFIX) || (starts(NEW) && is_old(&entry));
            if is_run
                && entry.metadata().is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw())
            {
                let path = entry.path();
                let is_dead = match File::open(path.join(ALIVE)) {
                    Ok(alive) => flock(&alive, FlockOperation::NonBlockingLockExclusive).is_ok(),
                    // It had one when it got its name: whoever was removing it has not come to the end.
                    Err(error) => error.kind() == io::ErrorKind::NotFound,
                };
                if is_dead {
                    let _ = fs::remove_dir_all(path);
                }
            }
        }
    }
}

/// Whether nobody is still about to give it its name.
fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|found| found.modified()).map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age > Duration::from_secs(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_killed_is_swept_and_one_that_lives_is_not() {
        let living = RunDirectory::create().unwrap();
        let dead = RunDirectory::create().unwrap();
        let path = dead.path().to_owned();
        fs::write(path.join("secret"), "left").unwrap();
        // As if its process had ended: the lock is gone, the files are not.
        flock(&dead.alive, FlockOperation::Unlock).unwrap();
        std::mem::forget(dead);
        let half = RunDirectory::create().unwrap();
        let half_removed = half.path().to_owned();
        fs::remove_file(half_removed.join(ALIVE)).unwrap();
        std::mem::forget(half);
        sweep();
        assert!(!path.exists() && !half_removed.exists());
        assert!(living.path().join(ALIVE).exists());
        assert_eq!(fs::metadata(living.path()).unwrap().mode() & 0o777, 0o700);
    }
}
