//! From the name of a host to a stream of bytes: sockets, a proxy in between, TLS around.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};

use super::{CONNECT, failure::Failure, proxy::Proxies, tls::Tls};
use crate::{config::Config, endpoint::Endpoint, error::Result};

/// How long an address may be silent before the next one is tried beside it.
const NEXT: Duration = Duration::from_millis(300);

/// A connection, whatever is in between.
pub(super) type Stream = Box<dyn Bytes>;

/// Bytes both ways.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// Which version of HTTP the server has to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speak {
    /// As token endpoints do.
    Http1,
    /// As gRPC does.
    Http2,
}

/// Who connects.
pub(super) struct Dialer {
    tls: Tls,
    proxies: Proxies,
}

impl Dialer {
    pub(super) fn new(config: &Config) -> Result<Self> {
        Ok(Self { tls: Tls::new(config)?, proxies: Proxies::new(config)? })
    }

    /// Connects to `to` within [`CONNECT`].
    pub(super) async fn dial(&self, to: &Endpoint, speak: Speak) -> Result<Stream, Failure> {
        timeout(CONNECT, self.within(to, speak)).await.unwrap_or_else(|_| Err(Failure::silent(CONNECT)))
    }

    async fn within(&self, to: &Endpoint, speak: Speak) -> Result<Stream, Failure> {
        let stream = match self.proxies.of(to)? {
            Some(proxy) => {
                let stream = connect(&proxy.host, proxy.port).await;
                proxy.tunnel(stream.map_err(|failure| failure.at(proxy))?, to).await?
            }
            None => connect(bare(&to.host), to.port).await?,
        };
        // Small messages are not to wait for one another.
        let _ = stream.set_nodelay(true);
        if to.insecure {
            return Ok(Box::new(stream));
        }
        Ok(Box::new(self.tls.around(stream, to, speak).await?))
    }
}

/// The name or address of a host; that of IPv6 without its brackets.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, Failure> {
    let addresses = lookup_host((host, port)).await.map_err(|_| Failure::unknown(host))?;
    race(addresses).await.map_err(|error| error.map_or_else(|| Failure::unknown(host), |e| Failure::io(&e)))
}

/// The first address that answers; one that is silent does not keep the next from being tried.
async fn race(addresses: impl Iterator<Item = SocketAddr>) -> Result<TcpStream, Option<io::Error>> {
    let mut attempts = JoinSet::new();
    let mut last = None;
    let mut settle = |done| match done {
        Some(Ok(Ok(stream))) => Some(stream),
        Some(Ok(Err(error))) => {
            last = Some(error);
            None
        }
        _ => None,
    };
    for address in addresses {
        attempts.spawn(TcpStream::connect(address));
        if let Ok(done) = timeout(NEXT, attempts.join_next()).await
            && let Some(stream) = settle(done)
        {
            return Ok(stream);
        }
    }
    while !attempts.is_empty() {
        if let Some(stream) = settle(attempts.join_next().await) {
            return Ok(stream);
        }
    }
    Err(last)
}
