//! What keeps something from being done in a cluster.

use std::fmt::{self, Write as _};

/// What went wrong and what to do about it; never with a value or a token.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration is missing or wrong.
    Config,
    /// Nobody answers, or not in time.
    Unreachable,
    /// Who answers is not known to be who is meant, or speaks something else.
    Untrusted,
    /// The server does not know who asks.
    Unauthenticated,
    /// Who asks may not.
    PermissionDenied,
    /// There is no such thing.
    NotFound,
    /// There is such a thing already.
    AlreadyExists,
    /// What is asked for cannot be.
    InvalidArgument,
    /// The server has too much to do.
    Busy,
    /// The server does not have this.
    Unimplemented,
    /// The server fails, or answers what makes no sense.
    Server,
    /// Something on this machine: a file, a command, a port.
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

    /// Says in which file or variable, too.
    #[must_use]
    pub(crate) fn of(mut self, origin: &str) -> Self {
        self.message = format!("{} (in `{origin}`)", self.message);
        self
    }

    /// What kind of thing went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to type next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Text of a server or of a task on it, without anything that a terminal obeys; tabs stay.
pub fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\t' && is_obeyed(c) { harmless.extend(c.escape_default()) } else { harmless.push(c) }
    }
    harmless
}

/// Text of a server, fit to be shown: at most 2,000 characters, and none that a terminal obeys.
pub(crate) fn shown(text: &str) -> Shown<'_> {
    Shown(text)
}

/// See [`shown`].
pub(crate) struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.trim().chars();
        for c in rest.by_ref().take(2_000) {
            match c {
                '\n' => f.write_char(' ')?,
                c if is_obeyed(c) => write!(f, "{}", c.escape_default())?,
                c => f.write_char(c)?,
            }
        }
        if rest.next().is_some() { f.write_str("… (cut off)") } else { Ok(()) }
    }
}

/// Whether a terminal does something with `c` but show it.
pub(crate) fn is_obeyed(c: char) -> bool {
    // Directions of text can make one line look like another.
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_server_does_nothing_to_a_terminal_and_has_an_end() {
        assert_eq!(shown("secret\tx\u{1b}[2J\nnot found\n").to_string(), "secret\\tx\\u{1b}[2J not found");
        assert_eq!(shown("a\u{202e}b").to_string(), "a\\u{202e}b");
        let long = shown(&"x".repeat(10_000_000)).to_string();
        assert!(long.len() < 2_100 && long.ends_with("(cut off)"), "{}", long.len());
    }
}
