//! Connects to a host: TCP, optionally through a proxy, optionally with TLS.

use std::{error::Error as _, io};

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tonic::codegen::Service as _;

use super::{
    CONNECT_TIMEOUT,
    error::ConnectionError,
    proxy::ProxySettings,
    tls::{HttpVersion, TlsClient},
};
use crate::{
    config::Config,
    endpoint::{Endpoint, strip_brackets},
    error::Result,
};

/// A connection, with or without a proxy and TLS.
pub(super) type Stream = Box<dyn ReadWrite>;

/// A bidirectional stream of bytes.
pub(super) trait ReadWrite: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ReadWrite for T {}

/// Connects to servers as the configuration says.
pub(super) struct Connector {
    tls: TlsClient,
    proxies: ProxySettings,
}

impl Connector {
    pub(super) fn new(config: &Config) -> Result<Self> {
        Ok(Self { tls: TlsClient::new(config)?, proxies: ProxySettings::new(config)? })
    }

    /// Creates a connector with the root certificates of the system and the proxy of the environment.
    pub(super) fn from_environment() -> Self {
        Self { tls: TlsClient::with_system_roots(), proxies: ProxySettings::from_environment() }
    }

    /// Connects to a server within [`CONNECT_TIMEOUT`].
    pub(super) async fn connect(
        &self,
        server: &Endpoint,
        version: HttpVersion,
    ) -> Result<Stream, ConnectionError> {
        let connecting = self.connect_without_timeout(server, version);
        let timed_out = |_| Err(ConnectionError::timed_out(CONNECT_TIMEOUT));
        timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(timed_out)
    }

    async fn connect_without_timeout(
        &self,
        server: &Endpoint,
        version: HttpVersion,
    ) -> Result<Stream, ConnectionError> {
        let stream = match self.proxies.for_server(server)? {
            Some(proxy) => {
                let stream = connect_tcp(&proxy.host, proxy.port).await;
                proxy.tunnel(stream.map_err(|error| error.at_proxy(proxy))?, server).await?
            }
            None => connect_tcp(strip_brackets(&server.host), server.port).await?,
        };
        if server.insecure {
            return Ok(Box::new(stream));
        }
        Ok(Box::new(self.tls.handshake(stream, server, version).await?))
    }
}

/// Connects to the first address of `host` that responds ("happy eyeballs").
async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, ConnectionError> {
    let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query("/").build();
    let mut connector = HttpConnector::new();
    // Small messages are sent at once.
    connector.set_nodelay(true);
    // An address that does not respond leaves time for the other ones.
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    match connector.call(uri.map_err(|_| ConnectionError::unknown_host(host))?).await {
        Ok(stream) => Ok(stream.into_inner()),
        // Errors of the resolver have no OS error code, unlike those of sockets.
        Err(error) => Err(match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
            Some(error) if error.raw_os_error().is_some() => ConnectionError::from_io(error),
            Some(error) if error.kind() == io::ErrorKind::TimedOut => ConnectionError::from_io(error),
            _ => ConnectionError::unknown_host(host),
        }),
    }
}
