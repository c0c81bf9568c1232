//! The error type.

use std::io;

use sealkit_protocol::Problem;

/// The hint for a program or pod with another version of the protocol.
pub const BUILD_AGAIN: &str = "build the program again, with the same version of sealkit as this command";

/// An error with an optional hint; it never contains the value of a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    hint: Option<String>,
    source: Option<io::Error>,
    usage: bool,
}

/// A result whose error is [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error from a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, source: None, usage: false }
    }

    /// Creates an error about the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { usage: true, ..Self::new(message) }
    }

    /// Creates an error from an I/O error; `action` is what failed.
    pub fn io(action: impl Into<String>, error: io::Error) -> Self {
        let reason = sealkit_names::io_reason(&error);
        Self { message: format!("{}: {reason}", action.into()), source: Some(error), ..Self::new("") }
    }

    /// Returns the same error, as one about the command line.
    #[must_use]
    pub fn into_usage(mut self) -> Self {
        self.usage = true;
        self
    }

    /// Prefixes the message with what failed.
    #[must_use]
    pub(crate) fn context(mut self, action: &str) -> Self {
        self.message = format!("{action}: {}", self.message);
        self
    }

    /// Adds a hint: what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the hint: what to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns whether the command line is wrong, so that nothing was started.
    pub fn is_usage(&self) -> bool {
        self.usage
    }
}

/// The message of the error contains the causes.
impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { message: problem.to_string(), hint: problem.hint, ..Self::new("") }
    }
}
