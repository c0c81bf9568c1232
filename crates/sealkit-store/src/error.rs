//! The error type of the store.

use std::{fmt, io, path::Path};

/// A [`Result`](std::result::Result) whose error is the store's [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a store operation.
///
/// A failed operation leaves the stored secrets unchanged. The message never contains a secret value. Programs match on
/// [`Error::kind`]; [`Error::hint`] tells the user how to fix the problem.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    #[source]
    source: Option<io::Error>,
}

/// The category of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name is invalid, or differs only in case from the name of another secret.
    InvalidName,
    /// The value is empty or larger than 1 MiB.
    InvalidValue,
    /// The secret does not exist in this scope.
    NotFound,
    /// The secret already exists.
    AlreadyExists,
    /// A file or directory is a symbolic link, belongs to another user, or is accessible to other users.
    NotPrivate,
    /// A file has the format of a later version, or does not belong to a store.
    UnknownFormat,
    /// A file is truncated, modified, or was moved from another secret or store.
    Corrupt,
    /// A version of a secret has two values: two machines have changed copies of the store, which were then merged.
    Conflict,
    /// The key is missing, invalid, belongs to another store, or its passphrase is missing or incorrect.
    Key,
    /// Another process has held the write lock for 10 seconds.
    Busy,
    /// A file system operation failed.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    pub(crate) fn io(failure: impl fmt::Display, source: io::Error) -> Self {
        let message = format!("{failure}: {}", sealkit_names::io_reason(&source));
        Self { kind: ErrorKind::Io, message, hint: None, source: Some(source) }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns whether the disk or the quota of the user is used up.
    pub(crate) fn is_out_of_space(&self) -> bool {
        self.source.as_ref().is_some_and(|error| {
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        })
    }

    #[must_use]
    pub(crate) fn with_optional_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Returns the category of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns a hint for the user on how to fix the problem.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Quotes a path for use in a shell command.
pub(crate) fn shell_quote(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_special_characters_are_quoted_for_the_shell() {
        assert_eq!(shell_quote(Path::new("/home/a/b-c.d")), "/home/a/b-c.d");
        assert_eq!(shell_quote(Path::new("/home/a b/it's")), r"'/home/a b/it'\''s'");
    }

    #[test]
    fn io_error_messages_omit_the_error_number() {
        let error = Error::io("`x` cannot be read", io::Error::from_raw_os_error(13));
        assert_eq!(error.to_string(), "`x` cannot be read: Permission denied");
    }
}
