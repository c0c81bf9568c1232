//! The state of a call of a task.

use std::{
    cell::Cell,
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
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) task: Option<&'static TaskMetadata>,
    /// Which call of this process it is, and which attempt.
    pub(super) call: CallNumber,
    /// See [`session`](Self::session). Most calls that read no secret need none.
    session: OnceCell<Session>,
    /// The secrets that this call has read.
    pub(crate) known_secrets: KnownSecrets,
    /// The results of steps, which all attempts share.
    pub(crate) steps: Option<Arc<Steps>>,
    /// What few calls need, so that the others stay small.
    extras: OnceCell<Box<Extras>>,
}

#[derive(Debug, Default)]
struct Extras {
    /// The errors of sealkit that this call and its calls have met, the latest last.
    errors: Mutex<Vec<Recorded>>,
    /// The number of steps of each name in this attempt.
    step_counts: Mutex<BTreeMap<String, u32>>,
    working_directory: OnceCell<WorkingDirectory>,
    secret_files: OnceCell<TempDir>,
}

thread_local! {
    /// The memory of a call that has ended, for the next one.
    static SPARE: Cell<Option<Arc<Frame>>> = const { Cell::new(None) };
}

impl Frame {
    pub(super) fn new(
        task: Option<&'static TaskMetadata>,
        call: CallNumber,
        steps: Option<Arc<Steps>>,
        session: OnceCell<Session>,
    ) -> Arc<Self> {
        let new = Self { task, call, session, steps, ..Self::default() };
        if let Some(mut frame) = SPARE.try_with(Cell::take).ok().flatten()
            && let Some(place) = Arc::get_mut(&mut frame)
        {
            *place = new;
            return frame;
        }
        Arc::new(new)
    }

    /// Drops what the call had, and keeps the memory for the next call, unless something still has the context.
    pub(super) fn end(mut frame: Arc<Self>) {
        if let Some(ended) = Arc::get_mut(&mut frame) {
            *ended = Self::default();
            let _ = SPARE.try_with(|spare| spare.set(Some(frame)));
        }
    }

    /// Returns the session that the call was made in, or that of the program, or else a new one.
    pub(crate) fn session(&self) -> &Session {
        self.session.get_or_init(Session::of_program)
    }

    fn extras(&self) -> &Extras {
        self.extras.get_or_init(Box::default)
    }

    /// Records that the task has read this value.
    pub(crate) fn record_secret(&self, secret: &'static Secret, value: &SecretBytes) {
        self.known_secrets.insert_shared(self.session().known_secrets().insert(secret, value.expose()));
    }

    /// Numbers the steps of a name, from 1.
    pub(crate) fn next_step(&self, name: &str) -> u32 {
        let mut counts = self.extras().step_counts.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut errors = self.extras().errors.lock().unwrap_or_else(PoisonError::into_inner);
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
        let Some(extras) = self.extras.get() else { return Vec::new() };
        extras.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the directory of the task's own files.
    pub(super) fn working_directory(&self) -> Result<&Path> {
        let directory = self.extras().working_directory.get_or_try_init(WorkingDirectory::create);
        directory.map(|directory| &*directory.path).map_err(|error| {
            Error::new(ErrorKind::Io, "cannot create a working directory").with_source(error)
        })
    }

    /// Returns a private directory for secret files that nothing has mounted, in memory where possible.
    pub(crate) fn secret_files(&self) -> Result<&Path> {
        let directory = self.extras().secret_files.get_or_try_init(directories::for_secret_files);
        directory.map(TempDir::path).map_err(|error| {
            Error::new(ErrorKind::Io, "cannot create a private directory for secret files").with_source(error)
        })
    }
}
