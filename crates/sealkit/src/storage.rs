//! The files that a pod reads and writes: on this machine, or objects in an object store.
//!
//! A pod reads its inputs and writes its outputs as a whole. Flyte passes their URIs. The files of tasks are streams.

#[cfg(feature = "cluster")]
mod client;
#[cfg(feature = "cluster")]
mod error;
#[cfg(feature = "cluster")]
mod objects;
#[cfg(feature = "cluster")]
mod settings;
mod stream;
#[cfg(feature = "cluster")]
mod transfer;

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

pub(crate) use self::stream::{
    Content, Upload, check_path, create_directory, delete_all, len, list, require_directory, require_file,
    write_error,
};

/// The schemes of object URIs that Flyte's SDK and its official Rust worker accept.
const SCHEMES: [&str; 7] = ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"];

/// The location of a file or an object.
#[derive(Clone)]
pub(crate) enum Location {
    /// A file on this machine.
    File(PathBuf),
    /// An object in an object store.
    #[cfg(feature = "cluster")]
    Object(objects::Object),
}

/// The error of reading or writing a file or an object.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct StorageError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Location {
    /// Parses a URI or an absolute path.
    pub(crate) fn parse(uri: &str) -> Result<Self, StorageError> {
        let path = uri.strip_prefix("file://").unwrap_or(uri);
        if path.starts_with('/') {
            return Ok(Self::File(path.into()));
        }
        match uri.split_once("://") {
            Some((scheme, rest)) if SCHEMES.contains(&scheme) => Self::object(uri, scheme, rest),
            _ => {
                let hint = format!("use `file:///path`, an absolute path, or one of {}", schemes());
                let message = format!("unsupported URI `{}`", sealkit_names::escape(uri));
                Err(StorageError { message, hint: Some(hint) })
            }
        }
    }

    #[cfg(feature = "cluster")]
    fn object(uri: &str, scheme: &str, rest: &str) -> Result<Self, StorageError> {
        let object = objects::Object::open(uri, scheme, rest, std::env::vars_os());
        object.map(Self::Object).map_err(|error| StorageError {
            message: format!("cannot use `{}`: {}", sealkit_names::escape(uri), error.message),
            ..error
        })
    }

    #[cfg(not(feature = "cluster"))]
    fn object(uri: &str, _: &str, _: &str) -> Result<Self, StorageError> {
        let hint = "enable object stores: sealkit = { version = \"…\", features = [\"cluster\"] }";
        let message = format!(
            "cannot use `{}`: this program was built without the feature `cluster`",
            sealkit_names::escape(uri)
        );
        Err(StorageError { message, hint: Some(hint.to_owned()) })
    }

    /// Returns the location of `name` in this directory.
    pub(crate) fn join(&self, name: &str) -> Self {
        match self {
            Self::File(directory) => Self::File(directory.join(name)),
            #[cfg(feature = "cluster")]
            Self::Object(object) => Self::Object(object.join(name)),
        }
    }

    /// Returns the location of a file in this directory. `path` has `/` between names.
    pub(crate) fn child(&self, path: &str) -> Self {
        match self {
            Self::File(directory) => Self::File(directory.join(path)),
            #[cfg(feature = "cluster")]
            Self::Object(object) => Self::Object(object.child(path)),
        }
    }

    /// Returns the absolute path, or the URI of an object.
    pub(crate) fn uri(&self) -> String {
        match self {
            Self::File(path) => path.to_string_lossy().into_owned(),
            #[cfg(feature = "cluster")]
            Self::Object(object) => object.uri.clone(),
        }
    }
}

/// The path or the escaped URI.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "cluster")]
            Self::Object(object) => f.write_str(&sealkit_names::escape(&object.uri)),
        }
    }
}

/// As it is displayed.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of a stream that was made from a storage error is that error again.
impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> Self {
        error
            .downcast()
            .unwrap_or_else(|error| Self { message: sealkit_names::io_reason(&error), hint: None })
    }
}

/// Reads the whole file.
///
/// # Errors
///
/// Returns an error if the file cannot be read or has more than `limit` bytes.
pub(crate) fn read(location: &Location, limit: u64) -> Result<Vec<u8>, StorageError> {
    match location {
        Location::File(path) => content(File::open(path)?, limit),
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::read(object, limit),
    }
}

/// Reads the whole file, or returns `None` if it does not exist.
///
/// # Errors
///
/// Returns an error if the file cannot be read or has more than `limit` bytes.
#[cfg(feature = "cluster")]
pub(crate) fn read_if_exists(location: &Location, limit: u64) -> Result<Option<Vec<u8>>, StorageError> {
    match location {
        Location::File(path) => match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => content(file?, limit).map(Some),
        },
        Location::Object(object) => objects::read_if_exists(object, limit),
    }
}

fn content(file: File, limit: u64) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    let size = file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if size as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Writes the file atomically: readers never see a part of it.
pub(crate) fn write(location: &Location, content: &[u8]) -> Result<(), StorageError> {
    match location {
        Location::File(path) => {
            let directory = path.parent().unwrap_or(path);
            fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(content)?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        }
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::write(object, content),
    }
}

/// Deletes the file, if it exists.
pub(crate) fn delete(location: &Location) -> Result<(), StorageError> {
    match location {
        Location::File(path) => match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        },
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::delete(object),
    }
}

fn too_large(limit: u64) -> StorageError {
    StorageError { message: format!("larger than {} MiB", limit >> 20), hint: None }
}

fn schemes() -> String {
    SCHEMES.map(|scheme| format!("`{scheme}://`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_and_file_uris_are_files_on_this_machine() {
        for (uri, path) in [("/a/b", "/a/b"), ("file:///a b/c", "/a b/c")] {
            assert_eq!(Location::parse(uri).ok().map(|location| location.to_string()).as_deref(), Some(path));
        }
        for uri in ["a/b", "file://host/a", "http://host/a", "wasb://c@a/b", "s3:/b/k", ""] {
            let message = Location::parse(uri).err().map(|error| error.message).unwrap_or_default();
            assert_eq!(message, format!("unsupported URI `{uri}`"));
        }
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = Location::parse(directory.path().to_str().unwrap()).unwrap_or_else(|_| unreachable!());
        let file = file.join("sub").join("file");
        write(&file, &vec![7; 1 << 20]).unwrap();
        assert_eq!(read(&file, 1 << 20).unwrap().len(), 1 << 20);
        write(&file, &vec![7; (1 << 20) + 1]).unwrap();
        assert_eq!(read(&file, 1 << 20).unwrap_err().message, "larger than 1 MiB");
    }

    #[cfg(not(feature = "cluster"))]
    #[test]
    fn a_program_without_object_stores_names_the_feature() {
        let error = Location::parse("s3://bucket/inputs.pb").err().unwrap();
        assert_eq!(
            error.message,
            "cannot use `s3://bucket/inputs.pb`: this program was built without the feature `cluster`"
        );
        assert!(error.hint.unwrap().contains("features = [\"cluster\"]"));
    }
}
