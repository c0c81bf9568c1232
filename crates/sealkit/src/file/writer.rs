//! Writing the content of a file.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use tempfile::NamedTempFile;

use super::{File, paths::cannot_store, place::Place, upload::Uploader};
use crate::{
    Context, Result,
    error::Error,
    storage::{Location, write_error},
};

/// A new [`File`] that is being written. [`FileWriter::finish`] stores it; dropping the writer discards it.
///
/// # Examples
///
/// ```
/// use std::io::Write as _;
///
/// use sealkit::{ErrorKind, File, current_context, task, testing::TestSecrets};
///
/// #[task]
/// fn squares() -> anyhow::Result<File> {
///     let mut file = File::create("squares.csv")?;
///     for n in 0..1000 {
///         writeln!(file, "{n},{}", n * n)?;
///     }
///     Ok(file.finish()?)
/// }
///
/// assert!(squares()?.text()?.ends_with("999,998001\n"));
///
/// #[task(secret_requests = [Secret(key = "token")])]
/// fn leaking() -> sealkit::Result<File> {
///     let mut file = File::create("config.toml")?;
///     let token = current_context().secrets().get("token")?;
///     writeln!(file, "token = {:?}", token.expose()).map_err(sealkit::Error::other)?;
///     file.finish()
/// }
///
/// let error = TestSecrets::new().with("token", "k3Jq-71xT/w").run(leaking).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Leak);
/// # anyhow::Ok(())
/// ```
#[derive(Debug)]
pub struct FileWriter {
    name: String,
    content: BufWriter<NamedTempFile>,
    place: Place,
    context: Context,
}

impl FileWriter {
    pub(super) fn create(of: Context, name: &str) -> Result<Self> {
        let place = Place::new(&of)?;
        let file = match &place.location {
            Location::File(directory) => {
                fs::create_dir_all(directory).and_then(|()| NamedTempFile::new_in(directory))
            }
            #[cfg(feature = "cluster")]
            Location::Object(_) => NamedTempFile::new(),
        };
        let content = BufWriter::with_capacity(64 * 1024, file.map_err(|error| cannot_write(name, error))?);
        Ok(Self { name: name.to_owned(), content, place, context: of })
    }

    /// Stores the file.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Leak`](crate::ErrorKind::Leak) if the name or the content has a secret of the task, and of kind
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be stored.
    pub fn finish(self) -> Result<File> {
        let Self { name, content, place, context } = self;
        let cannot = |error| cannot_write(&name, error);
        let content = content.into_inner().map_err(|error| cannot(error.into_error()))?;
        let uploader = Uploader::new(&context);
        let location = place.location.child(&name);
        match &location {
            // It is there already, under another name.
            Location::File(path) => {
                uploader.check_file(content.as_file(), &name)?;
                content.persist(path).map_err(|error| cannot(error.error))?;
            }
            #[cfg(feature = "cluster")]
            Location::Object(_) => uploader.copy(content.path(), &name, &location)?,
        }
        Ok(File::of(place.reference(&location)))
    }
}

impl Write for FileWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.content.write(data).map_err(|error| self.failed(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush().map_err(|error| self.failed(error))
    }
}

impl FileWriter {
    /// Returns the error of a stream, which names the file of the task instead of a temporary one.
    fn failed(&self, error: io::Error) -> io::Error {
        let (kind, error) = (error.kind(), cannot_write(&self.name, error));
        if let Some(frame) = self.context.frame() {
            frame.record_error(&error);
        }
        io::Error::new(kind, error)
    }
}

/// Returns the error of storing the file `name`.
fn cannot_write(name: &str, error: io::Error) -> Error {
    cannot_store("file", Path::new(name), write_error(error))
}
