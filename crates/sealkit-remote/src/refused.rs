//! Why a call was not answered as it should be, in plain words.

use std::error::Error as _;

use tonic::{Code, Status};

use crate::{
    client::Method,
    connection,
    endpoint::Endpoint,
    error::{Error, ErrorKind, shown},
};

/// Why a call was not answered as it should be.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: Status,
    pub(crate) method: Method,
    /// It may have been done by a call before.
    pub(crate) was_tried_again: bool,
    pub(crate) endpoint: Endpoint,
    pub(crate) origin: String,
}

impl Refused {
    pub(crate) fn code(&self) -> Code {
        self.status.code()
    }

    /// The server does not have the method, or the whole service.
    pub(crate) fn is_unimplemented(&self) -> bool {
        self.status.code() == Code::Unimplemented
    }

    /// Whether the server's text has these words in it.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.status.message().contains(words)
    }

    /// Whether the stream may go on over a new connection.
    pub(crate) fn is_interruption(&self) -> bool {
        let is_explained = self.status.source().is_some_and(<dyn std::error::Error>::is::<Error>);
        !is_explained
            && matches!(
                self.status.code(),
                Code::Unavailable
                    | Code::Unknown
                    | Code::Internal
                    | Code::Cancelled
                    | Code::ResourceExhausted
            )
    }
}

/// In plain words, with what to do about it.
impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let Refused { status, method, endpoint, origin, .. } = refused;
        if let Some(source) = status.source() {
            if let Some(error) = source.downcast_ref::<Error>() {
                return error.clone();
            }
            return connection::explain(source, &endpoint, &origin);
        }
        let said = shown(status.message());
        let said = if status.message().trim().is_empty() { String::new() } else { format!(": {said}") };
        let name = method.name;
        let (kind, message, hint) = match status.code() {
            Code::Unauthenticated => (
                ErrorKind::Unauthenticated,
                format!("`{endpoint}` does not know who asks{said}"),
                "check how one is let in (`admin.authType` and what belongs to it); a token that was kept may be deleted",
            ),
            Code::PermissionDenied => (
                ErrorKind::PermissionDenied,
                format!("`{endpoint}` does not allow `{name}`{said}"),
                "ask who looks after the cluster for the right",
            ),
            Code::NotFound => (
                ErrorKind::NotFound,
                format!("`{endpoint}` has no such thing{said}"),
                "check the names, the project and the domain",
            ),
            Code::AlreadyExists => {
                (ErrorKind::AlreadyExists, format!("`{endpoint}` has it already{said}"), "use another name")
            }
            Code::InvalidArgument | Code::FailedPrecondition => (
                ErrorKind::InvalidArgument,
                format!("`{endpoint}` does not take this{said}"),
                "check the names, the project and the domain",
            ),
            Code::OutOfRange if status.message().contains("length too large") => (
                ErrorKind::Server,
                format!("the answer of `{endpoint}` to `{name}` is larger than 16 MiB"),
                "ask for less of it",
            ),
            Code::ResourceExhausted | Code::Unavailable => (
                ErrorKind::Busy,
                format!("`{endpoint}` has too much to do, or is being restarted{said}"),
                "try again in a minute",
            ),
            Code::Unimplemented => (
                ErrorKind::Unimplemented,
                format!("`{endpoint}` does not know `{}/{name}`", method.service),
                "is it the endpoint of Flyte 2? Flyte 1 and Union 1 do not have all of its services",
            ),
            Code::DeadlineExceeded => (
                ErrorKind::Unreachable,
                format!("`{endpoint}` does not answer `{name}`{said}"),
                "try again, or wait longer: SEALKIT_TIMEOUT=2m",
            ),
            _ => (
                ErrorKind::Server,
                format!("`{endpoint}` has failed to do `{name}`{said}"),
                "try again; the logs of the server may say more",
            ),
        };
        Self::new(kind, message).with_hint(hint)
    }
}
