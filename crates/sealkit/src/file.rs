//! Files and directories as inputs and outputs of tasks.

#[cfg_attr(not(feature = "archives"), path = "file/no_archive.rs")]
mod archive;
mod dir;
mod format;
#[cfg(feature = "hash")]
mod hash;
mod paths;
mod place;
mod reader;
mod reference;
mod scan;
mod upload;
mod writer;

use std::{
    io::{self, Write as _},
    marker::PhantomData,
    path::{Path, PathBuf},
};

pub(crate) use self::place::set as set_place;
pub use self::{
    dir::Dir,
    format::{AnyFormat, FileFormat},
    reader::FileReader,
    writer::FileWriter,
};
use self::{
    paths::{cannot_store, copy_to, download_directory, io_error, location_of, read_all, utf8},
    reference::reference_type,
    upload::Uploader,
};
use crate::{
    Reference, Result, current_context,
    error::{Error, ErrorKind},
    storage::{self, Content, Location, StorageError},
};

/// A file: where its content is, its format and its hash.
///
/// A task makes one with [`from_path`](File::from_path), [`from_bytes`](File::from_bytes) or [`create`](File::create), and returns it or
/// passes it to another task. That task reads it with [`download`](File::download), [`open`](File::open), [`bytes`](File::bytes) or
/// [`text`](File::text).
///
/// | the task runs | the content is stored |
/// |---|---|
/// | in `sealkit run` | in a directory of the run, in `$TMPDIR` or `/var/tmp`. `sealkit run --outputs DIR` copies the files of the output |
/// | on a cluster | below the raw data path of Flyte, in its object store |
/// | in the process of its caller | in a directory that is removed with the session and the last `File` in it |
///
/// **A file with a secret is not stored.** While it is copied, it is searched for the secrets of the task, in plain text and in the
/// encodings of the guard, also inside of gzip, zstd and zip; then the call fails with [`ErrorKind::Leak`]. The guide says
/// [what is found](crate::_documentation::redaction).
///
/// It is a blob in Flyte, equal to a `File` of the Python SDK with the same URI, format and hash. These calls block the thread; in an
/// async task, use `tokio::task::spawn_blocking` with [`in_current_context`](crate::in_current_context()) for large files.
///
/// # Examples
///
/// ```
/// use std::fs;
///
/// use sealkit::{ErrorKind, File, current_context, task, testing::TestSecrets};
///
/// #[task]
/// fn write() -> sealkit::Result<File> {
///     let path = current_context().working_directory()?.join("rows.csv");
///     fs::write(&path, "a,b\n1,2\n").map_err(sealkit::Error::other)?;
///     File::from_path(path)
/// }
///
/// #[task]
/// fn count(rows: File) -> sealkit::Result<usize> {
///     let path = rows.download()?;
///     Ok(fs::read_to_string(path).map_err(sealkit::Error::other)?.lines().count())
/// }
///
/// assert_eq!(count(write()?)?, 2);
///
/// #[task(secret_requests = [Secret(key = "token")])]
/// fn leak() -> sealkit::Result<File> {
///     let token = current_context().secrets().get("token")?;
///     File::from_bytes("config.toml", format!("token = {:?}", token.expose()))
/// }
///
/// let error = TestSecrets::new().with("token", "k3Jq-71xT/w").run(leak).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Leak);
/// # Ok::<(), sealkit::Error>(())
/// ```
pub struct File<F = AnyFormat> {
    reference: Reference,
    format: PhantomData<fn() -> F>,
}

impl File {
    /// Creates a file from a path or URI, such as `s3://bucket/rows.csv`. It copies and checks nothing.
    pub fn new(uri: impl Into<String>) -> Self {
        Self::of(Reference::new(uri))
    }

    /// Stores a copy of the file at `path`. Outside a task it refers to the file itself.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Leak`](ErrorKind::Leak) if the name or the content has a secret of the task, and of kind
    /// [`Io`](ErrorKind::Io) if `path` is not a regular file, changes while it is read, or cannot be stored.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let (path, context) = (path.as_ref(), current_context());
        let cannot = |error| cannot_store("file", path, error);
        storage::require_file(path).map_err(cannot)?;
        if context.task().is_none() {
            let path = std::path::absolute(path).map_err(|error| cannot(error.into()))?;
            return Ok(Self::new(utf8(&path)?));
        }
        let name = path.file_name().unwrap_or_default().to_str();
        let name = name.ok_or_else(|| cannot(io::Error::other("its name is not UTF-8").into()))?;
        storage::check_path(name).map_err(cannot)?;
        Uploader::new(&context).file(path, name)
    }

    /// Stores a file with this name and content.
    ///
    /// # Errors
    ///
    /// As those of [`FileWriter::finish`].
    pub fn from_bytes(name: &str, content: impl AsRef<[u8]>) -> Result<Self> {
        let mut file = Self::create(name)?;
        file.write_all(content.as_ref()).map_err(|error| error.downcast().unwrap_or_else(Error::other))?;
        file.finish()
    }

    /// Creates a file with this name, to be written as a stream.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if `name` is not the name of a file, or if there is no place for it.
    pub fn create(name: &str) -> Result<FileWriter> {
        let reason = match name {
            "" => Some("it is empty"),
            "." | ".." => Some("it is a directory"),
            path => path.contains('/').then_some("it contains `/`"),
        };
        if let Some(reason) = reason {
            let name = sealkit_names::escape(name);
            return Err(Error::new(ErrorKind::Io, format!("`{name}` is not the name of a file: {reason}")));
        }
        storage::check_path(name).map_err(|error| io_error("cannot create a file", error))?;
        FileWriter::create(current_context(), name)
    }
}

impl<F> File<F> {
    /// Returns the number of bytes.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if there is no such file.
    pub fn len(&self) -> Result<u64> {
        storage::len(&self.location()?).map_err(|error| self.cannot_read(error))
    }

    /// Returns whether the file has no bytes.
    ///
    /// # Errors
    ///
    /// As those of [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Opens the content as a stream, to be read with [`std::io::Read`] or `tokio::io::AsyncRead`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if there is no such file. An object of a store is only looked for by the first read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{BufRead as _, BufReader};
    ///
    /// use sealkit::File;
    ///
    /// let file = File::from_bytes("rows.csv", "a,b\n1,2\n")?;
    /// assert_eq!(BufReader::new(file.open()?).lines().count(), 2);
    /// # #[cfg(feature = "tokio")]
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let mut reader = file.open()?;
    /// assert_eq!(tokio::io::copy(&mut reader, &mut tokio::io::sink()).await.unwrap(), 8);
    /// # Ok::<(), sealkit::Error>(())
    /// # })?;
    ///
    /// let error = File::new("/nonexistent/rows.csv").open().unwrap_err();
    /// assert_eq!(error.to_string(), "cannot read the file `/nonexistent/rows.csv`: No such file or directory");
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn open(&self) -> Result<FileReader> {
        Content::open(&self.location()?).map(FileReader::new).map_err(|error| self.cannot_read(error))
    }

    /// Returns the whole content.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if the file cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let (location, mut bytes) = (self.location()?, Vec::new());
        let read = match Content::open(&location).map_err(|error| self.cannot_read(error))? {
            Content::File(mut file) => read_all(&mut file, &mut bytes),
            #[cfg(feature = "cluster")]
            object @ Content::Object(_) => io::copy(&mut FileReader::new(object), &mut bytes).map(drop),
        };
        read.map_err(|error| self.cannot_read(error.into()))?;
        Ok(bytes)
    }

    /// Returns the whole content as text.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if the file cannot be read or is not UTF-8.
    pub fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| {
            let error = self.cannot_read(io::Error::other("it is not UTF-8 text").into());
            error.with_hint("read it with `bytes()`")
        })
    }

    /// Copies the file into the working directory of the task, and returns the path of the copy. Each call makes another copy.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NoTask`](ErrorKind::NoTask) outside a task: see [`download_to`](Self::download_to). Returns an error of
    /// kind [`Io`](ErrorKind::Io) if the file cannot be copied; then no part of it is left.
    pub fn download(&self) -> Result<PathBuf> {
        let directory = download_directory()?;
        let path = directory.join(self.safe_name()?);
        self.download_to(&path)?;
        Ok(path)
    }

    /// Copies the file to `path`, and replaces a file there. The directory must exist.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](ErrorKind::Io) if the file cannot be copied; then `path` is as it was.
    pub fn download_to(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        copy_to(self, path).map_err(|error| {
            io_error(&format!("cannot copy the file `{}` to `{}`", self.shown(), path.display()), error)
        })
    }

    /// Returns the name, if it is that of a file.
    fn safe_name(&self) -> Result<&str> {
        storage::check_path(self.name()).map_err(|error| self.cannot_read(error))?;
        Ok(self.name())
    }

    fn location(&self) -> Result<Location> {
        location_of(&self.reference).map_err(|error| self.cannot_read(error))
    }

    fn shown(&self) -> String {
        sealkit_names::escape(self.uri())
    }

    fn cannot_read(&self, error: StorageError) -> Error {
        io_error(&format!("cannot read the file `{}`", self.shown()), error)
    }
}

reference_type!(File, "file");
