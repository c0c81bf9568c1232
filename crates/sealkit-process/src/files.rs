//! Secrets that are mounted as files.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use sealkit_protocol::mounts::SecretVariable;

/// Writes a secret to the file that its name is the path of.
pub(crate) fn write(secret: &SecretVariable) -> io::Result<()> {
    let path = Path::new(&secret.name);
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?.write_all(&secret.value)
}
