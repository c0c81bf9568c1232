//! What can go wrong, in words that say what to do next.

use std::{fmt, io, path::Path};

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store did not do what was asked; whatever was stored before is still there.
///
/// The text never holds a value. [`Error::kind`] is for programs, [`Error::hint`] says what to type next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    #[source]
    source: Option<io::Error>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name that no secret may have, or one that differs from another secret's in case only.
    InvalidName,
    /// A value that is empty or larger than 1 MiB.
    InvalidValue,
    /// No secret has this name here.
    NotFound,
    /// There is a secret of this name already.
    AlreadyExists,
    /// A file or directory is a link, belongs to somebody else, or is open to others.
    NotPrivate,
    /// A file was written by a later version, or is no file of a store.
    UnknownFormat,
    /// A file is not what was written: it is cut short, changed, or another one's.
    Damaged,
    /// The key is missing, is another store's, or needs a passphrase.
    Key,
    /// Another process has been writing for too long.
    Busy,
    /// The file system failed.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    pub(crate) fn io(what: impl fmt::Display, source: io::Error) -> Self {
        let message = format!("{what}: {}", reason(&source));
        Self { kind: ErrorKind::Io, message, hint: None, source: Some(source) }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// The reason without Rust's `(os error 28)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// A path as a person may type it in a command.
pub(crate) fn quoted(path: &Path) -> String {
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
    fn paths_in_commands_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted(Path::new("/home/a/b-c.d")), "/home/a/b-c.d");
        assert_eq!(quoted(Path::new("/home/a b/it's")), r"'/home/a b/it'\''s'");
    }

    #[test]
    fn reasons_are_those_of_the_system_without_numbers() {
        let error = Error::io("`x` cannot be read", io::Error::from_raw_os_error(13));
        assert_eq!(error.to_string(), "`x` cannot be read: Permission denied");
    }
}
