//! Forms that are posted to token endpoints.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PROXY_AUTHORIZATION},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{Connection, Payload, http::invalid_url};
use crate::{config::ClientSecret, error::Result};

/// How long a token endpoint may take to respond.
const TIMEOUT: Duration = Duration::from_secs(30);
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
    /// Returns the errors of [`Connection::send`].
    pub(crate) async fn post_form(&self, url: &str, form: FormRequest<'_>) -> Result<FormResponse> {
        let mut request = Request::post(url)
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
        let body = Bytes::from_owner(ZeroizingBody(pairs.into()));
        let request = request.body(body).map_err(|_| invalid_url(url))?;
        let (head, body) = self.send(request.map(Payload::Bytes), TIMEOUT, &|_| {}).await?.into_parts();
        Ok(FormResponse { status: head.status, body })
    }
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
