//! Asking a token endpoint for a token.

use std::fmt;

use hyper::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    Authenticator,
    metadata::Metadata,
    token::{Token, now},
};
use crate::{
    config::ClientSecret,
    connection::{Form, Reply, server_of},
    error::{Error, ErrorKind, Result, shown},
};

/// A token, or why there is none.
#[derive(Deserialize)]
struct Granted {
    access_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    expires_in: Option<Seconds>,
}

/// A time that some write as text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Seconds {
    Whole(i64),
    Broken(f64),
    Text(String),
}

impl Seconds {
    /// `None` if it makes no sense.
    pub(super) fn get(&self) -> Option<u64> {
        let seconds = match self {
            Self::Whole(seconds) => *seconds,
            // Nobody writes so many that this is not exact.
            #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
            Self::Broken(seconds) => *seconds as i64,
            Self::Text(text) => text.parse().ok()?,
        };
        u64::try_from(seconds).ok()
    }
}

/// Why a token endpoint gives no token.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The code of OAuth 2, if there is one.
    pub(super) code: String,
    description: String,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Asks for a token.
///
/// # Errors
///
/// If there is no answer, or it makes no sense; that there is no token is the inner one.
pub(super) async fn grant(
    asker: &Authenticator,
    metadata: &Metadata,
    pairs: &[(&str, &str)],
    basic: Option<(&str, &ClientSecret)>,
) -> Result<Result<Token, Refusal>> {
    let url = &metadata.token_endpoint;
    let reply = post(asker, url, pairs, basic).await?;
    if !reply.status.is_success() {
        return Ok(Err(Refusal::of(&reply)));
    }
    let granted: Granted = parse(url, &reply)?;
    let access = granted.access_token.filter(|token| !token.is_empty());
    let access = access.ok_or_else(|| senseless(url, "no `access_token`"))?;
    let expires_at = match granted.expires_in {
        None => None,
        Some(seconds) => Some(seconds.get().ok_or_else(|| senseless(url, "a token that has no time left"))?),
    };
    Ok(Ok(Token {
        access,
        refresh: granted.refresh_token.filter(|token| !token.is_empty()),
        // Nothing means that nobody knows.
        expires_at: expires_at.filter(|&seconds| seconds > 0).map(|seconds| now().saturating_add(seconds)),
        header: metadata.header.clone(),
    }))
}

/// Posts a form; pairs without a value are left out.
pub(super) async fn post(
    asker: &Authenticator,
    url: &str,
    pairs: &[(&str, &str)],
    basic: Option<(&str, &ClientSecret)>,
) -> Result<Reply> {
    let pairs: Vec<_> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    let proxy = asker.held().proxy.clone();
    // The token for the proxy before the cluster is nobody else's business.
    let host = url.parse().ok().as_ref().and_then(server_of).map(|server| server.host);
    let proxy = proxy.filter(|_| host.as_ref() == Some(&asker.config.endpoint.host));
    let proxy = proxy.and_then(|proxy| proxy.as_bytes().try_into().ok());
    asker.connection.post_form(url, Form { pairs: &pairs, basic, proxy: proxy.as_ref() }).await
}

/// The JSON of an answer.
pub(super) fn parse<T: DeserializeOwned>(url: &str, reply: &Reply) -> Result<T> {
    // What is wrong with it would show parts of it.
    serde_json::from_slice(&reply.body).map_err(|_| senseless(url, "what is no JSON of a token endpoint"))
}

fn senseless(url: &str, what: &str) -> Error {
    Error::new(ErrorKind::Server, format!("`{}` answers {what}", shown(url)))
        .with_hint("ask who runs it whether tokens are given there")
}

impl Refusal {
    pub(super) fn of(reply: &Reply) -> Self {
        // A page of a gateway is no reason.
        let Refused { error, error_description } = serde_json::from_slice(&reply.body).unwrap_or_default();
        Self { status: reply.status, code: error, description: error_description }
    }

    /// Whether to ask again may help.
    pub(super) fn is_passing(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS
    }

    pub(super) fn into_error(self, url: &str) -> Error {
        let (kind, hint) = match (self.code.as_str(), self.status.as_u16()) {
            ("invalid_client" | "unauthorized_client", _) => {
                (ErrorKind::Unauthenticated, "are the client's name and its secret right?")
            }
            ("invalid_scope", _) => (ErrorKind::Unauthenticated, "set `admin.scopes` to what it may ask for"),
            ("access_denied", _) => (ErrorKind::PermissionDenied, "it was not allowed in the browser"),
            ("expired_token", _) => (ErrorKind::Unauthenticated, "nobody allowed it in time; try again"),
            (_, 429) => (ErrorKind::Busy, "try again later"),
            (_, 500..) => (ErrorKind::Server, "try again later, or ask who runs it"),
            _ => (ErrorKind::Unauthenticated, "ask who runs it who may have a token"),
        };
        let message = format!("`{}` gives no token: {self}", shown(url));
        Error::new(kind, message).with_hint(hint)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.description.as_str()) {
            ("", "") => write!(f, "status {}", self.status.as_u16()),
            ("", text) | (text, "") => write!(f, "{}", shown(text)),
            (code, text) => write!(f, "{} ({})", shown(code), shown(text)),
        }
    }
}
