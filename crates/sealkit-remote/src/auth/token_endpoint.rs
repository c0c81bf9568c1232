//! Requests to OAuth 2 token endpoints.

use std::fmt;

use hyper::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    Authenticator,
    metadata::AuthMetadata,
    token::{Token, unix_time},
};
use crate::{
    config::ClientSecret,
    connection::{FormRequest, FormResponse, endpoint_of},
    error::{Error, ErrorKind, Result, escape},
};

/// The response with a token.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    expires_in: Option<Seconds>,
}

/// A number of seconds, which some servers write as a string.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Seconds {
    Whole(i64),
    Fractional(f64),
    Text(String),
}

impl Seconds {
    /// Returns the number of seconds, or `None` if it is negative or not a number.
    pub(super) fn get(&self) -> Option<u64> {
        let seconds = match self {
            Self::Whole(seconds) => *seconds,
            // Such large numbers do not occur in practice.
            #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
            Self::Fractional(seconds) => *seconds as i64,
            Self::Text(text) => text.parse().ok()?,
        };
        u64::try_from(seconds).ok()
    }
}

/// The error response of a token endpoint.
pub(super) struct OAuthError {
    pub(super) status: StatusCode,
    /// The error code of OAuth 2, or an empty string.
    pub(super) code: String,
    description: String,
}

#[derive(Default, Deserialize)]
struct ErrorResponse {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Requests a token. The inner result is the error response of the token endpoint.
///
/// # Errors
///
/// Returns an error if the token endpoint does not respond, or its response is invalid.
pub(super) async fn request_token(
    authenticator: &Authenticator,
    metadata: &AuthMetadata,
    pairs: &[(&str, &str)],
    basic: Option<(&str, &ClientSecret)>,
) -> Result<Result<Token, OAuthError>> {
    let url = &metadata.token_endpoint;
    let response = post(authenticator, url, pairs, basic).await?;
    if !response.status.is_success() {
        return Ok(Err(OAuthError::from_response(&response)));
    }
    let response: TokenResponse = parse(url, &response)?;
    let access = response.access_token.filter(|token| !token.is_empty());
    let access = access.ok_or_else(|| invalid_response(url, "no `access_token`"))?;
    let expires_in = match response.expires_in {
        None => None,
        Some(seconds) => Some(seconds.get().ok_or_else(|| invalid_response(url, "invalid `expires_in`"))?),
    };
    Ok(Ok(Token {
        access,
        refresh: response.refresh_token.filter(|token| !token.is_empty()),
        // Zero means that the expiry is unknown.
        expires_at: expires_in
            .filter(|&seconds| seconds > 0)
            .map(|seconds| unix_time().saturating_add(seconds)),
        header: metadata.header.clone(),
    }))
}

/// Posts a form, leaving out pairs without a value.
pub(super) async fn post(
    authenticator: &Authenticator,
    url: &str,
    pairs: &[(&str, &str)],
    basic: Option<(&str, &ClientSecret)>,
) -> Result<FormResponse> {
    let pairs: Vec<_> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    let proxy = authenticator.credentials().proxy.clone();
    // The token for the proxy of the cluster is sent to no other host.
    let host = url.parse().ok().as_ref().and_then(endpoint_of).map(|server| server.host);
    let proxy = proxy.filter(|_| host.as_ref() == Some(&authenticator.config.endpoint.host));
    let proxy = proxy.and_then(|proxy| proxy.as_bytes().try_into().ok());
    let request = FormRequest { pairs: &pairs, basic, proxy: proxy.as_ref() };
    authenticator.connection.post_form(url, request).await
}

/// Parses the JSON of a response.
pub(super) fn parse<T: DeserializeOwned>(url: &str, response: &FormResponse) -> Result<T> {
    // The error of the parser could contain parts of a token.
    serde_json::from_slice(&response.body)
        .map_err(|_| invalid_response(url, "not the JSON of a token endpoint"))
}

fn invalid_response(url: &str, problem: &str) -> Error {
    Error::new(ErrorKind::Server, format!("invalid response from `{}`: {problem}", escape(url)))
        .with_hint("ask your cluster administrator for the token endpoint")
}

impl OAuthError {
    pub(super) fn from_response(response: &FormResponse) -> Self {
        // The body may be an HTML page of a gateway.
        let ErrorResponse { error, error_description } =
            serde_json::from_slice(&response.body).unwrap_or_default();
        Self { status: response.status, code: error, description: error_description }
    }

    /// Returns whether a retry may succeed.
    pub(super) fn is_retryable(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS
    }

    pub(super) fn into_error(self, url: &str) -> Error {
        let (kind, hint) = match (self.code.as_str(), self.status.as_u16()) {
            ("invalid_client" | "unauthorized_client", _) => {
                (ErrorKind::Unauthenticated, "check the client ID and the client secret")
            }
            ("invalid_scope", _) => {
                (ErrorKind::Unauthenticated, "set `admin.scopes` to scopes that the client may request")
            }
            ("access_denied", _) => {
                (ErrorKind::PermissionDenied, "try again, and approve the login in the browser")
            }
            ("expired_token", _) => (ErrorKind::Unauthenticated, "try again, and approve the login in time"),
            (_, 429) => (ErrorKind::Busy, "try again later"),
            (_, 500..) => (ErrorKind::Server, "try again later, or ask your cluster administrator"),
            _ => (ErrorKind::Unauthenticated, "ask your cluster administrator for access"),
        };
        let message = format!("cannot get a token from `{}`: {self}", escape(url));
        Error::new(kind, message).with_hint(hint)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.description.as_str()) {
            ("", "") => write!(f, "HTTP status {}", self.status.as_u16()),
            ("", text) | (text, "") => write!(f, "{}", escape(text)),
            (code, text) => write!(f, "{} ({})", escape(code), escape(text)),
        }
    }
}
