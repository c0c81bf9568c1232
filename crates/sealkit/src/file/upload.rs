//! Storing the files of tasks: they are searched for secrets while they are copied, and can be read only if none was found.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    thread,
};

use sealkit_guard::Guard;

use super::{
    File,
    paths::{cannot_store, io_error},
    place::{self, Place},
    scan::{Leak, Scan, scan},
};
use crate::{
    Context, Result, TaskMetadata,
    error::{Error, ErrorKind},
    known_secrets::KnownSecrets,
    storage::{self, Location, StorageError, Upload},
};

/// A smaller file is searched before it is copied, not at the same time: a thread would take longer.
const SMALL: u64 = 256 * 1024;

/// What is known about the task that stores files.
pub(super) struct Uploader<'c> {
    context: &'c Context,
    guard: Guard,
}

impl<'c> Uploader<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context, guard: guard(context) }
    }

    /// Stores a copy of the file at `source`.
    pub(super) fn file(&self, source: &Path, name: &str) -> Result<File> {
        let place = Place::new(self.context)?;
        let location = place.location.child(name);
        self.copy(source, name, &location)?;
        Ok(File::of(place.reference(&location)))
    }

    /// Copies the file at `source` to `location`. `name` is its name in errors.
    pub(super) fn copy(&self, source: &Path, name: &str, location: &Location) -> Result<()> {
        self.check_name(name)?;
        let cannot_open = |error| cannot_store("file", source, error);
        storage::require_file(source).map_err(cannot_open)?;
        let file = fs::File::open(source).map_err(|error| cannot_open(error.into()))?;
        let cannot = |error| cannot_store("file", Path::new(name), error);
        let before = version(&file).map_err(|error| cannot(error.into()))?;
        let mut upload = Upload::create(location).map_err(cannot)?;
        let scan = self.search_while(&file, before.0, || upload.copy_from(&file));
        // A file that became shorter is an error of the search, too.
        if version(&file).ok() != Some(before) {
            return Err(cannot(io::Error::other("it changed while it was read").into()));
        }
        self.check(name, scan.map_err(cannot)?)?;
        upload.finish().map_err(cannot)
    }

    /// Searches a file that is complete, such as that of a writer.
    pub(super) fn check_file(&self, file: &fs::File, name: &str) -> Result<()> {
        self.check_name(name)?;
        let scan = scan(&self.guard, file).map_err(|error| {
            io_error(&format!("cannot read the file `{}`", sealkit_names::escape(name)), error.into())
        })?;
        self.check(name, scan)
    }

    /// Does `work` while the file is searched.
    fn search_while(
        &self,
        file: &fs::File,
        size: u64,
        work: impl FnOnce() -> Result<(), StorageError>,
    ) -> Result<Scan, StorageError> {
        if size < SMALL || self.guard.is_empty() {
            let scan = scan(&self.guard, file)?;
            return work().map(|()| scan);
        }
        thread::scope(|threads| {
            let searching = thread::Builder::new().spawn_scoped(threads, || scan(&self.guard, file))?;
            let worked = work();
            let scan = searching.join().unwrap_or_else(|_| Err(io::Error::other("the search panicked")))?;
            worked.map(|()| scan)
        })
    }

    /// Returns an error if the name of a file contains a secret: it becomes a part of the URI.
    fn check_name(&self, name: &str) -> Result<()> {
        let findings = self.guard.check(name.as_bytes()).into_iter();
        let leaks = findings.map(|finding| Leak { finding, part: None }).collect();
        self.refuse("the name of a file", leaks)
    }

    fn check(&self, name: &str, scan: Scan) -> Result<()> {
        let file = format!("file `{}`", self.guard.redact_text(&sealkit_names::escape(name)));
        if let Some(reason) = scan.unsearched {
            // The task goes on: this is for the people who read its log.
            let task = self.task();
            let _ = writeln!(
                io::stderr(),
                "warning: {file} of task `{task}` was not searched completely: {reason}"
            );
        }
        self.refuse(&file, scan.leaks)
    }

    /// Returns an error if there are leaks that the task does not allow.
    fn refuse(&self, what: &str, leaks: Vec<Leak>) -> Result<()> {
        let allowed = self.context.task().map(TaskMetadata::allowed_secrets).unwrap_or_default();
        let mut leaks = leaks.into_iter();
        let leak = leaks.find(|leak| !allowed.iter().any(|allowed| allowed.secret == leak.finding.name()));
        let Some(Leak { finding, part }) = leak else { return Ok(()) };
        let (task, name) = (self.task(), finding.name());
        let part = part.map(|part| format!("{part} ")).unwrap_or_default();
        let message = format!("{part}{what} of task `{task}` contains secret {finding}");
        let error = Error::new(ErrorKind::Leak, message).with_hint(format!(
            "store what was made with the secret, not the secret; to allow it, add to task `{task}`: \
             allow_secret_in(output = \"o0\", secret = {name:?}, because = \"...\")"
        ));
        if let Some(frame) = self.context.frame() {
            frame.record_error(&error);
        }
        Err(error)
    }

    fn task(&self) -> &'static str {
        self.context.task().map_or("", TaskMetadata::name)
    }
}

/// Returns a guard for the secrets of the task: in a pod all that it was given, elsewhere those that it has read.
fn guard(context: &Context) -> Guard {
    match context.frame() {
        Some(frame) if place::is_pod() => {
            if let Some(task) = frame.task {
                KnownSecrets::mounted(frame.session(), task);
            }
            frame.session().known_secrets().guard()
        }
        Some(frame) => frame.known_secrets.guard(),
        None => Guard::default(),
    }
}

/// Returns the size of a file and when it was changed.
fn version(file: &fs::File) -> io::Result<(u64, Option<std::time::SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}
