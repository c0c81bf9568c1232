//! Files and objects as streams, for content of any size.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{Location, StorageError};
#[cfg(feature = "cluster")]
use super::{objects, transfer};

/// How much of a file is read at a time.
#[cfg(feature = "cluster")]
const CHUNK: usize = 1 << 20;

/// Content that is being written. It cannot be read before it is complete, and nothing is left if it is dropped before.
#[derive(Debug)]
pub(crate) enum Upload {
    File {
        file: NamedTempFile,
        path: PathBuf,
    },
    #[cfg(feature = "cluster")]
    Object(transfer::Upload),
}

impl Upload {
    /// Starts to write to `location`.
    pub(crate) fn create(location: &Location) -> Result<Self, StorageError> {
        match location {
            Location::File(path) => {
                let directory = path.parent().unwrap_or(path);
                let file = fs::create_dir_all(directory).and_then(|()| NamedTempFile::new_in(directory));
                Ok(Self::File { file: file.map_err(write_error)?, path: path.clone() })
            }
            #[cfg(feature = "cluster")]
            Location::Object(object) => transfer::Upload::create(object).map(Self::Object),
        }
    }

    /// Copies a file, from its position on.
    pub(crate) fn copy_from(&mut self, mut file: &File) -> Result<(), StorageError> {
        match self {
            // The system copies without reading where it can.
            Self::File { file: target, .. } => {
                io::copy(&mut file, target.as_file_mut()).map_err(write_error)?;
            }
            #[cfg(feature = "cluster")]
            Self::Object(upload) => {
                let mut chunk = vec![0; CHUNK];
                loop {
                    match io::Read::read(&mut file, &mut chunk) {
                        Ok(0) => break,
                        Ok(count) => upload.write(&chunk[..count])?,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(())
    }

    /// Completes the content, so that it can be read.
    pub(crate) fn finish(self) -> Result<(), StorageError> {
        match self {
            Self::File { file, path } => {
                file.persist(path).map_err(|error| write_error(error.error))?;
                Ok(())
            }
            #[cfg(feature = "cluster")]
            Self::Object(upload) => upload.finish(),
        }
    }
}

/// Content that is being read.
#[derive(Debug)]
pub(crate) enum Content {
    File(File),
    #[cfg(feature = "cluster")]
    Object(tokio::sync::mpsc::Receiver<io::Result<Vec<u8>>>),
}

impl Content {
    pub(crate) fn open(location: &Location) -> Result<Self, StorageError> {
        match location {
            Location::File(path) => {
                require_file(path)?;
                Ok(Self::File(File::open(path)?))
            }
            #[cfg(feature = "cluster")]
            Location::Object(object) => transfer::receive(object).map(Self::Object),
        }
    }
}

/// Returns the number of bytes.
pub(crate) fn len(location: &Location) -> Result<u64, StorageError> {
    match location {
        Location::File(path) => require_file(path),
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::len(object),
    }
}

/// Returns the paths of all files below a directory, relative to it, with `/` between names, sorted.
///
/// # Errors
///
/// Returns an error if a name is not UTF-8, has control characters, or leaves the directory; if one of the files is neither a regular file
/// nor a directory; or if there is no directory.
pub(crate) fn list(location: &Location) -> Result<Vec<String>, StorageError> {
    let mut paths = Vec::new();
    match location {
        Location::File(path) => list_directory(path, "", &mut paths)?,
        #[cfg(feature = "cluster")]
        Location::Object(object) => {
            paths = objects::list(object)?;
            paths.iter().try_for_each(|path| check_path(path))?;
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn list_directory(directory: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), StorageError> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(unusable(&prefix_of(prefix, &name.to_string_lossy()), "its name is not UTF-8"));
        };
        let path = prefix_of(prefix, name);
        check_path(&path)?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list_directory(&entry.path(), &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        } else if kind.is_symlink() {
            return Err(unusable(&path, "it is a symbolic link: replace it by what it points to"));
        } else {
            return Err(unusable(&path, "it is neither a file nor a directory"));
        }
    }
    Ok(())
}

fn prefix_of(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

/// Returns an error unless a relative path names a file inside of its directory, in every store.
pub(crate) fn check_path(path: &str) -> Result<(), StorageError> {
    let reason = path.split('/').find_map(|name| match name {
        "" => Some("it has an empty name in it"),
        "." => Some("it has the name `.` in it"),
        ".." => Some("it leaves its directory"),
        _ => None,
    });
    if let Some(reason) = reason {
        return Err(unusable(path, reason));
    }
    if path.chars().any(char::is_control) {
        return Err(unusable(path, "its name has control characters"));
    }
    Ok(())
}

/// Creates a directory, if it does not exist. A store has none.
pub(crate) fn create_directory(location: &Location) -> Result<(), StorageError> {
    match location {
        Location::File(path) => Ok(fs::create_dir_all(path)?),
        #[cfg(feature = "cluster")]
        Location::Object(_) => Ok(()),
    }
}

/// Removes a directory with all files in it, as far as possible.
pub(crate) fn delete_all(location: &Location) {
    match location {
        Location::File(path) => drop(fs::remove_dir_all(path)),
        #[cfg(feature = "cluster")]
        Location::Object(object) => {
            for path in objects::list(object).unwrap_or_default() {
                let _ = objects::delete(&object.child(&path));
            }
        }
    }
}

/// Returns the error of writing in the directory of the run, with a hint if the disk is full.
pub(crate) fn write_error(error: io::Error) -> StorageError {
    let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let hint =
        is_full.then(|| "free space on the disk, or set `TMPDIR` to a directory on another disk".to_owned());
    StorageError { hint, ..error.into() }
}

/// Returns an error for a path that the store cannot keep.
pub(super) fn unusable(path: &str, reason: &str) -> StorageError {
    StorageError {
        message: format!("`{}` cannot be used: {reason}", sealkit_names::escape(path)),
        hint: None,
    }
}

/// Returns the size of a regular file. Opening anything else may wait forever.
pub(crate) fn require_file(path: &Path) -> Result<u64, StorageError> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    let reason = if metadata.is_dir() { "it is a directory: use `Dir`" } else { "it is not a regular file" };
    Err(io::Error::other(reason).into())
}

/// Checks that a path is that of a directory that can be listed.
pub(crate) fn require_directory(path: &Path) -> Result<(), StorageError> {
    if fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is a file: use `File`").into());
    }
    fs::read_dir(path)?;
    Ok(())
}
