//! HTTP requests to token endpoints.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode, Uri,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{
        ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, PROXY_AUTHORIZATION,
        USER_AGENT,
    },
    http::uri::Authority,
};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Connection, ConnectionError, HttpVersion, SEALKIT_USER_AGENT};
use crate::{
    config::ClientSecret,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result, escape},
};

/// How long a token endpoint may take to respond.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest response body to accept.
const MAX_BODY_SIZE: usize = 1 << 20;
/// The characters that Python's `quote_plus` escapes.
const ESCAPED_CHARACTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');

/// A form to post.
pub(crate) struct FormRequest<'a> {
    /// Names and values.
    pub(crate) pairs: &'a [(&'a str, &'a str)],
    /// The client ID and the client secret for Basic authentication.
    pub(crate) basic: Option<(&'a str, &'a ClientSecret)>,
    /// The token for an authenticating proxy in front of the server.
    pub(crate) proxy: Option<&'a HeaderValue>,
}

/// The response to a form.
pub(crate) struct FormResponse {
    pub(crate) status: StatusCode,
    /// At most 1 MiB.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Connection {
    /// Posts a form to the URL of a token endpoint. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Unreachable`] or [`ErrorKind::Untrusted`] if the connection fails, and [`ErrorKind::Server`] if the
    /// URL is invalid or the response is too large.
    pub(crate) async fn post_form(&self, url: &str, form: FormRequest<'_>) -> Result<FormResponse> {
        let invalid_url = || Error::new(ErrorKind::Server, format!("invalid URL `{}`", escape(url)));
        let uri: Uri = url.parse().map_err(|_| invalid_url())?;
        let server = endpoint_of(&uri).ok_or_else(invalid_url)?;
        let target = format!("{server}{}", uri.path());
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::post(path)
            .header(HOST, uri.authority().map_or("", Authority::as_str))
            .header(USER_AGENT, SEALKIT_USER_AGENT)
            .header(ACCEPT, "application/json")
            .header(CACHE_CONTROL, "no-cache")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = form.basic {
            request = request.header(AUTHORIZATION, basic_authorization(id, secret));
        }
        if let Some(proxy) = form.proxy {
            request = request.header(PROXY_AUTHORIZATION, proxy);
        }
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.pairs).finish();
        let body = Full::new(Bytes::from_owner(ZeroizingBody(pairs.into())));
        let request = request.body(body).map_err(|_| invalid_url())?;
        match timeout(TIMEOUT, self.send(&server, request)).await {
            Ok(Ok(Some(response))) => Ok(response),
            Ok(Ok(None)) => {
                let size = MAX_BODY_SIZE >> 10;
                let message = format!("the response of `{target}` is larger than {size} KiB");
                Err(Error::new(ErrorKind::Server, message))
            }
            Ok(Err(error)) => Err(error.into_error(target, &self.origin)),
            Err(_) => Err(ConnectionError::timed_out(TIMEOUT).into_error(target, &self.origin)),
        }
    }

    /// Sends a request. Returns `None` if the response body is too large.
    async fn send(
        &self,
        server: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Option<FormResponse>, ConnectionError> {
        let stream = self.connector.connect(server, HttpVersion::Http1).await?;
        let failed = |error: hyper::Error| ConnectionError::from_http1(&error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let mut connection = tokio::task::JoinSet::from_iter([connection]);
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = read_body(response.into_body()).await.map_err(failed)?;
        connection.abort_all();
        Ok(body.map(|body| FormResponse { status, body }))
    }
}

/// Returns the endpoint of an HTTP URL, or `None` if it is not one or contains credentials.
pub(crate) fn endpoint_of(uri: &Uri) -> Option<Endpoint> {
    let insecure = match uri.scheme_str()? {
        "http" => true,
        "https" => false,
        _ => return None,
    };
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let port = authority.port_u16().unwrap_or(if insecure { 80 } else { 443 });
    Some(Endpoint { insecure, host: authority.host().to_owned(), port })
}

async fn read_body(mut body: Incoming) -> Result<Option<Zeroizing<Vec<u8>>>, hyper::Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if bytes.len() + data.len() > MAX_BODY_SIZE {
            return Ok(None);
        }
        if bytes.len() + data.len() > bytes.capacity() {
            // A vector that grows by itself does not zeroize its old allocation.
            let mut larger = Zeroizing::new(Vec::with_capacity(MAX_BODY_SIZE));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Some(bytes))
}

/// Returns `Basic base64(id:quote_plus(secret))`, as the official tools send it.
fn basic_authorization(id: &str, secret: &ClientSecret) -> HeaderValue {
    // Percent signs of the secret are escaped as `%25`, so `%20` is always an escaped space.
    let quoted = Zeroizing::new(utf8_percent_encode(&secret.0, ESCAPED_CHARACTERS).to_string());
    let quoted = Zeroizing::new(quoted.replace("%20", "+"));
    let plain = Zeroizing::new(format!("{id}:{}", *quoted));
    let header = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(plain.as_bytes())));
    // Base64 is always a valid header value.
    let mut value = HeaderValue::from_str(&header).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// A request body that is zeroized after it is sent.
struct ZeroizingBody(Zeroizing<String>);

impl AsRef<[u8]> for ZeroizingBody {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for FormResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormResponse").field("status", &self.status).finish_non_exhaustive()
    }
}
