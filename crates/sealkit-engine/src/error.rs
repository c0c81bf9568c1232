//! What keeps a run from starting, or from going on.

use std::io;

/// What went wrong and what to do about it; never with a value.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    hint: Option<String>,
    source: Option<io::Error>,
    usage: bool,
}

/// The result of whatever an engine does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of whoever looks up secrets.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, source: None, usage: false }
    }

    /// Something was asked for that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { usage: true, ..Self::new(message) }
    }

    pub(crate) fn io(what: impl Into<String>, error: io::Error) -> Self {
        // The number says nothing that the words do not say.
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        Self { message: format!("{}: {reason}", what.into()), source: Some(error), ..Self::new("") }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether something was asked for that cannot be, so that nothing was started.
    pub fn is_usage(&self) -> bool {
        self.usage
    }
}
