//! A server for tests: both versions of HTTP on one port, in the clear or with TLS.

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
    config::{Auth, Config, Tls},
    endpoint::Endpoint,
};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The host and port that were meant.
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The value of a form.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What is answered.
pub(crate) enum Answer {
    Http(u16, &'static str, String),
    Json(u16, &'static str),
    /// Of gRPC.
    Message(Vec<u8>),
    /// Of gRPC.
    Status(u16),
    Never,
}

impl Answer {
    pub(crate) fn message(message: &impl Message) -> Self {
        Self::Message(message.encode_to_vec())
    }
}

/// A running server, which goes with its runtime.
pub(crate) struct Fake {
    pub(crate) endpoint: Endpoint,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Certificates of one authority of ours.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// What a server called `name` has.
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

impl Fake {
    pub(crate) async fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::with_tls(None, answer).await
    }

    pub(crate) async fn with_tls(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let endpoint = Endpoint { insecure: tls.is_none(), host: "localhost".into(), port };
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), asked.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, log, tls) = (answer.clone(), log.clone(), tls.clone());
                let service = service_fn(move |request| respond(request, log.clone(), answer.clone()));
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
        Self { endpoint, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let Endpoint { host, port, insecure } = &self.endpoint;
        format!("http{}://{host}:{port}{path}", if *insecure { "" } else { "s" })
    }

    pub(crate) fn config(&self, auth: Auth) -> Config {
        config(&self.endpoint, auth)
    }
}

/// A configuration with nothing else in it.
pub(crate) fn config(endpoint: &Endpoint, auth: Auth) -> Config {
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
    }
}

async fn respond(
    request: Request<Incoming>,
    log: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<impl Fn(&Asked) -> Answer>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
    let path = head.uri.path_and_query().unwrap().to_string();
    let host = || head.headers["host"].to_str().unwrap().to_owned();
    let authority = head.uri.authority().map_or_else(host, ToString::to_string);
    let asked = Asked { authority, path, headers: head.headers, body };
    let answer = answer(&asked);
    log.lock().unwrap().push(asked);
    let full = |bytes: Vec<u8>| Full::new(Bytes::from(bytes));
    let response = Response::builder();
    let response = match answer {
        Answer::Http(status, kind, body) => {
            response.status(status).header("content-type", kind).body(full(body.into()).boxed())
        }
        Answer::Json(status, body) => {
            response.status(status).header("content-type", "application/json").body(full(body.into()).boxed())
        }
        Answer::Message(message) => {
            let mut frame = vec![0];
            frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
            frame.extend(message);
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
            let body = full(frame).with_trailers(async { Some(Ok(trailers)) });
            response.header("content-type", "application/grpc").body(body.boxed())
        }
        Answer::Status(status) => {
            let response = response.header("content-type", "application/grpc").header("grpc-status", status);
            response.header("grpc-message", "nothing%20of%20that").body(full(vec![]).boxed())
        }
        Answer::Never => pending().await,
    };
    Ok(response.unwrap())
}
