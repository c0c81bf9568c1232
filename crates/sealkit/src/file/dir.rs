//! Directories as inputs and outputs of tasks.

use std::{
    fs,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    AnyFormat, File,
    paths::{cannot_store, download_directory, io_error, location_of, utf8},
    place::Place,
    reference::reference_type,
    upload::Uploader,
};
use crate::{
    Reference, Result, current_context,
    error::Error,
    storage::{self, Location, StorageError},
};

/// How many files are copied at the same time.
const PARALLEL: usize = 8;

/// A directory of files.
///
/// It is stored and searched for secrets as a [`File`] is. It is a multipart blob in Flyte, equal to a `Dir` of the Python SDK with the
/// same URI, format and hash. Symbolic links, devices, names that are not UTF-8 and names with control characters are errors: not all
/// stores keep them.
///
/// # Examples
///
/// ```
/// use std::fs;
///
/// use sealkit::{Dir, current_context, task};
///
/// #[task]
/// fn report() -> anyhow::Result<Dir> {
///     let directory = current_context().working_directory()?.join("report");
///     fs::create_dir_all(directory.join("tables"))?;
///     fs::write(directory.join("index.html"), "<h1>Report</h1>")?;
///     fs::write(directory.join("tables/rows.csv"), "a,b\n")?;
///     Ok(Dir::from_path(directory)?)
/// }
///
/// let report = report()?;
/// assert_eq!(report.list()?, ["index.html", "tables/rows.csv"]);
/// assert_eq!(report.file("tables/rows.csv")?.text()?, "a,b\n");
///
/// let error = report.file("../rows.csv").unwrap_err();
/// assert!(error.to_string().contains("it leaves its directory"));
/// # anyhow::Ok(())
/// ```
pub struct Dir<F = AnyFormat> {
    reference: Reference,
    format: PhantomData<fn() -> F>,
}

impl Dir {
    /// Creates a directory from a path or URI, such as `s3://bucket/report`. It copies and checks nothing.
    pub fn new(uri: impl Into<String>) -> Self {
        Self::of(Reference::new(uri))
    }

    /// Stores a copy of all files in the directory at `path` and below. Outside a task it refers to the directory itself. Empty directories
    /// are left out.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Leak`](crate::ErrorKind::Leak) if the path or the content of a file has a secret of the task, and of kind
    /// [`Io`](crate::ErrorKind::Io) if a file cannot be stored. Then none of them is stored.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let (path, context) = (path.as_ref(), current_context());
        let cannot = |error| cannot_store("directory", path, error);
        let path = std::path::absolute(path).map_err(|error| cannot(error.into()))?;
        storage::require_directory(&path).map_err(cannot)?;
        if context.task().is_none() {
            return Ok(Self::new(utf8(&path)?));
        }
        let files = storage::list(&Location::File(path.clone())).map_err(cannot)?;
        let place = Place::new(&context)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let location = if name.is_empty() {
            place.location.clone()
        } else {
            storage::check_path(name).map_err(cannot)?;
            place.location.child(name)
        };
        let uploader = Uploader::new(&context);
        let store = |file: &String| uploader.copy(&path.join(file), file, &location.child(file));
        if let Err(error) = each(&files, store) {
            storage::delete_all(&place.location);
            return Err(error);
        }
        // There may be no files.
        storage::create_directory(&location).map_err(cannot)?;
        Ok(Self::of(place.reference(&location)))
    }
}

impl<F> Dir<F> {
    /// Returns the paths of all files in the directory and below, relative to it, with `/` between names, sorted.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](crate::ErrorKind::Io) if the directory cannot be listed, or if one of the paths leaves it or is not usable in
    /// every store.
    pub fn list(&self) -> Result<Vec<String>> {
        storage::list(&self.location()?).map_err(|error| self.cannot_read(error))
    }

    /// Returns the file at `path`, which is relative to the directory. Nothing is copied before the file is read.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](crate::ErrorKind::Io) if `path` leaves the directory.
    pub fn file(&self, path: &str) -> Result<File<F>> {
        storage::check_path(path).map_err(|error| self.cannot_read(error))?;
        let reference = Reference::new(self.location()?.child(path).uri()).with_format(self.format());
        Ok(File::of(reference.with_directory(self.reference.directory().cloned())))
    }

    /// Copies the directory into the working directory of the task, and returns the path of the copy. Each call makes another copy.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NoTask`](crate::ErrorKind::NoTask) outside a task: see [`download_to`](Self::download_to). Returns an error of
    /// kind [`Io`](crate::ErrorKind::Io) if a file cannot be copied.
    pub fn download(&self) -> Result<PathBuf> {
        let directory = download_directory()?;
        let name = self.name();
        storage::check_path(name).map_err(|error| self.cannot_read(error))?;
        let path = directory.join(name);
        self.download_to(&path)?;
        Ok(path)
    }

    /// Copies all files into the directory `path`, which is created if it does not exist. Files of the same names are replaced.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](crate::ErrorKind::Io) if a file cannot be copied. Others may have been copied.
    pub fn download_to(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let cannot = |error: std::io::Error| {
            io_error(&format!("cannot create the directory `{}`", path.display()), error.into())
        };
        let files = self.list()?;
        fs::create_dir_all(path).map_err(cannot)?;
        each(&files, |file| {
            let to = path.join(file);
            to.parent().map_or(Ok(()), fs::create_dir_all).map_err(cannot)?;
            self.file(file)?.download_to(to)
        })
    }

    fn location(&self) -> Result<Location> {
        location_of(&self.reference).map_err(|error| self.cannot_read(error))
    }

    fn cannot_read(&self, error: StorageError) -> Error {
        io_error(&format!("cannot read the directory `{}`", sealkit_names::escape(self.uri())), error)
    }
}

/// Does `work` for each item, for several at the same time. Returns the first error, after which no more work is started.
fn each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let run = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(item) {
                next.store(items.len(), Ordering::Relaxed);
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    thread::scope(|threads| {
        for _ in 1..PARALLEL.min(items.len()) {
            // Without another thread, this one does the work.
            let _ = thread::Builder::new().spawn_scoped(threads, run);
        }
        run();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

reference_type!(Dir, "directory");
