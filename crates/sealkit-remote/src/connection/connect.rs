//! Connects to a host: TCP, optionally through a proxy, optionally with TLS.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};

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

/// How long to wait for one address before the next one is tried in parallel ("happy eyeballs").
const NEXT_ADDRESS_DELAY: Duration = Duration::from_millis(300);

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
        // Small messages are sent at once.
        let _ = stream.set_nodelay(true);
        if server.insecure {
            return Ok(Box::new(stream));
        }
        Ok(Box::new(self.tls.handshake(stream, server, version).await?))
    }
}

async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, ConnectionError> {
    let unknown_host = || ConnectionError::unknown_host(host);
    let addresses = lookup_host((host, port)).await.map_err(|_| unknown_host())?;
    let stream = connect_first(addresses).await;
    stream.map_err(|error| error.map_or_else(unknown_host, |error| ConnectionError::from_io(&error)))
}

/// Connects to the first address that responds. The error is `None` if there are no addresses.
async fn connect_first(addresses: impl Iterator<Item = SocketAddr>) -> Result<TcpStream, Option<io::Error>> {
    let mut attempts = JoinSet::new();
    let mut last_error = None;
    let mut connected = |outcome| match outcome {
        Some(Ok(Ok(stream))) => Some(stream),
        Some(Ok(Err(error))) => {
            last_error = Some(error);
            None
        }
        _ => None,
    };
    for address in addresses {
        attempts.spawn(TcpStream::connect(address));
        if let Ok(outcome) = timeout(NEXT_ADDRESS_DELAY, attempts.join_next()).await
            && let Some(stream) = connected(outcome)
        {
            return Ok(stream);
        }
    }
    while !attempts.is_empty() {
        if let Some(stream) = connected(attempts.join_next().await) {
            return Ok(stream);
        }
    }
    Err(last_error)
}
