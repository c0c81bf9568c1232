//! HTTP/1.1 requests, each on a connection of its own.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::{
    Request, Response, Uri,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    client::conn::http1,
    header::{HOST, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT},
    http::uri::{Authority, PathAndQuery},
};
use hyper_util::rt::TokioIo;
use tokio::{sync::watch, time::timeout};
use zeroize::Zeroizing;

use super::{Connection, ConnectionError, HttpVersion, SEALKIT_USER_AGENT};
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result, escape},
};

/// The largest response body to accept.
const MAX_BODY_SIZE: usize = 1 << 20;
/// The longest delay before a retry that a server may ask for.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);
/// The part of a request body that is sent before the progress is reported again.
const CHUNK_SIZE: usize = 64 << 10;

/// A client for HTTP servers other than the cluster, such as object stores and container registries.
///
/// It trusts the root certificates of the system, and uses the proxy in `HTTPS_PROXY` except for the hosts in `NO_PROXY`, for this
/// machine, and without TLS.
#[derive(Clone)]
pub struct HttpClient(Connection);

impl HttpClient {
    /// Creates a client, without any I/O.
    pub fn new() -> Self {
        Self(Connection::from_environment())
    }

    /// Sends a request and returns the response, whatever its status. Redirects are not followed.
    ///
    /// `progress` is called with the number of body bytes that are sent so far.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Unreachable`] or [`ErrorKind::Untrusted`] if the connection fails or takes longer than `timeout`, and
    /// [`ErrorKind::Server`] if the URL is invalid or the response body is larger than 1 MiB. The error does not contain the query
    /// of the URL, which may be a signature.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Response<Zeroizing<Vec<u8>>>> {
        self.0.send(request.map(Payload::Bytes), timeout, progress).await
    }
}

/// The body of a request.
#[derive(Clone)]
pub(crate) enum Payload {
    Bytes(Bytes),
    /// This many bytes of a file, from its position on.
    File(Arc<File>, u64),
}

impl Payload {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }

    /// Takes up to [`CHUNK_SIZE`] bytes from the start.
    fn take(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to(bytes.len().min(CHUNK_SIZE))),
            Self::File(file, left) => {
                let mut chunk = Vec::new();
                (&**file).take((*left).min(CHUNK_SIZE as u64)).read_to_end(&mut chunk)?;
                if chunk.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                *left -= chunk.len() as u64;
                Ok(chunk.into())
            }
        }
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Connection {
    /// Sends a request and returns the response, see [`HttpClient::send`].
    pub(crate) async fn send(
        &self,
        request: Request<Payload>,
        limit: Duration,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Response<Zeroizing<Vec<u8>>>> {
        let invalid_url = || invalid_url(&request.uri().to_string());
        let server = endpoint_of(request.uri()).ok_or_else(invalid_url)?;
        let target = format!("{server}{}", request.uri().path());
        let host = request.uri().authority().map_or("", Authority::as_str);
        let host = HeaderValue::from_str(host).map_err(|_| invalid_url())?;
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        head.uri = path.into();
        head.headers.insert(HOST, host);
        head.headers.insert(USER_AGENT, HeaderValue::from_static(SEALKIT_USER_AGENT));
        let (sent, position) = watch::channel(0);
        let request = Request::from_parts(head, ProgressBody { rest: body, sent });
        let exchange = report(position, progress, self.exchange(&server, request));
        match timeout(limit, exchange).await {
            Ok(Ok(Some(response))) => Ok(response),
            Ok(Ok(None)) => {
                let size = MAX_BODY_SIZE >> 10;
                let message = format!("the response of `{target}` is larger than {size} KiB");
                Err(Error::new(ErrorKind::Server, message))
            }
            Ok(Err(error)) => Err(error.into_error(target, &self.origin)),
            Err(_) => Err(ConnectionError::timed_out(limit).into_error(target, &self.origin)),
        }
    }

    /// Sends a request. Returns `None` if the response body is too large.
    async fn exchange(
        &self,
        server: &Endpoint,
        request: Request<ProgressBody>,
    ) -> Result<Option<Response<Zeroizing<Vec<u8>>>>, ConnectionError> {
        let stream = self.connector.connect(server, HttpVersion::Http1).await?;
        let failed = |error: hyper::Error| ConnectionError::from_http1(&error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let mut connection = tokio::task::JoinSet::from_iter([connection]);
        let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
        let body = read_body(body).await.map_err(failed)?;
        connection.abort_all();
        Ok(body.map(|body| Response::from_parts(head, body)))
    }
}

/// Reports every change of `position` until `exchange` is done.
async fn report<T>(
    mut position: watch::Receiver<u64>,
    progress: &(dyn Fn(u64) + Sync),
    exchange: impl Future<Output = T>,
) -> T {
    tokio::pin!(exchange);
    loop {
        tokio::select! {
            biased;
            done = &mut exchange => return done,
            Ok(()) = position.changed() => progress(*position.borrow_and_update()),
        }
    }
}

/// A request body that counts the bytes sent.
struct ProgressBody {
    rest: Payload,
    sent: watch::Sender<u64>,
}

impl Body for ProgressBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let chunk = self.rest.take();
        if let Ok(chunk) = &chunk {
            self.sent.send_modify(|sent| *sent += chunk.len() as u64);
        }
        Poll::Ready(Some(chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len())
    }
}

/// Returns the delay before a retry that a server asks for in the header `Retry-After`, in seconds.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Returns the error for a URL that no request can be sent to.
pub(super) fn invalid_url(url: &str) -> Error {
    // The query may be a signature, and the user a password.
    let url = url.split('?').next().unwrap_or_default();
    let url = url.rsplit_once('@').map_or(url, |(_, host)| host);
    Error::new(ErrorKind::Server, format!("invalid URL `{}`", escape(url)))
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

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
