//! The error type of this crate, and escaping of text from servers.

use std::fmt::{self, Write as _};

/// An error of a cluster operation: its kind, a message and a hint. It never contains a secret value or a token.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration is missing or invalid.
    Config,
    /// The server cannot be reached, or does not respond in time.
    Unreachable,
    /// The server's certificate is not trusted, or it does not speak gRPC.
    Untrusted,
    /// The server requires authentication, or rejects the credentials.
    Unauthenticated,
    /// The caller lacks permission.
    PermissionDenied,
    /// The requested object does not exist.
    NotFound,
    /// The object already exists.
    AlreadyExists,
    /// The server rejects the request as invalid.
    InvalidArgument,
    /// The server is overloaded or restarting.
    Busy,
    /// The server does not support the operation.
    Unimplemented,
    /// The server fails, or sends an invalid response.
    Server,
    /// An operation on this machine fails, such as reading a file, running a command or opening a port.
    Local,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the file or variable that the invalid value comes from.
    #[must_use]
    pub(crate) fn with_origin(mut self, origin: &str) -> Self {
        self.message = format!("{} (in `{origin}`)", self.message);
        self
    }

    /// Returns the kind of the error.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns a hint how to fix the error.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Escapes control characters and text direction marks in text from a server or a task, except tabs.
pub fn sanitize(text: &str) -> String {
    let mut sanitized = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\t' && needs_escape(c) { sanitized.extend(c.escape_default()) } else { sanitized.push(c) }
    }
    sanitized
}

/// Displays text from a server on one line: escaped, and truncated to 2,000 characters.
pub(crate) fn escape(text: &str) -> Escaped<'_> {
    Escaped(text)
}

/// The text returned by [`escape`].
pub(crate) struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.trim().chars();
        for c in rest.by_ref().take(2_000) {
            match c {
                '\n' => f.write_char(' ')?,
                c if needs_escape(c) => write!(f, "{}", c.escape_default())?,
                c => f.write_char(c)?,
            }
        }
        if rest.next().is_some() { f.write_str("… (truncated)") } else { Ok(()) }
    }
}

/// Returns whether `c` is a control character or a text direction mark.
pub(crate) fn needs_escape(c: char) -> bool {
    // Direction marks can make one line look like another.
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_server_is_escaped_and_truncated() {
        assert_eq!(escape("secret\tx\u{1b}[2J\nnot found\n").to_string(), "secret\\tx\\u{1b}[2J not found");
        assert_eq!(escape("a\u{202e}b").to_string(), "a\\u{202e}b");
        let long = escape(&"x".repeat(10_000_000)).to_string();
        assert!(long.len() < 2_100 && long.ends_with("(truncated)"), "{}", long.len());
    }
}
