//! The error of a gRPC call, and its conversion to [`Error`].

use std::error::Error as _;

use tonic::{Code, Status};

use crate::{
    connection,
    endpoint::Endpoint,
    error::{Error, ErrorKind, escape},
    method::Method,
};

/// The error of a gRPC call.
#[derive(Debug)]
pub(crate) struct RpcError {
    pub(crate) status: Status,
    pub(crate) method: Method,
    /// Whether the call was retried. An earlier attempt may have taken effect.
    pub(crate) was_retried: bool,
    pub(crate) endpoint: Endpoint,
    pub(crate) origin: String,
}

impl RpcError {
    pub(crate) fn code(&self) -> Code {
        self.status.code()
    }

    /// Returns whether the server lacks the method or its service.
    pub(crate) fn is_unimplemented(&self) -> bool {
        self.status.code() == Code::Unimplemented
    }

    /// Returns whether the message of the server contains `text`.
    pub(crate) fn message_contains(&self, text: &str) -> bool {
        self.status.message().contains(text)
    }

    /// Returns whether the stream may continue over a new connection.
    pub(crate) fn is_interruption(&self) -> bool {
        let is_own_error = self.status.source().is_some_and(<dyn std::error::Error>::is::<Error>);
        !is_own_error
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

impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        let RpcError { status, method, endpoint, origin, .. } = error;
        if let Some(source) = status.source() {
            if let Some(error) = source.downcast_ref::<Error>() {
                return error.clone();
            }
            return connection::transport_error(source, &endpoint, &origin);
        }
        let detail = escape(status.message());
        let detail = if status.message().trim().is_empty() { String::new() } else { format!(": {detail}") };
        let name = method.name;
        let (kind, message, hint) = match status.code() {
            Code::Unauthenticated => (
                ErrorKind::Unauthenticated,
                format!("authentication with `{endpoint}` failed{detail}"),
                "check `admin.authType` and its settings, or delete the cached token and log in again",
            ),
            Code::PermissionDenied => (
                ErrorKind::PermissionDenied,
                format!("`{endpoint}` denied permission for `{name}`{detail}"),
                "ask your cluster administrator for permission",
            ),
            Code::NotFound => (
                ErrorKind::NotFound,
                format!("not found on `{endpoint}`{detail}"),
                "check the names, the project and the domain",
            ),
            Code::AlreadyExists => (
                ErrorKind::AlreadyExists,
                format!("already exists on `{endpoint}`{detail}"),
                "use another name",
            ),
            Code::InvalidArgument | Code::FailedPrecondition => (
                ErrorKind::InvalidArgument,
                format!("`{endpoint}` rejected the request{detail}"),
                "check the names, the project and the domain",
            ),
            Code::OutOfRange if status.message().contains("length too large") => (
                ErrorKind::Server,
                format!("the response of `{endpoint}` to `{name}` is larger than 16 MiB"),
                "request less data",
            ),
            Code::ResourceExhausted | Code::Unavailable => (
                ErrorKind::Busy,
                format!("`{endpoint}` is overloaded or restarting{detail}"),
                "try again in a minute",
            ),
            Code::Unimplemented => (
                ErrorKind::Unimplemented,
                format!("`{endpoint}` does not support `{}/{name}`", method.service),
                "check that this is the endpoint of Flyte 2: Flyte 1 and Union 1 lack some of its services",
            ),
            Code::DeadlineExceeded => (
                ErrorKind::Unreachable,
                format!("`{name}` on `{endpoint}` timed out{detail}"),
                "try again, or increase the timeout: SEALKIT_TIMEOUT=2m",
            ),
            _ => (
                ErrorKind::Server,
                format!("`{name}` on `{endpoint}` failed{detail}"),
                "try again, or check the logs of the server",
            ),
        };
        Self::new(kind, message).with_hint(hint)
    }
}
