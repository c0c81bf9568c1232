//! The error type.

use std::{io, time::Duration};

/// An error with an optional hint; it never contains credentials.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    hint: Option<String>,
    kind: ErrorKind,
    source: Option<io::Error>,
}

/// A result whose error is [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    /// The operation fails in the same way each time.
    Permanent,
    /// An argument is invalid, so nothing was done.
    Usage,
    /// A retry may succeed, after a delay that the registry may have requested.
    Temporary(Option<Duration>),
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, kind: ErrorKind::Permanent, source: None }
    }

    /// Creates an error about an argument.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, ..Self::new(message) }
    }

    /// Creates an error from an I/O error; `action` is what failed.
    pub(crate) fn io(action: impl Into<String>, error: io::Error) -> Self {
        let reason = sealkit_names::io_reason(&error);
        Self { source: Some(error), ..Self::new(format!("{}: {reason}", action.into())) }
    }

    /// Adds a hint: what to do next.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the command that stores credentials for `registry`.
    #[must_use]
    pub(crate) fn with_login_hint(self, registry: &str) -> Self {
        self.with_hint(format!("log in: docker login {registry}"))
    }

    /// Marks the error as one that a retry may fix, after `delay` if the registry requested one.
    #[must_use]
    pub(crate) fn into_temporary(mut self, delay: Option<Duration>) -> Self {
        self.kind = ErrorKind::Temporary(delay);
        self
    }

    /// Returns the delay before a retry that may succeed: `default`, or what the registry requested.
    pub(crate) fn retry_delay(&self, default: Duration) -> Option<Duration> {
        match self.kind {
            ErrorKind::Temporary(delay) => Some(delay.unwrap_or(default)),
            ErrorKind::Permanent | ErrorKind::Usage => None,
        }
    }

    /// Returns the hint: what to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns whether an argument is invalid, so that nothing was done.
    pub fn is_usage(&self) -> bool {
        self.kind == ErrorKind::Usage
    }
}

impl From<sealkit_program::Error> for Error {
    fn from(error: sealkit_program::Error) -> Self {
        let kind = if error.is_usage() { ErrorKind::Usage } else { ErrorKind::Permanent };
        Self { hint: error.hint().map(str::to_owned), kind, ..Self::new(error.to_string()) }
    }
}

/// The hints of the client are about a cluster, so they are replaced.
impl From<sealkit_remote::Error> for Error {
    fn from(error: sealkit_remote::Error) -> Self {
        use sealkit_remote::ErrorKind;
        let converted = Self::new(error.to_string());
        match error.kind() {
            ErrorKind::Unreachable => converted
                .with_hint(
                    "check the name of the registry, and the network connection and proxy of this machine",
                )
                .into_temporary(None),
            ErrorKind::Untrusted => converted.with_hint(
                "for a registry without TLS, write `http://` before its name; \
                 for a private authority, set SSL_CERT_FILE to its certificate",
            ),
            _ => converted,
        }
    }
}
