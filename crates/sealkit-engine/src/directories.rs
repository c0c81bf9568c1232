//! The directories of a run.

use std::path::Path;

use sealkit_process::RunDirectory;
use sealkit_program::{Error, Result, Task};

use crate::engine::Engine;

impl Engine {
    /// Returns the directory of the files that tasks store, if they have files as inputs or outputs, or may be tried again.
    pub fn data(&self) -> Option<&Path> {
        self.data.get().map(RunDirectory::path)
    }

    /// Returns the directory of the files that `task` stores. The next attempt may get a file as the result of a step.
    pub(crate) fn data_of(&self, task: &Task) -> Option<&Path> {
        if task.retries > 0
            && self.data.get().is_none()
            && let Ok(data) = for_files()
        {
            // Another pod may have set it.
            let _ = self.data.set(data);
        }
        self.data()
    }

    /// Removes the files that tasks have stored.
    pub fn remove_data(&self) {
        if let Some(data) = self.data.get() {
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
