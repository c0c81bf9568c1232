//! The error of a pod, as Flyte reads it.

use sealkit_idl::core::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin};

use crate::{Error, ErrorKind};

/// The maximum length of a message. Flyte ignores an error file above the size limit of [`limit`](super::limit)
/// (`ioutils/remote_file_output_reader.go`); the rest of the file is a few dozen bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// Why a pod failed, and whether Flyte retries it.
pub(super) struct Problem {
    pub(super) kind: ErrorKind,
    pub(super) origin: ErrorOrigin,
    pub(super) retry: ContainerErrorKind,
    pub(super) message: String,
}

/// Returns whether a retry can help: failures of the environment may pass, all others will not.
pub(super) fn retry(kind: ErrorKind) -> ContainerErrorKind {
    match kind {
        ErrorKind::Other | ErrorKind::Provider | ErrorKind::Io => ContainerErrorKind::Recoverable,
        _ => ContainerErrorKind::NonRecoverable,
    }
}

/// Appends a hint to a message.
pub(super) fn with_hint(mut message: String, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        message.push_str("\nhint: ");
        message.push_str(hint);
    }
    message
}

/// The program does not match the arguments that Flyte passes to it.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind(),
            origin: ErrorOrigin::System,
            retry: ContainerErrorKind::NonRecoverable,
            message: with_hint(format!("{error:#}"), error.hint()),
        }
    }
}

impl Problem {
    /// Returns Flyte's error message, with `message` in place of its own and at most [`MAX_MESSAGE`] bytes long.
    pub(super) fn document(&self, mut message: String) -> ErrorDocument {
        if message.len() > MAX_MESSAGE {
            let end = (0..=MAX_MESSAGE).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
            message.truncate(end);
            message.push_str("… (truncated)");
        }
        let error = ContainerError {
            code: self.kind.as_str().to_owned(),
            message,
            kind: self.retry.into(),
            origin: self.origin.into(),
        };
        ErrorDocument { error: Some(error) }
    }
}
