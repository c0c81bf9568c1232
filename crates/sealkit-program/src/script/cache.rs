//! The files of scripts in the cache directory of the user.

use std::{
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, symlink},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// The directory of one script: its package and its program. It is private to the user, and can be deleted at any time.
#[derive(Debug)]
pub(crate) struct ScriptDirectory {
    path: PathBuf,
    build_directory: PathBuf,
}

impl ScriptDirectory {
    /// Creates the directory of the script with this canonical path.
    ///
    /// # Errors
    ///
    /// Returns an error if the cache directory is unknown or cannot be written.
    pub(crate) fn create(script: &Path) -> Result<Self> {
        let base = etcetera::base_strategy::Xdg::new().map_err(|_| {
            Error::usage("the home directory is unknown").with_hint("set HOME to your home directory")
        })?;
        let cache = base.cache_dir().join("sealkit");
        let stem = script.file_stem().unwrap_or_default().to_string_lossy();
        let path = cache.join("scripts").join(format!("{stem:.48}-{}", id(script)));
        create_private(&path).map_err(|error| cannot_write(&cache, error))?;
        Ok(Self { path, build_directory: cache.join("target") })
    }

    /// Returns the path of the manifest.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.path.join("Cargo.toml")
    }

    /// Returns the directory of the built program.
    pub(crate) fn target(&self) -> PathBuf {
        self.path.join("target")
    }

    /// Returns the directory of everything else that is compiled, which all scripts share.
    pub(crate) fn build_directory(&self) -> &Path {
        &self.build_directory
    }

    /// Writes the manifest, and for the first time the lock file.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be written.
    pub(crate) fn write_manifest(&self, manifest: &str, initial_lock_file: &Path) -> Result<()> {
        let lock_file = self.path.join("Cargo.lock");
        if !lock_file.exists()
            && let Ok(text) = fs::read_to_string(initial_lock_file)
        {
            self.write(&lock_file, &text)?;
        }
        self.write(&self.manifest(), manifest)
    }

    /// Writes a copy of the script, beside links to all other files of the script's directory: so `mod` and `include_str!` find them.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be written.
    pub(crate) fn write_copy(&self, script: &Path, text: &str) -> Result<PathBuf> {
        let directory = self.path.join(COPY_DIRECTORY);
        create_private(&directory).map_err(|error| cannot_write(&directory, error))?;
        let copy = directory.join(script.file_name().unwrap_or_default());
        self.write(&copy, text)?;
        let siblings = script.parent().map(fs::read_dir).and_then(io::Result::ok);
        for sibling in siblings.into_iter().flatten().flatten() {
            // A link that exists already leads to the same path.
            let _ = symlink(sibling.path(), directory.join(sibling.file_name()));
        }
        Ok(copy)
    }

    /// Replaces a file atomically. An unchanged file keeps its modification time.
    fn write(&self, path: &Path, text: &str) -> Result<()> {
        if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        let write = || {
            let mut file = NamedTempFile::new_in(&self.path)?;
            file.write_all(text.as_bytes())?;
            file.persist(path).map(drop).map_err(io::Error::from)
        };
        write().map_err(|error| cannot_write(path, error))
    }
}

/// Returns a name that differs between scripts, from their canonical paths. A collision would only make two scripts compile each
/// time: every file is compared before a build.
pub(crate) fn id(script: &Path) -> String {
    let mut hash = DefaultHasher::new();
    script.hash(&mut hash);
    format!("{:016x}", hash.finish())
}

/// The directory of the copy, relative to that of the manifest.
pub(crate) const COPY_DIRECTORY: &str = "source";

fn create_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot write `{}`", path.display()), error)
        .with_hint("set XDG_CACHE_HOME to a directory that you can write to")
}
