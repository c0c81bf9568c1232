//! Why a pod did not succeed, as Flyte is told.

use sealkit_idl::core::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin};

use crate::{Error, ErrorKind};

/// The limit of Flyte for the file is that of [`limit`](super::limit), and a larger one counts as no error at all
/// (`ioutils/remote_file_output_reader.go`). What is around the message is a few dozen bytes.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// Why a pod did not succeed, and whether it is worth another try.
pub(super) struct Failed {
    pub(super) kind: ErrorKind,
    pub(super) origin: ErrorOrigin,
    pub(super) again: ContainerErrorKind,
    pub(super) message: String,
}

/// What may be another time as it was this time is worth no other try.
pub(super) fn again(kind: ErrorKind) -> ContainerErrorKind {
    match kind {
        ErrorKind::Other | ErrorKind::Provider | ErrorKind::Io => ContainerErrorKind::Recoverable,
        _ => ContainerErrorKind::NonRecoverable,
    }
}

/// A message with what to do next.
pub(super) fn advised(mut message: String, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        message.push_str("\nhint: ");
        message.push_str(hint);
    }
    message
}

/// The program is not what Flyte thinks it is.
impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind(),
            origin: ErrorOrigin::System,
            again: ContainerErrorKind::NonRecoverable,
            message: advised(format!("{error:#}"), error.hint()),
        }
    }
}

impl Failed {
    pub(super) fn document(&self, mut message: String) -> ErrorDocument {
        if message.len() > LONGEST_MESSAGE {
            let end = (0..=LONGEST_MESSAGE).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
            message.truncate(end);
            message.push_str("… (cut off)");
        }
        let error = ContainerError {
            code: self.kind.as_str().to_owned(),
            message,
            kind: self.again.into(),
            origin: self.origin.into(),
        };
        ErrorDocument { error: Some(error) }
    }
}
