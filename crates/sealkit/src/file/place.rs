//! Where the files of tasks are stored.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use sealkit_process::RunDirectory;

use super::paths::io_error;
use crate::{
    Context, Reference, Result, Session,
    error::{Error, ErrorKind},
    storage::Location,
};

/// The directory or prefix for the files of this pod. It is unset in a process that is no pod.
static OF_POD: OnceLock<Option<String>> = OnceLock::new();

/// Sets the directory or prefix for the files of this pod, from its arguments.
pub(crate) fn set(uri: Option<&str>) {
    let _ = OF_POD.set(uri.map(str::to_owned));
}

/// Returns whether this process is a pod.
pub(super) fn is_pod() -> bool {
    OF_POD.get().is_some()
}

/// A new, empty directory or prefix for one file or directory, with a random name of 32 hexadecimal digits as in Flyte's SDK.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) location: Location,
    /// The directory of the run, if it is removed with the last reference to it.
    pub(super) directory: Option<Arc<RunDirectory>>,
}

impl Place {
    pub(super) fn new(context: &Context) -> Result<Self> {
        let name = random_name();
        if let Some(Some(uri)) = OF_POD.get() {
            let parsed = Location::parse(uri).map_err(|error| io_error("cannot store files", error))?;
            return Ok(Self { location: parsed.child(&name), directory: None });
        }
        let session = context.frame().map_or_else(Session::of_program, |frame| frame.session().clone());
        let directory = session.directory()?;
        Ok(Self { location: Location::File(directory.path().join(name)), directory: Some(directory) })
    }

    /// Returns a reference to what was stored at `location`, which is in this place.
    pub(super) fn reference(self, location: &Location) -> Reference {
        Reference::new(location.uri()).with_directory(self.directory)
    }
}

fn random_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let seed = (std::process::id(), SystemTime::now(), COUNT.fetch_add(1, Ordering::Relaxed));
    let [high, low] = [(); 2].map(|()| RandomState::new().hash_one(seed));
    format!("{high:016x}{low:016x}")
}

impl Session {
    /// Returns the directory for the files of tasks that run in this process.
    fn directory(&self) -> Result<Arc<RunDirectory>> {
        let created = self.run_directory().get_or_try_init(|| RunDirectory::on_disk().map(Arc::new));
        created.cloned().map_err(|error| {
            Error::new(ErrorKind::Io, "cannot create a directory for the files of tasks")
                .with_source(error)
                .with_hint("make $TMPDIR or /var/tmp writable")
        })
    }
}
