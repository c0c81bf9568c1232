//! Forms that are sent to token endpoints.

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

use super::{AGENT, Connection, Failure, Speak};
use crate::{
    config::ClientSecret,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result, shown},
};

/// How long a token endpoint may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long its answer may be.
const LIMIT: usize = 1 << 20;
/// What stays as it is in the secret of a client, as in `quote_plus` of Python.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');

/// What is sent.
pub(crate) struct Form<'a> {
    /// Names and values.
    pub(crate) pairs: &'a [(&'a str, &'a str)],
    /// Who the client is, and its secret.
    pub(crate) basic: Option<(&'a str, &'a ClientSecret)>,
    /// A token for a proxy before the server.
    pub(crate) proxy: Option<&'a HeaderValue>,
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// At most 1 MiB.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Connection {
    /// Posts a form to the URL of a token endpoint; a redirection is an answer like any other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`] or [`ErrorKind::Untrusted`], and [`ErrorKind::Server`] if the URL makes no sense or
    /// the answer does not end.
    pub(crate) async fn post_form(&self, url: &str, form: Form<'_>) -> Result<Reply> {
        let no_url = || Error::new(ErrorKind::Server, format!("`{}` is no URL", shown(url)));
        let uri: Uri = url.parse().map_err(|_| no_url())?;
        let to = server_of(&uri).ok_or_else(no_url)?;
        let place = format!("{to}{}", uri.path());
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::post(path)
            .header(HOST, uri.authority().map_or("", Authority::as_str))
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json")
            .header(CACHE_CONTROL, "no-cache")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = form.basic {
            request = request.header(AUTHORIZATION, basic(id, secret));
        }
        if let Some(proxy) = form.proxy {
            request = request.header(PROXY_AUTHORIZATION, proxy);
        }
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.pairs).finish();
        let request =
            request.body(Full::new(Bytes::from_owner(Wiped(pairs.into())))).map_err(|_| no_url())?;
        match timeout(ANSWER, self.send(&to, request)).await {
            Ok(Ok(Some(reply))) => Ok(reply),
            Ok(Ok(None)) => {
                let what =
                    format!("`{place}` answers more than {} KiB where a token is asked for", LIMIT >> 10);
                Err(Error::new(ErrorKind::Server, what))
            }
            Ok(Err(failure)) => Err(failure.into_error(place, &self.origin)),
            Err(_) => Err(Failure::silent(ANSWER).into_error(place, &self.origin)),
        }
    }

    /// `None` if the answer is too long.
    async fn send(&self, to: &Endpoint, request: Request<Full<Bytes>>) -> Result<Option<Reply>, Failure> {
        let stream = self.dialer.dial(to, Speak::Http1).await?;
        let failed = |error: hyper::Error| Failure::of_http1(&error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let mut connection = tokio::task::JoinSet::from_iter([connection]);
        let reply = sender.send_request(request).await.map_err(failed)?;
        let status = reply.status();
        let body = collect(reply.into_body()).await.map_err(failed)?;
        connection.abort_all();
        Ok(body.map(|body| Reply { status, body }))
    }
}

/// The server of a URL, if it is one of HTTP without a name and a password.
pub(crate) fn server_of(uri: &Uri) -> Option<Endpoint> {
    let insecure = match uri.scheme_str()? {
        "http" => true,
        "https" => false,
        _ => return None,
    };
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let port = authority.port_u16().unwrap_or(if insecure { 80 } else { 443 });
    Some(Endpoint { insecure, host: authority.host().to_owned(), port })
}

async fn collect(mut body: Incoming) -> Result<Option<Zeroizing<Vec<u8>>>, hyper::Error> {
    let mut all = Zeroizing::new(Vec::with_capacity(16 << 10));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if all.len() + data.len() > LIMIT {
            return Ok(None);
        }
        if all.len() + data.len() > all.capacity() {
            // A vector that grows by itself leaves what it had behind.
            let mut larger = Zeroizing::new(Vec::with_capacity(LIMIT));
            larger.extend_from_slice(&all);
            all = larger;
        }
        all.extend_from_slice(&data);
    }
    Ok(Some(all))
}

/// `Basic base64(id:quote_plus(secret))`, which is what the official tools send.
fn basic(id: &str, secret: &ClientSecret) -> HeaderValue {
    // A percent sign of the secret is escaped, so what looks like an escaped space is one.
    let quoted = Zeroizing::new(utf8_percent_encode(&secret.0, KEPT).to_string());
    let quoted = Zeroizing::new(quoted.replace("%20", "+"));
    let plain = Zeroizing::new(format!("{id}:{}", *quoted));
    let header = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(plain.as_bytes())));
    // Base 64 is always fit for a header.
    let mut value = HeaderValue::from_str(&header).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The bytes of a request, which are wiped when they were sent.
struct Wiped(Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}
