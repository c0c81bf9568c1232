//! Secrets that are written to private files, because nothing has mounted them as files.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sealkit_names::Request;

use crate::{
    Result, SecretBytes,
    context::Frame,
    error::{Error, ErrorKind},
};

/// Writes the value to a file that only this user can read, and returns its path.
pub(crate) fn private_file(frame: &Frame, request: &Request<'_>, value: &SecretBytes) -> Result<PathBuf> {
    let directory = frame.secret_files()?.join(request.group.unwrap_or("_"));
    let path = directory.join(request.key);
    match fs::create_dir_all(&directory).and_then(|()| write_private(&directory, &path, value.expose())) {
        Ok(()) => Ok(path),
        // Written by an earlier read of the same call.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(path),
        Err(error) => {
            let message = format!("cannot write secret `{request}` to a private file");
            Err(Error::new(ErrorKind::Io, message).with_source(error))
        }
    }
}

/// Publishes the whole file at once: another thread of the task may already read it.
fn write_private(directory: &Path, path: &Path, value: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o400));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(value)?;
    file.persist_noclobber(path)?;
    Ok(())
}
