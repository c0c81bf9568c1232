//! Files outside of a store, which are written as a whole.

use std::{
    io,
    path::{Path, PathBuf},
};

use zeroize::Zeroize as _;

use super::{Directory, FileSystem as _, Operation, create_directories};
use crate::{
    cipher::random,
    error::{Error, ErrorKind, Result},
    file_system,
};

/// The beginning of the names of temporary files. 16 hexadecimal digits follow.
const TEMPORARY_PREFIX: &str = ".sealkit-";

/// Writes a private file, durably and as a whole. `rename` decides whether it may replace another one; `what` names it in errors.
///
/// # Errors
///
/// Returns [`ErrorKind::AlreadyExists`] if it may not.
pub(crate) fn write(
    path: &Path,
    what: &str,
    bytes: &[u8],
    rename: fn(PathBuf, PathBuf) -> Operation,
) -> Result<()> {
    let (parent, name) = split(path, what)?;
    if Directory::open_shared(parent)?.is_none() {
        create_directories(parent)?;
    }
    let directory = Directory::open_shared(parent)?
        .ok_or_else(|| Error::new(ErrorKind::Io, format!("`{}` was removed", parent.display())))?;
    let temporary = format!("{TEMPORARY_PREFIX}{}", base16ct::lower::encode_string(&random::<8>()?));
    let temporary = PathBuf::from(temporary);
    let mut operations = [
        Operation::WriteFile(temporary.clone(), bytes.to_vec()),
        Operation::SyncFile(temporary.clone()),
        rename(temporary.clone(), name.to_owned()),
        Operation::SyncDirectory("".into()),
    ];
    let result = operations.iter().try_for_each(|operation| directory.apply(operation));
    if let Operation::WriteFile(_, bytes) = &mut operations[0] {
        bytes.zeroize();
    }
    result.map_err(|error| {
        let _ = directory.apply(&Operation::RemoveFile(temporary));
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Error::new(
                ErrorKind::AlreadyExists,
                format!("{what} `{}` already exists", path.display()),
            );
        }
        let hint = file_system::hint(parent, &error);
        Error::io(format_args!("{what} `{}` cannot be written", path.display()), error)
            .with_optional_hint(hint)
    })
}

/// Removes the temporary files that crashed processes have left beside a file. One of them may be a link to an earlier version of it.
pub(crate) fn remove_temporary_files(path: &Path, what: &str) -> Result<()> {
    let (parent, _) = split(path, what)?;
    let Some(directory) = Directory::open_shared(parent)? else { return Ok(()) };
    for name in directory.file_names_with_prefix(Path::new(""), TEMPORARY_PREFIX, &mut Vec::new())? {
        if name.len() == TEMPORARY_PREFIX.len() + 16 {
            // Another process may have removed it.
            let _ = directory.apply(&Operation::RemoveFile(name.into()));
        }
    }
    Ok(())
}

/// Splits a path into the directory and the file name.
pub(crate) fn split<'p>(path: &'p Path, what: &str) -> Result<(&'p Path, &'p Path)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok((parent, Path::new(name))),
        _ => Err(Error::new(ErrorKind::Io, format!("`{}` is not a valid path for {what}", path.display()))),
    }
}
