//! The results of steps, which outlive the attempts of an action. They are on disk: large ones need no memory.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use prost::Message as _;
use sealkit_idl::task::Outputs;
use sealkit_protocol::{
    call::Step,
    problem::{Code, Problem},
};

use crate::{
    actions::ActionState,
    engine::{Engine, lock},
};

/// The result of a step in a file, which is removed when this is dropped.
pub(crate) struct StepResult {
    path: PathBuf,
}

impl StepResult {
    /// Writes the result to a new file in `directory`.
    fn write(directory: &Path, result: &Outputs) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = directory.join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        // From here on, an error removes the file.
        let written = Self { path };
        file.write_all(&result.encode_to_vec())?;
        Ok(written)
    }
}

/// Reads a result that [`StepResult::write`] has written.
fn read(path: &Path) -> io::Result<Outputs> {
    Outputs::decode(&*fs::read(path)?).map_err(io::Error::from)
}

impl Drop for StepResult {
    fn drop(&mut self) {
        // What is left is removed with the directory of the run.
        let _ = fs::remove_file(&self.path);
    }
}

impl Engine {
    /// Records the result of a step of a pod, or returns the recorded one. `None` if the pod has exited.
    pub(crate) fn step(&self, pod: u64, Step { name, result, .. }: Step) -> Option<Result<Outputs, Problem>> {
        let (action, task) = self.live().get(&pod).map(|pod| (pod.action, pod.task.clone()))?;
        let Some(directory) = self.data().map(|data| data.join("steps")) else {
            // No attempt follows, unless the directory could not be created.
            let is_needed = result.is_some() && self.program.task(&task).is_ok_and(|task| task.retries > 0);
            let missing =
                || Problem::new(Code::Io, "there is no directory for it: make $TMPDIR or /var/tmp writable");
            return Some(if is_needed { Err(missing()) } else { Ok(Outputs::default()) });
        };
        let outputs = match result {
            Some(result) => StepResult::write(&directory, &result).map(|written| {
                lock(&self.actions).entry(action).or_default().steps.entry(name).or_insert(written);
                Outputs::default()
            }),
            None => {
                let recorded = |state: &ActionState| state.steps.get(&name).map(|step| step.path.clone());
                // Without the lock, the file is read.
                let path = lock(&self.actions).get(&action).and_then(recorded);
                path.map_or_else(|| Ok(Outputs::default()), |path| read(&path))
            }
        };
        Some(outputs.map_err(|error| {
            let reason = sealkit_names::io_reason(&error);
            Problem::new(Code::Io, format!("`{}`: {reason}", directory.display()))
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use sealkit_idl::task::NamedLiteral;

    use super::*;

    #[test]
    fn a_result_is_in_a_private_file_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let steps = directory.path().join("steps");
        let outputs = |name: &str| Outputs {
            literals: vec![NamedLiteral { name: name.to_owned(), ..NamedLiteral::default() }],
        };
        let first = StepResult::write(&steps, &outputs("o0")).unwrap();
        let second = StepResult::write(&steps, &outputs("o1")).unwrap();
        assert_eq!((read(&first.path).unwrap(), read(&second.path).unwrap()), (outputs("o0"), outputs("o1")));
        assert_eq!(fs::metadata(&first.path).unwrap().permissions().mode() & 0o777, 0o600);
        drop((first, second));
        assert_eq!(fs::read_dir(&steps).unwrap().count(), 0);
    }
}
