//! Responses of registries and their token servers, and the errors that they mean.

use http::{HeaderMap, StatusCode};
use sealkit_remote::{MAX_RETRY_AFTER, retry_after};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::Error;

/// A response with its whole body.
pub(crate) type Response = http::Response<Zeroizing<Vec<u8>>>;

/// The errors in the body of a response.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<RegistryError>,
}

#[derive(Deserialize)]
struct RegistryError {
    #[serde(default)]
    message: String,
}

/// Returns `: MESSAGE` with the reason in a response, or nothing if there is none.
pub(crate) fn reason(response: &Response) -> String {
    let errors: Option<Errors> = serde_json::from_slice(response.body()).ok();
    let message = errors.and_then(|errors| errors.errors.into_iter().next()).map(|error| error.message);
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!(": {}", sealkit_names::escape(message.trim())),
        None => String::new(),
    }
}

/// Returns the error for the response of `server` to `action` with an unexpected status.
pub(crate) fn unexpected(server: &str, action: &str, response: &Response) -> Error {
    let (status, reason) = (response.status(), reason(response));
    let number = status.as_u16();
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let error = Error::new(format!("`{server}` limits the rate of requests{reason}"));
            temporary(error, response.headers())
        }
        StatusCode::REQUEST_TIMEOUT => {
            let error =
                Error::new(format!("`{server}` failed to {action} with HTTP status {number}{reason}"));
            temporary(error, response.headers())
        }
        status if status.is_server_error() => {
            let error =
                Error::new(format!("`{server}` failed to {action} with HTTP status {number}{reason}"));
            temporary(error, response.headers())
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Error::new(format!("`{server}` refused to {action}: it is too large{reason}"))
                .with_hint("build with --release, or strip symbols: CARGO_PROFILE_RELEASE_STRIP=symbols")
        }
        _ => Error::new(format!("`{server}` refused to {action} with HTTP status {number}{reason}"))
            .with_hint("check the name and the tag of the image"),
    }
}

/// Marks an error as temporary, unless the registry requests to wait for longer than the command does.
fn temporary(error: Error, headers: &HeaderMap) -> Error {
    match retry_after(headers) {
        Some(delay) if delay > MAX_RETRY_AFTER => {
            error.with_hint(format!("try again in {} s, as the registry requests", delay.as_secs()))
        }
        delay => error.with_hint("try again in a minute").into_temporary(delay),
    }
}
