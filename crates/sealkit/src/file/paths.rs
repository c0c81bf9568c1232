//! Paths, URIs and copies of files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::File;
#[cfg(feature = "cluster")]
use super::FileReader;
use crate::{
    Reference, Result, Value, ValueError, current_context,
    error::{Error, ErrorKind},
    storage::{Content, Location, StorageError},
};

/// Copies a file so that `path` never has a part of it.
pub(super) fn copy_to<F>(file: &File<F>, path: &Path) -> Result<(), StorageError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut copy = tempfile::Builder::new();
    #[cfg(unix)]
    copy.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut copy = copy.tempfile_in(directory)?;
    match Content::open(&location_of(&file.reference)?)? {
        Content::File(mut content) => read_all(&mut content, copy.as_file_mut())?,
        #[cfg(feature = "cluster")]
        object @ Content::Object(_) => drop(io::copy(&mut FileReader::new(object), copy.as_file_mut())?),
    }
    copy.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Reads a file to its end. Fails if the file shrinks while it is read, because the result would mix two versions.
pub(super) fn read_all(file: &mut fs::File, to: &mut impl io::Write) -> io::Result<()> {
    let length = file.metadata()?.len();
    if io::copy(file, to)? < length {
        return Err(io::Error::other("it has changed while it was read"));
    }
    Ok(())
}

/// Returns a new directory in the working directory of the task.
pub(super) fn download_directory() -> Result<PathBuf> {
    let context = current_context();
    let parent = context.working_directory().map_err(|error| match error.kind() {
        ErrorKind::NoTask => error.with_hint("outside a task, use `download_to`"),
        _ => error,
    })?;
    let directory = tempfile::Builder::new().prefix("file-").tempdir_in(parent);
    directory
        .map(tempfile::TempDir::keep)
        .map_err(|error| io_error("cannot create a directory", error.into()))
}

/// Returns the location that a file or directory refers to. A relative path belongs to the current directory.
pub(super) fn location_of(reference: &Reference) -> Result<Location, StorageError> {
    let uri = reference.uri();
    if uri.contains("://") || uri.is_empty() {
        return Location::parse(uri);
    }
    Ok(Location::File(std::path::absolute(uri)?))
}

pub(super) fn last_name(uri: &str) -> &str {
    let path = uri.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

pub(super) fn utf8(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("cannot use `{}`: the path is not UTF-8", path.display()))
    })
}

/// Returns an error with the reason and the hint of the storage.
pub(super) fn io_error(message: &str, error: StorageError) -> Error {
    let StorageError { message: reason, hint } = error;
    let error = Error::new(ErrorKind::Io, format!("{message}: {reason}"));
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// Returns the error of storing what is at `path`, a `file` or a `directory`.
pub(super) fn cannot_store(what: &str, path: &Path, error: StorageError) -> Error {
    let path = path.to_string_lossy();
    let error = io_error(&format!("cannot store the {what} `{}`", sealkit_names::escape(&path)), error);
    if path.contains("://") {
        error.with_hint("refer to a URI with `File::new` or `Dir::new`")
    } else {
        error
    }
}

/// Returns the reference in `value`, which must be that of a `file` or a `directory`.
pub(super) fn reference_of(value: Value, expected: &str) -> Result<Reference, ValueError> {
    let found = match &value {
        Value::Reference(reference) => match reference.is_dir() {
            Some(true) => "directory",
            Some(false) => "file",
            None => expected,
        },
        _ => expected,
    };
    match value {
        Value::Reference(reference) if found == expected => Ok(reference),
        Value::Reference(_) => Err(ValueError::new(format!("expected a {expected}, found a {found}"))),
        Value::String(uri) => Ok(Reference::new(uri)),
        other => Err(ValueError::expected(&format!("a {expected}"), &other)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom};

    use super::*;

    #[test]
    fn a_file_that_has_become_shorter_is_not_read() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, b"content").unwrap();
        let (mut all, mut rest) = (Vec::new(), Vec::new());
        file.rewind().unwrap();
        read_all(&mut file, &mut all).unwrap();
        assert_eq!(all, b"content");
        // As if the rest had come out of a longer file.
        file.seek(SeekFrom::Start(3)).unwrap();
        let error = read_all(&mut file, &mut rest).unwrap_err();
        assert_eq!(error.to_string(), "it has changed while it was read");
    }
}
