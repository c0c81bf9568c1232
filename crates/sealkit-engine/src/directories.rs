//! The directories of a run.

use std::path::Path;

use sealkit_process::RunDirectory;
use sealkit_program::{Error, Result, Task};

use crate::engine::Engine;

impl Engine {
    /// Returns the directory of the files that tasks store, if they have files as inputs or outputs.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_ref().map(RunDirectory::path)
    }

    /// Removes the files that tasks have stored.
    pub fn remove_data(&self) {
        if let Some(data) = &self.data {
            data.remove();
        }
    }
}

/// Removes the directories of runs whose process was killed.
pub fn remove_stale_run_directories() {
    sealkit_process::remove_stale_run_directories();
}

/// Creates the directory of secret files.
pub(crate) fn for_secrets() -> Result<RunDirectory> {
    RunDirectory::in_memory().map_err(|error| {
        Error::io("cannot create a private directory", error)
            .with_hint("make $XDG_RUNTIME_DIR, /dev/shm or $TMPDIR writable")
    })
}

/// Creates the directory of the files that tasks store.
pub(crate) fn for_files() -> Result<RunDirectory> {
    RunDirectory::on_disk().map_err(|error| {
        Error::io("cannot create a directory for the files of tasks", error)
            .with_hint("make $TMPDIR or /var/tmp writable")
    })
}

/// Returns whether any of the tasks has a file as an input or output.
pub(crate) fn has_files(tasks: &[Task]) -> bool {
    let interfaces = tasks.iter().map(|task| &task.interface);
    let mut variables = interfaces.flat_map(|interface| interface.inputs.iter().chain(&interface.outputs));
    variables.any(|variable| variable.r#type.has_file())
}

/// Returns whether files of these tasks outlive a pod: that of a step does, too, where there may be another attempt.
pub(crate) fn keep_files(tasks: &[Task]) -> bool {
    has_files(tasks) || tasks.iter().any(|task| task.retries > 0)
}
