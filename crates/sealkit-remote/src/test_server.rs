//! A server for tests: HTTP/1 and HTTP/2 on one port, with or without TLS.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{HeaderMap, Request, Response, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sealkit_idl::prost::Message;
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::{
    config::{AuthMethod, Config, Tls},
    endpoint::Endpoint,
};

/// A request that the server received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// The requested host and port.
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the value of a form field.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// A response of the server.
pub(crate) enum TestResponse {
    Http(u16, &'static str, String),
    Json(u16, &'static str),
    /// A gRPC response with a message.
    Message(Vec<u8>),
    /// A gRPC response with a status.
    Status(u16),
    /// No response.
    Never,
}

impl TestResponse {
    pub(crate) fn message(message: &impl Message) -> Self {
        Self::Message(message.encode_to_vec())
    }
}

/// A running server, which stops with its runtime.
pub(crate) struct TestServer {
    pub(crate) endpoint: Endpoint,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

/// A certificate authority for tests.
pub(crate) struct CertificateAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl CertificateAuthority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Creates the TLS acceptor of a server named `name`.
    pub(crate) fn acceptor(
        &self,
        name: &str,
        alpn: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> TlsAcceptor {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl TestServer {
    pub(crate) async fn new(
        respond_to: impl Fn(&ReceivedRequest) -> TestResponse + Send + Sync + 'static,
    ) -> Self {
        Self::with_tls(None, respond_to).await
    }

    pub(crate) async fn with_tls(
        tls: Option<TlsAcceptor>,
        respond_to: impl Fn(&ReceivedRequest) -> TestResponse + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let endpoint = Endpoint { insecure: tls.is_none(), host: "localhost".into(), port };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (respond_to, log) = (Arc::new(respond_to), requests.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (respond_to, log, tls) = (respond_to.clone(), log.clone(), tls.clone());
                let service = service_fn(move |request| respond(request, log.clone(), respond_to.clone()));
                tokio::spawn(async move {
                    let builder = Builder::new(TokioExecutor::new());
                    match tls {
                        None => builder.serve_connection(TokioIo::new(stream), service).await,
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            builder.serve_connection(TokioIo::new(stream), service).await
                        }
                    }
                    .ok();
                });
            }
        });
        Self { endpoint, requests }
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the number of requests for a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let Endpoint { host, port, insecure } = &self.endpoint;
        format!("http{}://{host}:{port}{path}", if *insecure { "" } else { "s" })
    }

    pub(crate) fn config(&self, auth: AuthMethod) -> Config {
        config(&self.endpoint, auth)
    }
}

/// Returns a configuration with only an endpoint and an authentication method.
pub(crate) fn config(endpoint: &Endpoint, auth: AuthMethod) -> Config {
    Config {
        origin: "config.yaml".into(),
        endpoint: endpoint.clone(),
        tls: Tls::default(),
        http_proxy: None,
        auth,
        scopes: Vec::new(),
        proxy_command: Vec::new(),
        org: String::new(),
        project: None,
        domain: None,
        console: None,
        registry: None,
        base_image: None,
    }
}

async fn respond(
    request: Request<Incoming>,
    log: Arc<Mutex<Vec<ReceivedRequest>>>,
    respond_to: Arc<impl Fn(&ReceivedRequest) -> TestResponse>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
    let path = head.uri.path_and_query().unwrap().to_string();
    let host = || head.headers["host"].to_str().unwrap().to_owned();
    let authority = head.uri.authority().map_or_else(host, ToString::to_string);
    let received = ReceivedRequest { authority, path, headers: head.headers, body };
    let response = respond_to(&received);
    log.lock().unwrap().push(received);
    let full = |bytes: Vec<u8>| Full::new(Bytes::from(bytes));
    let builder = Response::builder();
    let response = match response {
        TestResponse::Http(status, kind, body) => {
            builder.status(status).header("content-type", kind).body(full(body.into()).boxed())
        }
        TestResponse::Json(status, body) => {
            builder.status(status).header("content-type", "application/json").body(full(body.into()).boxed())
        }
        TestResponse::Message(message) => {
            let mut frame = vec![0];
            frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
            frame.extend(message);
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
            let body = full(frame).with_trailers(async { Some(Ok(trailers)) });
            builder.header("content-type", "application/grpc").body(body.boxed())
        }
        TestResponse::Status(status) => {
            let builder = builder.header("content-type", "application/grpc").header("grpc-status", status);
            builder.header("grpc-message", "test%20error").body(full(vec![]).boxed())
        }
        TestResponse::Never => pending().await,
    };
    Ok(response.unwrap())
}
