//! The gRPC client: calls methods with authentication, a timeout and retries.

use std::{
    collections::HashMap,
    error::Error as _,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sealkit_idl::{common::ProjectIdentifier, prost::Message};
use tokio::time::{sleep, timeout};
use tonic::{
    Code, Request, Response, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    metadata::{Ascii, MetadataKey, MetadataValue},
};
use tonic_prost::ProstCodec;

use crate::{
    auth::{Authenticator, Headers, Notify},
    config::Config,
    connection::{self, Channel, Connection},
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
    method::Method,
    rpc_error::RpcError,
};

/// The largest message to accept: outputs are 10 MB at most.
const MAX_MESSAGE_SIZE: usize = 16 << 20;

/// How often a call is retried.
const MAX_RETRIES: u32 = 3;

/// A client for one cluster, or for the control plane of several clusters.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    connection: Connection,
    authenticator: Authenticator,
    control_plane: Server,
    /// The servers that the control plane has named, by the encoded request for them.
    routes: Mutex<HashMap<Vec<u8>, Server>>,
    timeout: Duration,
}

/// A server and the channel to it.
#[derive(Clone, Debug)]
struct Server {
    endpoint: Endpoint,
    channel: Channel,
}

impl Client {
    /// Creates a client that connects on its first call. Each request times out after `timeout`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Config`] if a certificate or proxy of the configuration is invalid.
    pub fn new(config: Config, timeout: Duration, notify: Notify) -> Result<Self> {
        let connection = Connection::new(&config)?;
        let authenticator = Authenticator::new(&config, &connection, notify);
        let control_plane =
            Server { endpoint: config.endpoint.clone(), channel: connection.channel(&config.endpoint)? };
        let routes = Mutex::default();
        Ok(Self(Arc::new(Inner { config, connection, authenticator, control_plane, routes, timeout })))
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns the organization. Open-source Flyte ignores its name, but requires one.
    ///
    /// Defaults to the first label of the host name, as in the official SDK.
    pub fn org(&self) -> &str {
        let Config { org, endpoint, .. } = &self.0.config;
        let host = endpoint.host.trim_start_matches('[');
        if org.is_empty() { host.split(['.', ':']).next().unwrap_or(host) } else { org }
    }

    pub(crate) fn project_id(&self, project: &str, domain: &str) -> ProjectIdentifier {
        ProjectIdentifier {
            organization: self.org().to_owned(),
            domain: domain.to_owned(),
            name: project.to_owned(),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.0.connection
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Returns the route to the control plane.
    pub(crate) fn control_plane(&self) -> Route<'_> {
        Route { client: self, server: self.0.control_plane.clone() }
    }

    /// Returns the route that the control plane has named for `purpose`, if it is cached.
    pub(crate) fn cached_route(&self, purpose: &[u8]) -> Option<Route<'_>> {
        let routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.get(purpose).map(|server| Route { client: self, server: server.clone() })
    }

    /// Caches the server for `purpose`: the control plane if `endpoint` is `None`. All servers accept the same tokens.
    pub(crate) fn cache_route(&self, purpose: Vec<u8>, endpoint: Option<Endpoint>) -> Result<Route<'_>> {
        let server = match endpoint {
            Some(endpoint) => Server { channel: self.0.connection.channel(&endpoint)?, endpoint },
            None => self.0.control_plane.clone(),
        };
        let mut routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.insert(purpose, server.clone());
        Ok(Route { client: self, server })
    }
}

/// A server to call.
#[derive(Clone, Debug)]
pub(crate) struct Route<'a> {
    client: &'a Client,
    server: Server,
}

impl<'a> Route<'a> {
    /// Calls a unary method.
    pub(crate) async fn call<Q, A>(&self, method: Method, message: &Q) -> Result<A, RpcError>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        self.call_with_retries(method, |mut grpc, request| {
            let request = request.map(|()| message.clone());
            async move {
                wait_until_ready(&mut grpc).await?;
                let response = grpc.unary(request, path(method), ProstCodec::<Q, A>::default()).await;
                response.map(Response::into_inner)
            }
        })
        .await
        .map(|(response, _)| response)
    }

    /// Calls a server-streaming method.
    pub(crate) async fn stream<Q, A>(
        &self,
        method: Method,
        message: &Q,
    ) -> Result<ResponseStream<'a, Q, A>, RpcError>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let (stream, headers) = self.open_stream(method, message).await?;
        let (route, message) = (self.clone(), message.clone());
        Ok(ResponseStream { route, method, message, stream, headers: Some(headers) })
    }

    async fn open_stream<Q, A>(
        &self,
        method: Method,
        message: &Q,
    ) -> Result<(Streaming<A>, Headers), RpcError>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        self.call_with_retries(method, |mut grpc, request| {
            let request = request.map(|()| message.clone());
            async move {
                wait_until_ready(&mut grpc).await?;
                let codec = ProstCodec::<Q, A>::default();
                let response = grpc.server_streaming(request, path(method), codec).await;
                response.map(Response::into_inner)
            }
        })
        .await
    }

    /// Converts a status to the error of a call.
    pub(crate) fn rpc_error(&self, method: Method, status: Status) -> RpcError {
        let origin = self.client.0.config.origin.clone();
        RpcError { status, method, was_retried: false, endpoint: self.server.endpoint.clone(), origin }
    }

    /// Makes one call. Renews a rejected token once, and retries the call if that is safe.
    async fn call_with_retries<T, F>(
        &self,
        method: Method,
        call: impl Fn(Grpc<Channel>, Request<()>) -> F,
    ) -> Result<(T, Headers), RpcError>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let inner = &self.client.0;
        let (mut retries, mut is_renewed) = (0, false);
        loop {
            let headers = inner.authenticator.headers().await;
            let headers = headers.map_err(|error| self.wrap_error(method, error))?;
            let mut request = Request::new(());
            headers.add_to(request.metadata_mut());
            self.add_organization(&mut request);
            let grpc = Grpc::new(self.server.channel.clone()).max_decoding_message_size(MAX_MESSAGE_SIZE);
            let outcome = timeout(inner.timeout, call(grpc, request)).await;
            let status = match outcome {
                Ok(Ok(response)) => return Ok((response, headers)),
                Ok(Err(status)) => status,
                Err(_) => {
                    let seconds = inner.timeout.as_secs_f64();
                    Status::deadline_exceeded(format!("no response within {seconds} s"))
                }
            };
            if !is_renewed && inner.authenticator.should_authenticate(&status, &headers) {
                is_renewed = true;
                match inner.authenticator.renew(&headers).await {
                    Ok(()) => continue,
                    // The server has no authentication, so the status has another cause.
                    Err(error)
                        if error.kind() == ErrorKind::Unimplemented && status.code() == Code::Unknown => {}
                    Err(error) => return Err(self.wrap_error(method, error)),
                }
            }
            if retries == MAX_RETRIES || !self.is_retryable(&status, method, retries) {
                let error = self.rpc_error(method, status);
                return Err(RpcError { was_retried: retries > 0, ..error });
            }
            sleep(backoff(retries)).await;
            retries += 1;
        }
    }

    /// Returns whether a retry may succeed and is safe.
    fn is_retryable(&self, status: &Status, method: Method, retries: u32) -> bool {
        let Some(source) = status.source() else {
            // The server did not process a call that it rejected for lack of resources.
            let is_exhausted = status.code() == Code::ResourceExhausted;
            return is_exhausted || (method.is_idempotent && status.code() == Code::Unavailable);
        };
        // An idle connection may have been closed. One retry over a new connection is enough to find out.
        let origin = &self.client.0.config.origin;
        let error = || connection::transport_error(source, &self.server.endpoint, origin);
        retries == 0
            && method.is_idempotent
            && !source.is::<Error>()
            && error().kind() == ErrorKind::Unreachable
    }

    /// Wraps an error of this crate, which the conversion from [`RpcError`] unwraps again.
    pub(crate) fn wrap_error(&self, method: Method, error: Error) -> RpcError {
        self.rpc_error(method, Status::from_error(Box::new(error)))
    }

    /// Adds the header that selects the organization on Union.
    fn add_organization(&self, request: &mut Request<()>) {
        let org = &self.client.0.config.org;
        if let (false, Ok(org)) = (org.is_empty(), MetadataValue::<Ascii>::try_from(org.as_str())) {
            request.metadata_mut().insert(MetadataKey::from_static("x-user-active-org"), org);
        }
    }
}

/// The messages of a server-streaming call.
pub(crate) struct ResponseStream<'a, Q, A> {
    route: Route<'a>,
    method: Method,
    message: Q,
    stream: Streaming<A>,
    /// The headers of the call until the first message: some servers open the stream before they check the token.
    headers: Option<Headers>,
}

impl<Q, A> ResponseStream<'_, Q, A>
where
    Q: Message + Clone + 'static,
    A: Message + Default + 'static,
{
    /// Receives the next message, or `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<A>, RpcError> {
        let authenticator = &self.route.client.0.authenticator;
        loop {
            let (status, headers) = match (self.stream.message().await, self.headers.take()) {
                (Ok(message), _) => return Ok(message),
                (Err(status), Some(headers)) if authenticator.should_authenticate(&status, &headers) => {
                    (status, headers)
                }
                (Err(status), _) => return Err(self.route.rpc_error(self.method, status)),
            };
            match authenticator.renew(&headers).await {
                Ok(()) => self.stream = self.route.open_stream(self.method, &self.message).await?.0,
                Err(error) if error.kind() == ErrorKind::Unimplemented && status.code() == Code::Unknown => {
                    return Err(self.route.rpc_error(self.method, status));
                }
                Err(error) => return Err(self.route.wrap_error(self.method, error)),
            }
        }
    }
}

async fn wait_until_ready(grpc: &mut Grpc<Channel>) -> Result<(), Status> {
    grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))
}

fn path(method: Method) -> PathAndQuery {
    let path = format!("/{}/{}", method.service, method.name);
    PathAndQuery::try_from(path).unwrap_or_else(|_| PathAndQuery::from_static("/"))
}

/// Returns the delay before a retry: exponential backoff with jitter.
pub(crate) fn backoff(retries: u32) -> Duration {
    let longest = Duration::from_millis(500 << retries.min(4));
    let mut random = [0; 1];
    let _ = getrandom::fill(&mut random);
    longest / 2 + longest.mul_f64(f64::from(random[0]) / 512.0)
}
