//! What can go wrong, in words that say what to do next.

use std::{error::Error as StdError, fmt};

/// The result of everything in sealkit that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a secret could not be read, a value not be converted, or a task not be run.
///
/// The text names the secret, the task and every place that was asked, and never holds a secret's value.
/// [`Error::kind`] is for programs, [`Error::hint`] says what to type next.
///
/// ```
/// use sealkit::{ErrorKind, current_context};
///
/// let error = current_context().secrets().get("my_secret").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NoTask);
/// assert_eq!(error.to_string(), "secret `my_secret` was read outside a task");
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    hint: Option<String>,
    what: What,
}

#[derive(Debug, thiserror::Error)]
enum What {
    #[error("{message}")]
    Ours { message: String, source: Option<Box<dyn StdError + Send + Sync>> },
    #[error(transparent)]
    Theirs(Box<dyn StdError + Send + Sync>),
}

/// What kind of thing went wrong: a stable word for logs, metrics and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name that no secret may have.
    InvalidName,
    /// The task did not ask for this secret.
    Undeclared,
    /// The task asked for this key in several groups.
    Ambiguous,
    /// The task asked for this secret in another form.
    WrongMount,
    /// No provider has this secret.
    NotFound,
    /// A secret was read outside a task.
    NoTask,
    /// A value is not text.
    NotText,
    /// A secret or an output is larger than it may be.
    TooLarge,
    /// A provider is broken.
    Provider,
    /// The process is set up in a way that cannot work.
    Configuration,
    /// An input or output has the wrong type.
    InvalidValue,
    /// An output, or an input of a task that is called, holds a secret.
    Leak,
    /// A file or directory of our own could not be written.
    Io,
    /// A task's own failure.
    Other,
}

impl ErrorKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 14] = [
        Self::InvalidName,
        Self::Undeclared,
        Self::Ambiguous,
        Self::WrongMount,
        Self::NotFound,
        Self::NoTask,
        Self::NotText,
        Self::TooLarge,
        Self::Provider,
        Self::Configuration,
        Self::InvalidValue,
        Self::Leak,
        Self::Io,
        Self::Other,
    ];

    /// The word itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidName => "invalid_name",
            Self::Undeclared => "undeclared",
            Self::Ambiguous => "ambiguous",
            Self::WrongMount => "wrong_mount",
            Self::NotFound => "not_found",
            Self::NoTask => "no_task",
            Self::NotText => "not_text",
            Self::TooLarge => "too_large",
            Self::Provider => "provider",
            Self::Configuration => "configuration",
            Self::InvalidValue => "invalid_value",
            Self::Leak => "leak",
            Self::Io => "io",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, hint: None, what: What::Ours { message: message.into(), source: None } }))
    }

    /// A failure of a [`Provider`](crate::Provider): it is there, but it cannot answer.
    ///
    /// `message` must not hold a secret's value.
    pub fn provider(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Provider, message)
    }

    /// A task's own failure, for tasks that return [`sealkit::Result`](Result).
    ///
    /// ```
    /// fn rows() -> sealkit::Result<i64> {
    ///     "12 rows".parse().map_err(sealkit::Error::other)
    /// }
    ///
    /// assert_eq!(rows().unwrap_err().to_string(), "invalid digit found in string");
    /// ```
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner { kind: ErrorKind::Other, hint: None, what: What::Theirs(error.into()) }))
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the error that this one comes from.
    #[must_use]
    pub fn with_source(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let message = self.to_string();
        self.0.what = What::Ours { message, source: Some(cause.into()) };
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// The message; in the alternate form `{:#}`, also those of the errors that it comes from.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.what)?;
        if f.alternate() {
            let mut source = self.source();
            while let Some(error) = source {
                write!(f, ": {error}")?;
                source = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.what.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_word() {
        let mut words = ErrorKind::ALL.map(ErrorKind::as_str).to_vec();
        assert!(words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn a_foreign_error_keeps_its_text_and_its_sources() {
        let inner = Error::provider("the vault is sealed").with_source("no quorum");
        let error = Error::other(inner);
        assert_eq!(error.to_string(), "the vault is sealed");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no quorum"));
        assert_eq!(format!("{error:#}"), "the vault is sealed: no quorum");
    }
}
