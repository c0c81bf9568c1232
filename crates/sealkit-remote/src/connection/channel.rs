//! Channels for gRPC that understand answers of whoever is in between and does not speak it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::{Request, Response, StatusCode, header::CONTENT_TYPE};
use tonic::{Code, Status, body::Body, codegen::Service, transport};

use crate::error::shown;

/// A channel that connects when it is first used, and again whenever it has to. Clones share its connection.
#[derive(Clone)]
pub(crate) struct Channel(pub(super) transport::Channel);

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let response = self.0.call(request);
        Box::pin(async move {
            let response = response.await?;
            let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
            if kind.starts_with(b"application/grpc") {
                return Ok(response);
            }
            // `tonic` would take the page for a message.
            Ok(meaning(response.status(), &String::from_utf8_lossy(kind)).into_http())
        })
    }
}

/// What an answer that is not of gRPC means, as gRPC has it written down.
fn meaning(status: StatusCode, kind: &str) -> Status {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let kind = if kind.is_empty() { "nothing" } else { kind };
    Status::new(
        code,
        format!("the answer is `{}` with HTTP status {}, not gRPC", shown(kind), status.as_u16()),
    )
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}
