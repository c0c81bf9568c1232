//! gRPC channels that convert plain HTTP responses, such as those of a gateway, to a gRPC status.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::{Request, Response, StatusCode, header::CONTENT_TYPE};
use tonic::{Code, Status, body::Body, codegen::Service, transport};

use crate::error::escape;

/// A channel that connects on first use and reconnects as needed. Clones share the connection.
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
            let content_type =
                response.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
            if content_type.starts_with(b"application/grpc") {
                return Ok(response);
            }
            // `tonic` would parse the body as a message.
            let content_type = String::from_utf8_lossy(content_type);
            Ok(status_from_http(response.status(), &content_type).into_http())
        })
    }
}

/// Maps the HTTP status of a response that is not gRPC, as the gRPC specification defines it.
fn status_from_http(status: StatusCode, content_type: &str) -> Status {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let content_type = if content_type.is_empty() { "no content type" } else { content_type };
    let message =
        format!("the response is not gRPC: HTTP status {}, {}", status.as_u16(), escape(content_type));
    Status::new(code, message)
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}
