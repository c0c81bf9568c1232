//! The state of a call of a task.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use once_cell::sync::OnceCell;
use tempfile::TempDir;

use super::{
    CallNumber,
    directories::{self, WorkingDirectory},
};
use crate::{
    Result, Secret, SecretBytes, TaskMetadata,
    error::{Error, ErrorKind},
    known_secrets::KnownSecrets,
    session::Session,
    step::Steps,
    task_error::Recorded,
};

/// How many errors a call remembers.
const MAX_RECORDED_ERRORS: usize = 256;

/// The state of one call of a task, or of a session outside any task.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) task: Option<&'static TaskMetadata>,
    /// Which call of this process it is, and which attempt.
    pub(super) call: CallNumber,
    pub(crate) session: Session,
    /// The secrets that this call has read.
    pub(crate) known_secrets: KnownSecrets,
    /// The errors of sealkit that this call and its calls have met, the latest last.
    errors: Mutex<Vec<Recorded>>,
    /// The results of steps, which all attempts share.
    pub(crate) steps: Option<Arc<Steps>>,
    /// The number of steps of each name in this attempt.
    step_counts: Mutex<BTreeMap<String, u32>>,
    pub(super) working_directory: OnceCell<WorkingDirectory>,
    secret_files: OnceCell<TempDir>,
}

impl Frame {
    pub(super) fn new(
        task: Option<&'static TaskMetadata>,
        call: CallNumber,
        steps: Option<Arc<Steps>>,
        session: Session,
    ) -> Self {
        let (known_secrets, errors, step_counts) = Default::default();
        let (working_directory, secret_files) = Default::default();
        Self {
            task,
            call,
            session,
            known_secrets,
            errors,
            steps,
            step_counts,
            working_directory,
            secret_files,
        }
    }

    /// Records that the task has read this value.
    pub(crate) fn record_secret(&self, secret: &'static Secret, value: &SecretBytes) {
        self.known_secrets.insert_shared(self.session.known_secrets().insert(secret, value.expose()));
    }

    /// Numbers the steps of a name, from 1.
    pub(crate) fn next_step(&self, name: &str) -> u32 {
        let mut counts = self.step_counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Records an error of sealkit: the error type of the task may hide it.
    pub(crate) fn record_error(&self, error: &Error) {
        self.record_errors(vec![error.into()]);
    }

    /// Records the errors of a call that ran in this process: the caller may return the error of the call.
    pub(crate) fn adopt_errors(&self, call: &Self) {
        let errors = call.recorded_errors();
        if !errors.is_empty() {
            self.record_errors(errors);
        }
    }

    fn record_errors(&self, new: Vec<Recorded>) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        for error in new {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        let excess = errors.len().saturating_sub(MAX_RECORDED_ERRORS);
        errors.drain(..excess);
    }

    /// Returns the recorded errors.
    pub(crate) fn recorded_errors(&self) -> Vec<Recorded> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a private directory for secret files that nothing has mounted, in memory where possible.
    pub(crate) fn secret_files(&self) -> Result<&Path> {
        let directory = self.secret_files.get_or_try_init(directories::for_secret_files);
        directory.map(TempDir::path).map_err(|error| {
            Error::new(ErrorKind::Io, "cannot create a private directory for secret files").with_source(error)
        })
    }
}
