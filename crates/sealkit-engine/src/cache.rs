//! The results of earlier calls, on disk.
//!
//! An entry is a file `TASK/KEY`. It is written to a temporary file and renamed, so a reader sees a whole entry or none, and its digest
//! shows whether a file system or a power failure has damaged it. Damaged and old entries are misses.

mod call;
mod entry;
mod files;
mod key;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Once},
    thread,
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use sealkit_protocol::call::Success;

pub(crate) use self::{
    call::Cached,
    key::{Key, ProgramDigest},
};
use self::{
    entry::Entry,
    key::{KeyContext, Stamp},
};

/// The age of a temporary file whose writer was killed.
const STALE: Duration = Duration::from_secs(3600);
/// The age of a result that is deleted.
const MAX_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How often a call that waits for an equal one looks whether that has ended.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// A directory with the results of earlier calls.
#[derive(Clone, Debug)]
pub struct ResultCache {
    directory: PathBuf,
    /// Whether results are used, and not only stored.
    is_read: bool,
    /// Set once old files have been deleted.
    pruned: Arc<Once>,
}

impl ResultCache {
    /// Returns the cache in `directory`, which is created when the first result is stored. Results are only stored, and not used, unless
    /// `is_read` is set.
    pub fn new(directory: PathBuf, is_read: bool) -> Self {
        Self { directory, is_read, pruned: Arc::new(Once::new()) }
    }

    /// Deletes the results of `task`, or all results. Returns how many there were.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be deleted.
    pub fn delete(&self, task: Option<&str>) -> io::Result<usize> {
        let results = self.directory.join("results");
        let tasks = match task {
            Some(task) => vec![results.join(task)],
            None => {
                // A call that holds a lock keeps it, but no later call waits for that.
                let _ = fs::remove_dir_all(self.directory.join("locks"));
                list(&results)?
            }
        };
        let mut count = 0;
        for entry in tasks.iter().map(|task| list(task)).collect::<io::Result<Vec<_>>>()?.concat() {
            // The copies of files are directories.
            let is_result = !entry.is_dir();
            let deleted = if is_result { fs::remove_file(entry) } else { fs::remove_dir_all(entry) };
            match deleted {
                Ok(()) => count += usize::from(is_result),
                // Another process has deleted it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    /// Returns the names of the tasks that have had results.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be listed.
    pub fn tasks(&self) -> io::Result<Vec<String>> {
        let directories = list(&self.directory.join("results"))?;
        let name = |path: &PathBuf| path.file_name()?.to_str().map(str::to_owned);
        Ok(directories.iter().filter_map(name).collect())
    }

    /// Returns the result of an equal call that is younger than `max_age`. Its files are copied below `files`.
    pub(crate) fn get(
        &self,
        task: &str,
        key: &Key,
        max_age: Option<Duration>,
        files: Option<&Path>,
    ) -> Option<Success> {
        let path = self.path(task, key);
        let bytes = if self.is_read { files::read(&path).ok()? } else { return None };
        let Some((created, entry)) = entry::decode(key, &bytes) else {
            // The next result replaces it.
            let _ = fs::remove_file(path);
            return None;
        };
        // An entry of the future has no known age.
        let age = SystemTime::now().duration_since(created).ok()?;
        if max_age.is_some_and(|max_age| age >= max_age) {
            let _ = fs::remove_file(path);
            return None;
        }
        match (&*entry.files, files) {
            ("", _) => Some(entry.success),
            (directory, Some(to)) => files::fetch(&entry.success, &path.with_file_name(directory), to).ok(),
            (_, None) => None,
        }
    }

    /// Stores a result, with copies of its files, if `check` accepts the directory of the copies. That does not exist if there are none.
    pub(crate) fn put<E: From<io::Error>>(
        &self,
        task: &str,
        key: &Key,
        success: &Success,
        check: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let (path, temporary) = (self.path(task, key), self.directory.join("tmp"));
        create_directory(path.parent().unwrap_or(&self.directory))?;
        create_directory(&temporary)?;
        self.pruned.call_once(|| self.prune());
        let temporary = temporary.join(format!("{}-{}", std::process::id(), key.random_name()));
        let copies = temporary.with_extension("files");
        let written = (|| {
            let mut entry = Entry { files: String::new(), success: files::store(success, &copies)? };
            check(&copies)?;
            // First the files: an entry without them is a miss.
            if copies.is_dir() {
                entry.files = format!("{key}.{}", key.random_name());
                fs::rename(&copies, path.with_file_name(&entry.files))?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(&entry::encode(key, &entry))?;
            fs::rename(&temporary, &path)?;
            remove_other_files(&path, &entry.files);
            Ok(())
        })();
        written.inspect_err(|_| {
            let _ = (fs::remove_file(&temporary), fs::remove_dir_all(&copies));
        })
    }

    /// Deletes old results, and temporary files of processes that were killed.
    fn prune(&self) {
        remove_older(&self.directory.join("tmp"), STALE);
        for task in list(&self.directory.join("results")).unwrap_or_default() {
            remove_older(&task, MAX_AGE);
        }
    }

    /// Waits until no other call with this key runs, here or in another process, or until `is_cancelled`. The call has ended when the
    /// lock is dropped.
    pub(crate) fn lock(&self, key: &Key, is_cancelled: impl Fn() -> bool) -> io::Result<Option<Lock>> {
        let directory = self.directory.join("locks");
        create_directory(&directory)?;
        let mut lock = Lock::open(directory.join(key.to_string()))?;
        loop {
            match flock(&lock.file, FlockOperation::NonBlockingLockExclusive) {
                // The last call has removed the file that it had locked.
                Ok(()) if !lock.is_current() => lock = Lock::open(lock.path.clone())?,
                Ok(()) => return Ok(Some(lock)),
                Err(Errno::WOULDBLOCK) if is_cancelled() => return Ok(None),
                Err(Errno::WOULDBLOCK | Errno::INTR) => thread::sleep(LOCK_INTERVAL),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn path(&self, task: &str, key: &Key) -> PathBuf {
        self.directory.join("results").join(task).join(key.to_string())
    }
}

/// A lock file, which is removed when it is dropped.
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    fn open(path: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(files::NONBLOCKING);
        let file = options.open(&path)?;
        Ok(Self { file, path })
    }

    /// Returns whether the path still leads to this file.
    fn is_current(&self) -> bool {
        let of_path = fs::metadata(&self.path).map(|metadata| metadata.ino());
        self.file.metadata().is_ok_and(|metadata| of_path.is_ok_and(|inode| inode == metadata.ino()))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Not that of another call.
        if flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok() && self.is_current() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Returns the paths in a directory, which may not exist.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| entry.map(|entry| entry.path())).collect(),
    }
}

/// Removes the files of earlier results of the entry `path`.
fn remove_other_files(path: &Path, files: &str) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let other = entry.file_name();
        let is_of_entry = other
            .as_encoded_bytes()
            .strip_prefix(name.as_encoded_bytes())
            .is_some_and(|rest| !rest.is_empty());
        if is_of_entry && other != files {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Removes what has not been changed for this time in a directory.
fn remove_older(directory: &Path, than: Duration) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > than) {
            let _ = (fs::remove_file(entry.path()), fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests;
