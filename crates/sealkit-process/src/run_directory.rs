//! The directory of a run: private, locked and removed afterwards.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{FlockOperation, flock},
    process::geteuid,
};
use tempfile::TempDir;

const PREFIX: &str = "run-";
/// The prefix while the directory is being created, so that it is not taken for a stale one.
const NEW_PREFIX: &str = ".new-";
/// A file that is locked while the run lasts.
const LOCK: &str = "alive";
/// A directory with [`NEW_PREFIX`] that is older than this is stale.
const MAX_CREATION_TIME: Duration = Duration::from_secs(60);

/// The directory of one run.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    in_memory: bool,
    /// Holds the lock while it is open.
    lock: File,
}

impl RunDirectory {
    /// Creates a directory for secrets: in memory where possible.
    ///
    /// # Errors
    ///
    /// Returns an error if neither `$XDG_RUNTIME_DIR` nor `/dev/shm` nor the directory for temporary files is writable.
    pub fn in_memory() -> io::Result<Self> {
        Self::create(secret_parents(env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)))
    }

    /// Creates a directory for data, which may be large: in `$TMPDIR`, or else in `/var/tmp`, which is on a disk also where `/tmp` is
    /// in memory.
    ///
    /// # Errors
    ///
    /// Returns an error if neither is writable.
    pub fn on_disk() -> io::Result<Self> {
        Self::create(data_parents(env::var_os("TMPDIR").map(PathBuf::from)))
    }

    fn create(parents: Vec<Parent>) -> io::Result<Self> {
        let mut error = io::Error::from(io::ErrorKind::NotFound);
        for Parent { path, in_memory } in parents {
            match create_in(&path) {
                Ok((path, lock)) => return Ok(Self { path, in_memory, lock }),
                Err(failed) => error = failed,
            }
        }
        Err(error)
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the directory is on an in-memory file system.
    pub fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// Removes the directory; what cannot be removed now is removed as stale by the next command.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        self.remove();
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

/// A place for the directory of all runs of this user. Other files there do not matter: they may be many.
struct Parent {
    path: PathBuf,
    in_memory: bool,
}

/// The candidates for secrets, best first.
fn secret_parents(runtime: Option<PathBuf>) -> Vec<Parent> {
    let runtime = runtime.filter(|path| path.is_absolute());
    let mut parents: Vec<Parent> = runtime
        .into_iter()
        .chain([PathBuf::from("/dev/shm")])
        .map(|path| Parent { in_memory: is_in_memory(&path), path })
        .collect();
    parents.push(Parent { path: env::temp_dir(), in_memory: false });
    // An in-memory file system is better than an earlier place on a disk.
    parents.sort_by_key(|parent| !parent.in_memory);
    parents
}

/// The candidates for data, best first.
fn data_parents(chosen: Option<PathBuf>) -> Vec<Parent> {
    let chosen = chosen.filter(|path| path.is_absolute());
    let paths = chosen.into_iter().chain([PathBuf::from("/var/tmp"), env::temp_dir()]);
    paths.map(|path| Parent { path, in_memory: false }).collect()
}

#[cfg(target_os = "linux")]
fn is_in_memory(path: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    rustix::fs::statfs(path).is_ok_and(|file_system| {
        let kind = u64::try_from(file_system.f_type).unwrap_or_default();
        kind == TMPFS || kind == RAMFS
    })
}

/// Other systems number their file systems differently, so each directory counts as one on a disk.
#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}

/// Returns the directory of all runs of this user.
fn directory_of_user(parent: &Path) -> PathBuf {
    parent.join(format!("sealkit-{}", geteuid().as_raw()))
}

/// Creates the directory of all runs of this user. Another user may have created a file of this name.
fn create_directory_of_user(parent: &Path) -> io::Result<PathBuf> {
    let directory = directory_of_user(parent);
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::symlink_metadata(&directory)?;
    if !metadata.is_dir() || metadata.uid() != geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if metadata.mode() & 0o777 != 0o700 {
        // An unusual umask.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
    }
    Ok(directory)
}

fn create_in(parent: &Path) -> io::Result<(PathBuf, File)> {
    let parent = create_directory_of_user(parent)?;
    let new = tempfile::Builder::new()
        .prefix(NEW_PREFIX)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(&parent)?;
    let lock = File::create(new.path().join(LOCK))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    let name =
        new.path().file_name().and_then(|name| name.to_str()).unwrap_or_default().replace(NEW_PREFIX, PREFIX);
    let path = parent.join(name);
    fs::rename(new.path(), &path)?;
    // The directory has a new name, and `RunDirectory` removes it.
    let _ = TempDir::keep(new);
    Ok((path, lock))
}

/// Removes the directories of runs whose process was killed.
pub fn remove_stale_run_directories() {
    let [runtime, chosen] = ["XDG_RUNTIME_DIR", "TMPDIR"].map(|name| env::var_os(name).map(PathBuf::from));
    for parent in secret_parents(runtime).into_iter().chain(data_parents(chosen)) {
        for entry in fs::read_dir(directory_of_user(&parent.path)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let starts_with = |prefix: &str| name.to_str().is_some_and(|name| name.starts_with(prefix));
            let is_run = starts_with(PREFIX) || (starts_with(NEW_PREFIX) && is_old(&entry));
            if is_run && is_own(&entry) && is_unlocked(&entry.path()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn is_own(entry: &fs::DirEntry) -> bool {
    entry.metadata().is_ok_and(|metadata| metadata.uid() == geteuid().as_raw())
}

fn is_unlocked(run: &Path) -> bool {
    match File::open(run.join(LOCK)) {
        Ok(lock) => flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok(),
        // A run directory has a lock from the start: without one, its removal was interrupted.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Returns whether a directory is too old to be still in creation.
fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age > MAX_CREATION_TIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn an_in_memory_file_system_is_preferred_to_a_runtime_directory_on_a_disk() {
        let paths = |runtime: &str| -> Vec<PathBuf> {
            secret_parents(Some(runtime.into())).into_iter().map(|parent| parent.path).collect()
        };
        let shared_memory = PathBuf::from("/dev/shm");
        assert!(is_in_memory(&shared_memory), "this test needs /dev/shm");
        // `/proc` stands for a directory that is not on a tmpfs.
        assert_eq!(paths("/proc")[..2], [shared_memory.clone(), PathBuf::from("/proc")]);
        assert_eq!(paths("/dev/shm/run")[0], shared_memory);
        assert_eq!(paths("relative")[0], shared_memory);
    }

    #[test]
    fn the_directory_of_a_killed_run_is_removed_and_that_of_a_live_run_is_kept() {
        let live = RunDirectory::in_memory().unwrap();
        let killed = RunDirectory::on_disk().unwrap();
        let path = killed.path().to_owned();
        fs::write(path.join("secret"), "left").unwrap();
        // A killed process loses its lock and leaves its files.
        flock(&killed.lock, FlockOperation::Unlock).unwrap();
        std::mem::forget(killed);
        let interrupted = RunDirectory::in_memory().unwrap();
        let half_removed = interrupted.path().to_owned();
        fs::remove_file(half_removed.join(LOCK)).unwrap();
        std::mem::forget(interrupted);
        remove_stale_run_directories();
        assert!(!path.exists() && !half_removed.exists());
        assert!(live.path().join(LOCK).exists());
        assert_eq!(fs::metadata(live.path()).unwrap().mode() & 0o777, 0o700);
    }
}
