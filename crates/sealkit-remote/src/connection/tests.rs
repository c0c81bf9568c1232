use std::net::Ipv4Addr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sealkit_idl::auth::{GetPublicClientConfigRequest, PublicClientConfig};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional, sink},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, Status, codegen::http::uri::PathAndQuery as Path};
use zeroize::Zeroizing;

use super::*;
use crate::{
    config::{AuthMethod, ClientSecret},
    test_server::{CertificateAuthority, ReceivedRequest, TestResponse, TestServer, config},
};

/// Calls a method over gRPC.
async fn call(config: &Config) -> Result<PublicClientConfig, Status> {
    let channel = Connection::new(config).unwrap().channel(&config.endpoint).unwrap();
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let codec = tonic_prost::ProstCodec::<GetPublicClientConfigRequest, PublicClientConfig>::default();
    let request = tonic::Request::new(GetPublicClientConfigRequest {});
    Ok(grpc.unary(request, Path::from_static("/a.Service/Method"), codec).await?.into_inner())
}

/// Makes a call that fails, and returns the kind and text of its error.
async fn call_error(config: &Config) -> (ErrorKind, String) {
    let status = call(config).await.unwrap_err();
    let error = transport_error(&status, &config.endpoint, &config.origin);
    (error.kind(), format!("{error}\n  hint: {}", error.hint().unwrap()))
}

fn hello(_: &ReceivedRequest) -> TestResponse {
    TestResponse::message(&PublicClientConfig { client_id: "hello".into(), ..PublicClientConfig::default() })
}

async fn with_tls(acceptor: tokio_rustls::TlsAcceptor) -> TestServer {
    TestServer::with_tls(Some(acceptor), hello).await
}

/// Starts a server that responds to every request with the same bytes.
async fn raw_server(bytes: &'static [u8]) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
                stream.write_all(bytes).await.ok();
                stream.shutdown().await.ok();
                // Closing a socket with unread data would reset the connection and discard `bytes`.
                copy(&mut stream, &mut sink()).await.ok();
            });
        }
    });
    Endpoint { insecure: true, host: "127.0.0.1".into(), port }
}

#[tokio::test]
async fn a_call_is_made_without_tls() {
    let server = TestServer::new(hello).await;
    assert_eq!(call(&server.config(AuthMethod::None)).await.unwrap().client_id, "hello");
    let request = &server.requests()[0];
    assert_eq!(request.path, "/a.Service/Method");
    assert!(request.header("user-agent").unwrap().starts_with("sealkit/"), "{request:?}");
}

#[tokio::test]
async fn a_server_is_trusted_if_its_certificate_authority_is_configured() {
    let (authority, dir) = (CertificateAuthority::new(), TempDir::new().unwrap());
    let server = with_tls(authority.acceptor("localhost", &["h2"], |_| {})).await;
    let mut config = server.config(AuthMethod::None);
    config.tls.ca_cert = Some(dir.path().join("ca.pem"));
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    assert_eq!(call(&config).await.unwrap().client_id, "hello");

    config.tls.ca_cert = None;
    let (kind, text) = call_error(&config).await;
    assert_eq!(kind, ErrorKind::Untrusted);
    assert!(
        text.contains(
            "(from `config.yaml`): the certificate of the server is signed by an unknown authority"
        ),
        "{text}"
    );
    assert!(text.contains("hint: set `admin.caCertFilePath` to the certificate of its authority"), "{text}");

    config.tls.skip_verify = true;
    assert_eq!(call(&config).await.unwrap().client_id, "hello");
}

#[tokio::test]
async fn the_error_of_a_certificate_names_the_problem() {
    let (authority, dir) = (CertificateAuthority::new(), TempDir::new().unwrap());
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    let trusting = |server: &TestServer| {
        let mut config = server.config(AuthMethod::None);
        config.tls.ca_cert = Some(dir.path().join("ca.pem"));
        config
    };
    let old = with_tls(authority.acceptor("localhost", &["h2"], |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    }));
    let (kind, text) = call_error(&trusting(&old.await)).await;
    assert!(
        kind == ErrorKind::Untrusted && text.contains("the certificate of the server has expired"),
        "{text}"
    );
    let other = with_tls(authority.acceptor("other", &["h2"], |_| {}));
    let (kind, text) = call_error(&trusting(&other.await)).await;
    assert!(
        kind == ErrorKind::Untrusted
            && text.contains("the certificate of the server is for another host name"),
        "{text}"
    );
    for alpn in [&[][..], &["http/1.1"]] {
        let old = with_tls(authority.acceptor("localhost", alpn, |_| {}));
        let (kind, text) = call_error(&trusting(&old.await)).await;
        assert!(kind == ErrorKind::Untrusted && text.contains("does not speak HTTP/2"), "{text}");
    }
}

#[tokio::test]
async fn the_error_of_a_certificate_file_names_the_problem() {
    let (dir, server) = (TempDir::new().unwrap(), TestServer::new(hello).await);
    let path = dir.path().join("ca.pem");
    let mut config = server.config(AuthMethod::None);
    config.tls.ca_cert = Some(path.clone());
    let error = |config: &Config| Connection::new(config).unwrap_err().to_string();
    assert!(error(&config).contains("ca.pem` (from `config.yaml`): entity not found"));
    for (text, message) in [
        ("", ": no certificate"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", ": not PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ": invalid certificate"),
    ] {
        std::fs::write(&path, text).unwrap();
        assert!(error(&config).contains(message), "{}", error(&config));
    }
}

#[tokio::test]
async fn the_error_of_an_unreachable_server_names_the_reason() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut refusing = Endpoint { insecure: true, host: "127.0.0.1".into(), port: unused };
    for insecure in [true, false] {
        refusing.insecure = insecure;
        let (kind, text) = call_error(&config(&refusing, AuthMethod::None)).await;
        assert!(kind == ErrorKind::Unreachable && text.contains(": connection refused"), "{text}");
        assert!(text.contains(&format!("cannot connect to `{refusing}` (from `config.yaml`): ")), "{text}");
    }
    let unknown = Endpoint { insecure: true, host: "unknown.invalid".into(), port: 80 };
    let (kind, text) = call_error(&config(&unknown, AuthMethod::None)).await;
    assert!(kind == ErrorKind::Unreachable && text.contains("host `unknown.invalid` not found"), "{text}");
}

#[tokio::test]
async fn the_error_of_another_protocol_names_it() {
    let html = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>the client sent an HTTP request</html>";
    let mut other = raw_server(html).await;
    let (kind, text) = call_error(&config(&other, AuthMethod::None)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("the server does not speak HTTP/2"), "{text}");
    other.insecure = false;
    let (kind, text) = call_error(&config(&other, AuthMethod::None)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("the server does not use TLS"), "{text}");
    assert!(text.contains("`admin.insecure: true`"), "{text}");
    let mut silent = raw_server(b"").await;
    let (kind, text) = call_error(&config(&silent, AuthMethod::None)).await;
    assert!(kind == ErrorKind::Unreachable && text.contains("connection closed by the server"), "{text}");
    silent.insecure = false;
    let (kind, text) = call_error(&config(&silent, AuthMethod::None)).await;
    assert!(
        kind == ErrorKind::Untrusted && text.contains("closed by the server during the TLS handshake"),
        "{text}"
    );
    let authority = CertificateAuthority::new();
    let mut server = with_tls(authority.acceptor("localhost", &["h2"], |_| {})).await;
    server.endpoint.insecure = true;
    let (_, text) = call_error(&server.config(AuthMethod::None)).await;
    // The server sends an alert and resets the connection. Which of them the client sees first is up to the system.
    let hints = ["the server does not speak HTTP/2", "the server may require TLS"];
    assert!(hints.iter().any(|hint| text.contains(hint)), "{text}");
}

/// Starts a proxy to `localhost` that checks the password and responds with `response`.
async fn proxy(response: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let n = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8(head[..n].to_vec()).unwrap();
                let port = head.strip_prefix("CONNECT behind.invalid:").unwrap().split(' ').next().unwrap();
                assert!(head.contains("\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n"), "{head}");
                stream.write_all(response.as_bytes()).await.unwrap();
                let mut behind = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).await.unwrap();
                copy_bidirectional(&mut stream, &mut behind).await.ok();
            });
        }
    });
    port
}

#[tokio::test]
async fn a_connection_is_tunnelled_through_a_proxy() {
    let server = TestServer::new(hello).await;
    let mut config = server.config(AuthMethod::None);
    config.endpoint.host = "behind.invalid".into();
    let port = proxy("HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n").await;
    config.http_proxy = Some(format!("http://me:p%40ss@127.0.0.1:{port}"));
    assert_eq!(call(&config).await.unwrap().client_id, "hello");
    let port = proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    config.http_proxy = Some(format!("http://me:p%40ss@127.0.0.1:{port}"));
    let (kind, text) = call_error(&config).await;
    assert!(
        kind == ErrorKind::Unreachable
            && text.contains("(from `config.yaml`) responded with HTTP status 407"),
        "{text}"
    );
    assert!(!text.contains("ss@"), "{text}");
    config.http_proxy = Some("socks5://me:p%40ss@h".into());
    let text = Connection::new(&config).unwrap_err().to_string();
    assert_eq!(text, "invalid proxy URL (from `config.yaml`): only `http://` proxies are supported");
}

#[tokio::test]
async fn a_form_is_posted_with_the_client_secret_escaped_as_in_python() {
    let server = TestServer::new(|_| TestResponse::Json(418, "{}")).await;
    let connection = Connection::new(&server.config(AuthMethod::None)).unwrap();
    let secret = ClientSecret(Zeroizing::new("a b%20+~*/ä".into()));
    let pairs = [("scope", "all offline"), ("audience", "a&b")];
    let form = FormRequest { pairs: &pairs, basic: Some(("me", &secret)), proxy: None };
    let response = connection.post_form(&server.url("/token?x=1"), form).await.unwrap();
    assert_eq!((response.status.as_u16(), &response.body[..]), (418, &b"{}"[..]));
    let request = &server.requests()[0];
    assert_eq!(
        (request.path.as_str(), request.body.as_str()),
        ("/token?x=1", "scope=all+offline&audience=a%26b")
    );
    let basic = request.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let basic = String::from_utf8(BASE64_STANDARD.decode(basic).unwrap()).unwrap();
    // `quote_plus` of Python.
    assert_eq!(basic, "me:a+b%2520%2B~%2A%2F%C3%A4");
    assert_eq!(request.header("host").unwrap(), format!("localhost:{}", server.endpoint.port));
}

#[tokio::test]
async fn a_large_body_is_sent_with_progress() {
    let server = TestServer::new(hello).await;
    let body = hyper::body::Bytes::from(vec![7; 16_000_000]);
    let request = hyper::Request::put(server.url("/object?signature=s3cret")).body(body).unwrap();
    let reports = std::sync::Mutex::new(Vec::new());
    let report = |sent| reports.lock().unwrap().push(sent);
    let response = HttpClient::new().send(request, Duration::from_secs(10), &report).await.unwrap();
    assert_eq!(response.status(), 200);
    let received = &server.requests()[0];
    assert_eq!((received.path.as_str(), received.body.len()), ("/object?signature=s3cret", 16_000_000));
    assert_eq!(received.header("content-length"), Some("16000000"));
    let reports = reports.into_inner().unwrap();
    assert!(reports.is_sorted() && reports.last() == Some(&16_000_000) && reports.len() > 1, "{reports:?}");

    // The signature of the URL is not repeated in an error.
    for url in ["http://127.0.0.1:1/object?signature=s3cret", "ftp://h/object?signature=s3cret"] {
        let request = hyper::Request::put(url).body(hyper::body::Bytes::new()).unwrap();
        let error = HttpClient::new().send(request, Duration::from_secs(10), &|_| {}).await.unwrap_err();
        assert!(error.to_string().contains("/object`") && !error.to_string().contains("s3cret"), "{error}");
        assert!(!error.to_string().contains("(from"), "{error}");
    }
}

#[tokio::test]
async fn a_response_that_is_too_large_is_an_error() {
    let server = TestServer::new(|_| TestResponse::Http(200, "text/html", "x".repeat(3 << 20))).await;
    let connection = Connection::new(&server.config(AuthMethod::None)).unwrap();
    let form = || FormRequest { pairs: &[], basic: None, proxy: None };
    let error = connection.post_form(&server.url("/token"), form()).await.unwrap_err();
    assert!(error.to_string().contains("/token` is larger than 1024 KiB"), "{error}");
    for url in ["", "/token", "ftp://host/", "http://me:pass@host/", "http://"] {
        let error = connection.post_form(url, form()).await.unwrap_err();
        // The user may be a password.
        let shown = url.trim_start_matches("http://me:pass@");
        assert_eq!(error.to_string(), format!("invalid URL `{shown}`"));
    }
}

#[tokio::test]
async fn a_client_secret_is_sent_only_to_a_verified_server() {
    let authority = CertificateAuthority::new();
    let acceptor = authority.acceptor("localhost", &["http/1.1"], |_| {});
    let server = TestServer::with_tls(Some(acceptor), |_| TestResponse::Json(200, "{}")).await;
    let mut config = server.config(AuthMethod::None);
    let post = async |config: &Config| {
        let form = FormRequest { pairs: &[], basic: None, proxy: None };
        Connection::new(config).unwrap().post_form(&server.url("/token"), form).await
    };
    config.tls.skip_verify = true;
    assert_eq!(post(&config).await.unwrap().status, 200);
    config.endpoint.host = "cluster".into();
    assert_eq!(post(&config).await.unwrap_err().kind(), ErrorKind::Untrusted);
    config.tls.skip_verify = false;
    assert_eq!(post(&config).await.unwrap_err().kind(), ErrorKind::Untrusted);
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    config.tls.ca_cert = Some(dir.path().join("ca.pem"));
    assert_eq!(post(&config).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_response_that_is_not_grpc_is_mapped_by_its_http_status() {
    for (status, code) in [
        (200, Code::Unknown),
        (302, Code::Unknown),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (503, Code::Unavailable),
    ] {
        let server =
            TestServer::new(move |_| TestResponse::Http(status, "text/html", "<html>welcome</html>".into()))
                .await;
        let grpc_status = call(&server.config(AuthMethod::None)).await.unwrap_err();
        assert_eq!(grpc_status.code(), code);
        assert_eq!(
            grpc_status.message(),
            format!("the response is not gRPC: HTTP status {status}, text/html")
        );
    }
}
