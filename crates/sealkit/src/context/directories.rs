//! The directories of a call.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sealkit_process::RunDirectory;
use tempfile::TempDir;

/// The directory of a task's own files. If the process is killed, the next `sealkit` command removes it.
#[derive(Debug)]
pub(super) struct WorkingDirectory {
    pub(super) path: PathBuf,
    _parent: RunDirectory,
}

impl WorkingDirectory {
    pub(super) fn create() -> io::Result<Self> {
        let parent = RunDirectory::on_disk()?;
        let path = parent.path().join("work");
        fs::create_dir(&path)?;
        Ok(Self { path, _parent: parent })
    }
}

/// Creates a private directory for secret files.
pub(super) fn private_directory(parent: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("sealkit-").tempdir_in(parent)
}
