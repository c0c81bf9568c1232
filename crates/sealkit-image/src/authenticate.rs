//! Authenticates with a registry: with a password, or with a token of its token server.

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{
    HeaderValue, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use sealkit_remote::HttpClient;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    challenge::Challenge,
    credentials::Credentials,
    error::{Error, Result},
    reference::Reference,
    response::{self, Response},
};

/// The name of this client for token servers.
const CLIENT: &str = "sealkit";

/// The response of a token server.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    token: Zeroizing<String>,
    access_token: Zeroizing<String>,
}

/// Returns the header that authenticates requests to push to `reference`, as the registry's `challenge` requires.
///
/// # Errors
///
/// Returns an error if the registry requires credentials and there are none, or if its token server refuses them.
pub(crate) async fn authenticate(
    http: &HttpClient,
    reference: &Reference,
    challenge: Challenge,
    credentials: Option<&Credentials>,
    timeout: Duration,
) -> Result<HeaderValue> {
    match (challenge, credentials) {
        (Challenge::Basic, Some(credentials)) => basic(credentials),
        (Challenge::Basic, None) => Err(refused(reference, None, "")),
        (Challenge::Bearer { realm, service }, credentials) => {
            let realm = Realm::new(realm, reference)?;
            let request = realm.request(service.as_deref(), reference, credentials)?;
            let response = http.send(request, timeout, &|_| {}).await?;
            match response.status() {
                StatusCode::OK => bearer(&realm.host, &response),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    Err(refused(reference, credentials, &response::reason(&response)))
                }
                _ => Err(response::unexpected(&realm.host, "return a token", &response)),
            }
        }
    }
}

/// Returns the error for a registry that denies access; `reason` is empty or begins with `: `.
pub(crate) fn refused(reference: &Reference, credentials: Option<&Credentials>, reason: &str) -> Error {
    let (registry, repository) = (reference.registry(), reference.repository());
    let credentials = credentials.map_or("without credentials".to_owned(), |found| format!("for {found}"));
    let message = format!("`{registry}` denied access to `{repository}` {credentials}{reason}");
    Error::new(message).with_login_hint(registry)
}

/// The URL of a token server.
struct Realm {
    url: String,
    host: String,
}

impl Realm {
    fn new(url: String, reference: &Reference) -> Result<Self> {
        let parsed = url.parse::<Uri>().ok();
        let host = parsed.as_ref().and_then(Uri::host).unwrap_or_default().to_owned();
        let is_plain = parsed.as_ref().and_then(Uri::scheme_str) == Some("http");
        // Without TLS, credentials are sent only to this machine and to a registry that uses none itself.
        let is_trusted =
            sealkit_remote::is_loopback(&host) || reference.is_plain() && reference.host() == host;
        if is_plain && !is_trusted {
            let registry = reference.registry();
            return Err(Error::new(format!(
                "`{registry}` requests credentials over plain HTTP, for the token server `{host}`"
            )));
        }
        Ok(Self { url, host })
    }

    /// Makes the request for a token that allows to push.
    fn request(
        &self,
        service: Option<&str>,
        reference: &Reference,
        credentials: Option<&Credentials>,
    ) -> Result<Request<Bytes>> {
        let scope = format!("repository:{}:pull,push", reference.repository());
        let mut pairs: Vec<(&str, &str)> = service.iter().map(|service| ("service", *service)).collect();
        pairs.push(("scope", &scope));
        let request = match credentials.and_then(Credentials::identity_token) {
            Some(token) => {
                pairs.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", CLIENT),
                    ("refresh_token", token),
                ]);
                let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
                Request::post(&self.url)
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(Bytes::from_owner(Zeroizing::new(form.into_bytes())))
            }
            None => {
                let separator = if self.url.contains('?') { '&' } else { '?' };
                let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
                let mut request = Request::get(format!("{}{separator}{query}", self.url));
                if let Some(credentials) = credentials {
                    request = request.header(AUTHORIZATION, basic(credentials)?);
                }
                request.body(Bytes::new())
            }
        };
        request.map_err(|_| Error::new(format!("invalid URL of the token server `{}`", self.host)))
    }
}

fn basic(credentials: &Credentials) -> Result<HeaderValue> {
    sensitive(&Zeroizing::new(format!("Basic {}", *credentials.to_basic())))
}

fn bearer(server: &str, response: &Response) -> Result<HeaderValue> {
    let Token { token, access_token } = serde_json::from_slice(response.body()).unwrap_or_default();
    let token = if token.is_empty() { access_token } else { token };
    if token.is_empty() {
        return Err(Error::new(format!("`{server}` returned no token")));
    }
    sensitive(&Zeroizing::new(format!("Bearer {}", *token)))
}

/// Returns a header value that is not logged.
fn sensitive(value: &str) -> Result<HeaderValue> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| Error::new("the token of the registry is not text"))?;
    value.set_sensitive(true);
    Ok(value)
}
