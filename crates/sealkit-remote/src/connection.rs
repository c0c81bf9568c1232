//! Connections to servers: gRPC channels, and the requests for tokens.

mod channel;
mod dial;
mod failure;
mod post;
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

pub(crate) use self::{
    channel::Channel,
    failure::explain,
    post::{Form, Reply, server_of},
    proxy::is_here,
};
use self::{
    dial::{Dialer, Speak, Stream},
    failure::Failure,
};
use crate::{
    config::Config,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// What we call ourselves.
const AGENT: &str = concat!("sealkit/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take to be made, with everything that belongs to it.
const CONNECT: Duration = Duration::from_secs(10);

/// Makes connections as a configuration wants them.
#[derive(Clone)]
pub(crate) struct Connection {
    dialer: Arc<Dialer>,
    origin: Arc<str>,
}

impl Connection {
    /// Reads what certificates and proxies are configured; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the file of certificates or the URL of the proxy makes no sense.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Ok(Self { dialer: Arc::new(Dialer::new(config)?), origin: config.origin.as_str().into() })
    }

    /// A channel to a server, which is the one of the configuration or one that it named.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if it is no address.
    pub(crate) fn channel(&self, to: &Endpoint) -> Result<Channel> {
        let uri = Uri::builder()
            .scheme(if to.insecure { "http" } else { "https" })
            .authority(format!("{}:{}", to.host, to.port))
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
            .map_err(|_| self.no_address(to))?;
        // Ours does TLS itself, which `tonic` believes only of addresses without it.
        let behind = Uri::builder().scheme("http").authority("sealkit").path_and_query("/").build();
        let endpoint = transport::Endpoint::from(behind.map_err(|_| self.no_address(to))?)
            .origin(uri)
            .user_agent(AGENT)
            .map_err(|_| self.no_address(to))?
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10));
        let connector = Connector { dialer: self.dialer.clone(), to: to.clone() };
        Ok(Channel(endpoint.connect_with_connector_lazy(connector)))
    }

    fn no_address(&self, to: &Endpoint) -> Error {
        Error::new(ErrorKind::Config, format!("`{to}`, of `{}`, is no address of a server", self.origin))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Connects a channel to one server.
#[derive(Clone)]
struct Connector {
    dialer: Arc<Dialer>,
    to: Endpoint,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { dialer, to } = self.clone();
        Box::pin(async move { dialer.dial(&to, Speak::Http2).await.map(TokioIo::new) })
    }
}

#[cfg(test)]
mod tests;
