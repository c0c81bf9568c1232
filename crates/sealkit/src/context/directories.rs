//! The directories of a call.

use std::{
    env, fs, io,
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

/// Creates a private directory for secret files, in memory where possible.
pub(super) fn for_secret_files() -> io::Result<TempDir> {
    let create = |parent: &Path| tempfile::Builder::new().prefix("sealkit-").tempdir_in(parent);
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let candidates = runtime.into_iter().chain([PathBuf::from("/dev/shm")]);
    let in_memory = candidates.filter(|path| path.is_absolute()).find_map(|path| create(&path).ok());
    in_memory.map_or_else(|| create(&env::temp_dir()), Ok)
}
