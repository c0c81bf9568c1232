//! Connections to servers: gRPC channels and HTTP requests.

mod channel;
mod connect;
mod error;
mod form;
mod http;
mod proxy;
mod tls;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Uri, http::uri::PathAndQuery};
use hyper_util::rt::TokioIo;
use tonic::{codegen::Service, transport};

pub use self::http::{HttpClient, MAX_RETRY_AFTER, retry_after};
pub(crate) use self::{
    channel::Channel,
    error::transport_error,
    form::{FormRequest, FormResponse},
    http::{Payload, endpoint_of},
};
use self::{
    connect::{Connector, Stream},
    error::ConnectionError,
    tls::HttpVersion,
};
use crate::{
    config::Config,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// The value of the `User-Agent` header.
const SEALKIT_USER_AGENT: &str = concat!("sealkit/", env!("CARGO_PKG_VERSION"));
/// How long connecting may take, including the proxy and the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes connections as the configuration says.
#[derive(Clone)]
pub(crate) struct Connection {
    connector: Arc<Connector>,
    origin: Arc<str>,
}

impl Connection {
    /// Reads the configured certificates and proxies, without connecting.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Config`] if a certificate file or a proxy URL is invalid.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Ok(Self { connector: Arc::new(Connector::new(config)?), origin: config.origin.as_str().into() })
    }

    /// Reads the root certificates of the system and the proxy of the environment on demand.
    fn from_environment() -> Self {
        Self { connector: Arc::new(Connector::from_environment()), origin: "".into() }
    }

    /// Creates a channel to the configured server, or to one that it has named.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Config`] if the endpoint is not a valid address.
    pub(crate) fn channel(&self, server: &Endpoint) -> Result<Channel> {
        let uri = Uri::builder()
            .scheme(if server.insecure { "http" } else { "https" })
            .authority(format!("{}:{}", server.host, server.port))
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
            .map_err(|_| self.invalid_address(server))?;
        // The connector performs TLS itself, so `tonic` must see a URI without TLS.
        let placeholder = Uri::builder().scheme("http").authority("sealkit").path_and_query("/").build();
        let endpoint = transport::Endpoint::from(placeholder.map_err(|_| self.invalid_address(server))?)
            .origin(uri)
            .user_agent(SEALKIT_USER_AGENT)
            .map_err(|_| self.invalid_address(server))?
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10));
        let connector = EndpointConnector { connector: self.connector.clone(), server: server.clone() };
        Ok(Channel(endpoint.connect_with_connector_lazy(connector)))
    }

    fn invalid_address(&self, server: &Endpoint) -> Error {
        Error::new(ErrorKind::Config, format!("invalid server address `{server}` (from `{}`)", self.origin))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Connects the channel of one server.
#[derive(Clone)]
struct EndpointConnector {
    connector: Arc<Connector>,
    server: Endpoint,
}

impl Service<Uri> for EndpointConnector {
    type Response = TokioIo<Stream>;
    type Error = ConnectionError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectionError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { connector, server } = self.clone();
        Box::pin(async move { connector.connect(&server, HttpVersion::Http2).await.map(TokioIo::new) })
    }
}

#[cfg(test)]
mod tests;
