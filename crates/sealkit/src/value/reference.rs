//! References to files and directories.

use std::{fmt, sync::Arc};

use sealkit_idl::core::{Blob, BlobDimensionality};
use sealkit_process::RunDirectory;

/// The value of a [`File`](crate::File) or [`Dir`](crate::Dir): where its content is, its format and its hash.
///
/// Two references are equal if their URI, format and hash are equal.
///
/// # Examples
///
/// ```
/// use sealkit::{File, Reference, TaskType, Value};
///
/// let value = Value::Reference(Reference::new("s3://bucket/rows.csv").with_format("csv"));
/// assert_eq!(<File>::from_value(value)?.uri(), "s3://bucket/rows.csv");
///
/// let error = <File>::from_value(Value::Integer(5)).unwrap_err();
/// assert_eq!(error.to_string(), "expected a file, found an integer");
/// # Ok::<(), sealkit::ValueError>(())
/// ```
#[derive(Clone)]
pub struct Reference {
    uri: String,
    format: String,
    hash: Option<String>,
    /// Whether it is a directory, if that is known.
    is_dir: Option<bool>,
    /// The directory of the run that the content is in: it stays until the last reference is dropped.
    directory: Option<Arc<RunDirectory>>,
}

impl Reference {
    /// Creates a reference to a path or URI, without format and hash.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), format: String::new(), hash: None, is_dir: None, directory: None }
    }

    /// Reads a blob of Flyte. An empty hash is none.
    pub(crate) fn from_blob(blob: Blob, hash: String) -> Self {
        let r#type = blob.metadata.and_then(|metadata| metadata.r#type).unwrap_or_default();
        let is_dir = r#type.dimensionality() == BlobDimensionality::Multipart;
        let hash = Some(hash).filter(|hash| !hash.is_empty());
        Self { uri: blob.uri, format: r#type.format, hash, is_dir: Some(is_dir), directory: None }
    }

    /// Sets the format, such as `csv`.
    #[must_use]
    pub fn with_format(mut self, format: impl Into<String>) -> Self {
        self.format = format.into();
        self
    }

    /// Sets the format if there is none.
    pub(crate) fn with_default_format(mut self, format: &str) -> Self {
        if self.format.is_empty() {
            format.clone_into(&mut self.format);
        }
        self
    }

    /// Sets the hash, which may be any text: Flyte computes cache keys from it instead of the URI.
    #[must_use]
    pub fn with_hash(mut self, hash: impl Into<String>) -> Self {
        self.hash = Some(hash.into());
        self
    }

    /// Keeps the directory of the run until this reference is dropped.
    pub(crate) fn with_directory(mut self, directory: Option<Arc<RunDirectory>>) -> Self {
        self.directory = directory;
        self
    }

    /// Returns the path or the URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns the format. It is empty if there is none.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Returns the hash.
    pub fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// Returns whether it is a directory, if that is known.
    pub(crate) fn is_dir(&self) -> Option<bool> {
        self.is_dir
    }

    pub(crate) fn directory(&self) -> Option<&Arc<RunDirectory>> {
        self.directory.as_ref()
    }
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        (&self.uri, &self.format, &self.hash) == (&other.uri, &other.format, &other.hash)
    }
}

impl Eq for Reference {}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, format, hash, .. } = self;
        f.debug_struct("Reference").field("uri", uri).field("format", format).field("hash", hash).finish()
    }
}
