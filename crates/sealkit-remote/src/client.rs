//! Calls of services: with a token, in time, and again where that may help.

use std::{
    collections::HashMap,
    error::Error as _,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sealkit_idl::prost::Message;
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
    refused::Refused,
};

/// The largest answer: outputs are 10 MB at most.
const LARGEST_ANSWER: usize = 16 << 20;

/// How often a call is tried again.
const RETRIES: u32 = 3;

/// A method of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    /// Doing it twice is doing it once.
    pub(crate) is_idempotent: bool,
}

/// A client of one cluster, or of the control plane of several.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    connection: Connection,
    auth: Authenticator,
    control_plane: Server,
    /// The servers that the control plane has named, by what they are for.
    named: Mutex<HashMap<Vec<u8>, Server>>,
    patience: Duration,
}

/// A server, and the way to it.
#[derive(Clone, Debug)]
struct Server {
    endpoint: Endpoint,
    channel: Channel,
}

impl Client {
    /// A client, which connects when it is needed. An answer is waited for as long as `patience` says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where a certificate or proxy of the configuration makes no sense.
    pub fn new(config: Config, patience: Duration, notify: Notify) -> Result<Self> {
        let connection = Connection::new(&config)?;
        let auth = Authenticator::new(&config, &connection, notify);
        let control_plane =
            Server { endpoint: config.endpoint.clone(), channel: connection.channel(&config.endpoint)? };
        let named = Mutex::default();
        Ok(Self(Arc::new(Inner { config, connection, auth, control_plane, named, patience })))
    }

    /// Where the cluster is and how one is let in.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The organization: open-source Flyte has one, whose name does not matter, but wants it to have a name.
    ///
    /// Where none is configured, it is the first part of the host, as with the official SDK.
    pub fn org(&self) -> &str {
        let Config { org, endpoint, .. } = &self.0.config;
        let host = endpoint.host.trim_start_matches('[');
        if org.is_empty() { host.split(['.', ':']).next().unwrap_or(host) } else { org }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.0.patience
    }

    /// The control plane.
    pub(crate) fn control_plane(&self) -> Route<'_> {
        Route { client: self, server: self.0.control_plane.clone() }
    }

    /// The server that the control plane has named for this purpose, if it was asked.
    pub(crate) fn named(&self, purpose: &[u8]) -> Option<Route<'_>> {
        let named = self.0.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.get(purpose).map(|server| Route { client: self, server: server.clone() })
    }

    /// Notes which server is for this purpose, if not the control plane itself; it takes the same tokens.
    pub(crate) fn name(&self, purpose: Vec<u8>, endpoint: Option<Endpoint>) -> Result<Route<'_>> {
        let server = match endpoint {
            Some(endpoint) => Server { channel: self.0.connection.channel(&endpoint)?, endpoint },
            None => self.0.control_plane.clone(),
        };
        let mut named = self.0.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.insert(purpose, server.clone());
        Ok(Route { client: self, server })
    }
}

/// A server that is spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Route<'a> {
    client: &'a Client,
    server: Server,
}

impl<'a> Route<'a> {
    /// Calls a method that answers once.
    pub(crate) async fn call<Q, A>(&self, method: Method, message: &Q) -> Result<A, Refused>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        self.with_patience(method, |mut grpc, request| {
            let request = request.map(|()| message.clone());
            async move {
                ready(&mut grpc).await?;
                let answer = grpc.unary(request, path(method), ProstCodec::<Q, A>::default()).await;
                answer.map(Response::into_inner)
            }
        })
        .await
        .map(|(answer, _)| answer)
    }

    /// Calls a method that answers again and again.
    pub(crate) async fn watch<Q, A>(&self, method: Method, message: &Q) -> Result<Watch<'a, Q, A>, Refused>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let (stream, headers) = self.open(method, message).await?;
        Ok(Watch { route: self.clone(), method, message: message.clone(), stream, headers: Some(headers) })
    }

    async fn open<Q, A>(&self, method: Method, message: &Q) -> Result<(Streaming<A>, Headers), Refused>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        self.with_patience(method, |mut grpc, request| {
            let request = request.map(|()| message.clone());
            async move {
                ready(&mut grpc).await?;
                let codec = ProstCodec::<Q, A>::default();
                let answer = grpc.server_streaming(request, path(method), codec).await;
                answer.map(Response::into_inner)
            }
        })
        .await
    }

    /// Why a stream has ended.
    pub(crate) fn refused(&self, method: Method, status: Status) -> Refused {
        let origin = self.client.0.config.origin.clone();
        Refused { status, method, was_tried_again: false, endpoint: self.server.endpoint.clone(), origin }
    }

    /// One call: with a new token if the old one is refused, and again if the server has too much to do.
    async fn with_patience<T, F>(
        &self,
        method: Method,
        call: impl Fn(Grpc<Channel>, Request<()>) -> F,
    ) -> Result<(T, Headers), Refused>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let inner = &self.client.0;
        let (mut tries, mut is_renewed) = (0, false);
        loop {
            let headers = inner.auth.headers().await.map_err(|error| self.failed(method, error))?;
            let mut request = Request::new(());
            headers.add_to(request.metadata_mut());
            self.name_organization(&mut request);
            let grpc = Grpc::new(self.server.channel.clone()).max_decoding_message_size(LARGEST_ANSWER);
            let outcome = timeout(inner.patience, call(grpc, request)).await;
            let status = match outcome {
                Ok(Ok(answer)) => return Ok((answer, headers)),
                Ok(Err(status)) => status,
                Err(_) => {
                    let seconds = inner.patience.as_secs_f64();
                    Status::deadline_exceeded(format!("no answer within {seconds} s"))
                }
            };
            if !is_renewed && inner.auth.is_wanted(&status, &headers) {
                is_renewed = true;
                match inner.auth.renew(&headers).await {
                    Ok(()) => continue,
                    // It was about something else.
                    Err(error)
                        if error.kind() == ErrorKind::Unimplemented && status.code() == Code::Unknown => {}
                    Err(error) => return Err(self.failed(method, error)),
                }
            }
            if tries == RETRIES || !self.may_be_tried_again(&status, method, tries) {
                let refused = self.refused(method, status);
                return Err(Refused { was_tried_again: tries > 0, ..refused });
            }
            sleep(pause(tries)).await;
            tries += 1;
        }
    }

    /// Whether the same call may be answered a moment later, and does no harm if it was already.
    fn may_be_tried_again(&self, status: &Status, method: Method, tries: u32) -> bool {
        let Some(source) = status.source() else {
            // What was not even looked at may be asked for twice.
            let is_busy = status.code() == Code::ResourceExhausted;
            return is_busy || (method.is_idempotent && status.code() == Code::Unavailable);
        };
        // A connection that was idle may be gone: once is enough to know.
        let origin = &self.client.0.config.origin;
        tries == 0
            && method.is_idempotent
            && !source.is::<Error>()
            && connection::explain(source, &self.server.endpoint, origin).kind() == ErrorKind::Unreachable
    }

    /// What has already been explained goes through as it is.
    pub(crate) fn failed(&self, method: Method, error: Error) -> Refused {
        self.refused(method, Status::from_error(Box::new(error)))
    }

    /// Union wants to know which organization is meant, if there is one.
    fn name_organization(&self, request: &mut Request<()>) {
        let org = &self.client.0.config.org;
        if let (false, Ok(org)) = (org.is_empty(), MetadataValue::<Ascii>::try_from(org.as_str())) {
            request.metadata_mut().insert(MetadataKey::from_static("x-user-active-org"), org);
        }
    }
}

/// Answers of a method, one after the other.
pub(crate) struct Watch<'a, Q, A> {
    route: Route<'a>,
    method: Method,
    message: Q,
    stream: Streaming<A>,
    /// What was sent, as long as nothing has come: some servers let anybody in first, and then refuse.
    headers: Option<Headers>,
}

impl<Q, A> Watch<'_, Q, A>
where
    Q: Message + Clone + 'static,
    A: Message + Default + 'static,
{
    /// The next answer; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<A>, Refused> {
        let auth = &self.route.client.0.auth;
        loop {
            let (status, sent) = match (self.stream.message().await, self.headers.take()) {
                (Ok(answer), _) => return Ok(answer),
                (Err(status), Some(sent)) if auth.is_wanted(&status, &sent) => (status, sent),
                (Err(status), _) => return Err(self.route.refused(self.method, status)),
            };
            match auth.renew(&sent).await {
                Ok(()) => self.stream = self.route.open(self.method, &self.message).await?.0,
                Err(error) if error.kind() == ErrorKind::Unimplemented && status.code() == Code::Unknown => {
                    return Err(self.route.refused(self.method, status));
                }
                Err(error) => return Err(self.route.failed(self.method, error)),
            }
        }
    }
}

async fn ready(grpc: &mut Grpc<Channel>) -> Result<(), Status> {
    grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))
}

fn path(method: Method) -> PathAndQuery {
    let path = format!("/{}/{}", method.service, method.name);
    PathAndQuery::try_from(path).unwrap_or_else(|_| PathAndQuery::from_static("/"))
}

/// Longer every time, and not the same for everybody.
fn pause(tries: u32) -> Duration {
    let longest = Duration::from_millis(500 << tries.min(4));
    let mut random = [0; 1];
    let _ = getrandom::fill(&mut random);
    longest / 2 + longest.mul_f64(f64::from(random[0]) / 512.0)
}
