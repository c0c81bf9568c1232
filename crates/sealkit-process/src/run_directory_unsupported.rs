//! The directory of a run where there are no locks: that of a killed run stays.

use std::{fs, io, path::Path};

use tempfile::TempDir;

/// The directory of one run.
#[derive(Debug)]
pub struct RunDirectory(TempDir);

impl RunDirectory {
    /// Creates a directory for secrets.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory for temporary files is not writable.
    pub fn in_memory() -> io::Result<Self> {
        Self::on_disk()
    }

    /// Creates a directory for data.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory for temporary files is not writable.
    pub fn on_disk() -> io::Result<Self> {
        tempfile::Builder::new().prefix("sealkit-").tempdir().map(Self)
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns whether the directory is on an in-memory file system.
    pub fn is_in_memory(&self) -> bool {
        false
    }

    /// Removes the directory.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(self.path());
    }
}

/// Removes nothing.
pub fn remove_stale_run_directories() {}
