use std::net::Ipv4Addr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sealkit_idl::auth::{GetPublicClientConfigRequest, PublicClientConfig};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, Status, codegen::http::uri::PathAndQuery as Path};
use zeroize::Zeroizing;

use super::*;
use crate::{
    config::{Auth, ClientSecret},
    fake::{Answer, Asked, Authority, Fake, config},
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

/// Why a call could not be made.
async fn told(config: &Config) -> (ErrorKind, String) {
    let status = call(config).await.unwrap_err();
    let error = explain(&status, &config.endpoint, &config.origin);
    (error.kind(), format!("{error}\n  hint: {}", error.hint().unwrap()))
}

fn hello(_: &Asked) -> Answer {
    Answer::message(&PublicClientConfig { client_id: "hello".into(), ..PublicClientConfig::default() })
}

async fn with_tls(acceptor: tokio_rustls::TlsAcceptor) -> Fake {
    Fake::with_tls(Some(acceptor), hello).await
}

/// Somebody who answers everybody with the same bytes.
async fn babbler(bytes: &'static [u8]) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
                stream.write_all(bytes).await.ok();
            });
        }
    });
    Endpoint { insecure: true, host: "127.0.0.1".into(), port }
}

#[tokio::test]
async fn a_server_is_called_in_the_clear() {
    let fake = Fake::new(hello).await;
    assert_eq!(call(&fake.config(Auth::None)).await.unwrap().client_id, "hello");
    let asked = &fake.asked()[0];
    assert_eq!(asked.path, "/a.Service/Method");
    assert!(asked.header("user-agent").unwrap().starts_with("sealkit/"), "{asked:?}");
}

#[tokio::test]
async fn a_server_is_trusted_for_the_certificate_of_its_authority() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let fake = with_tls(authority.acceptor("localhost", &["h2"], |_| {})).await;
    let mut config = fake.config(Auth::None);
    config.tls.ca_cert = Some(dir.path().join("ca.pem"));
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    assert_eq!(call(&config).await.unwrap().client_id, "hello");

    config.tls.ca_cert = None;
    let (kind, text) = told(&config).await;
    assert_eq!(kind, ErrorKind::Untrusted);
    assert!(text.contains("(of `config.yaml`) cannot be trusted: nobody known here has signed"), "{text}");
    assert!(text.contains("hint: name the certificate of its authority in `admin.caCertFilePath`"), "{text}");

    config.tls.skip_verify = true;
    assert_eq!(call(&config).await.unwrap().client_id, "hello");
}

#[tokio::test]
async fn it_is_said_what_is_wrong_with_a_certificate() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    let trusting = |fake: &Fake| {
        let mut config = fake.config(Auth::None);
        config.tls.ca_cert = Some(dir.path().join("ca.pem"));
        config
    };
    let old = with_tls(authority.acceptor("localhost", &["h2"], |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    }));
    let (kind, text) = told(&trusting(&old.await)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("its certificate has expired"), "{text}");
    let other = with_tls(authority.acceptor("other", &["h2"], |_| {}));
    let (kind, text) = told(&trusting(&other.await)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("its certificate is for another name"), "{text}");
    for alpn in [&[][..], &["http/1.1"]] {
        let old = with_tls(authority.acceptor("localhost", alpn, |_| {}));
        let (kind, text) = told(&trusting(&old.await)).await;
        assert!(kind == ErrorKind::Untrusted && text.contains("does not speak HTTP/2"), "{text}");
    }
}

#[tokio::test]
async fn it_is_said_what_is_wrong_with_a_file_of_certificates() {
    let (dir, fake) = (TempDir::new().unwrap(), Fake::new(hello).await);
    let path = dir.path().join("ca.pem");
    let mut config = fake.config(Auth::None);
    config.tls.ca_cert = Some(path.clone());
    let of = |config: &Config| Connection::new(config).unwrap_err().to_string();
    assert!(of(&config).contains("ca.pem`, the file of certificates of `config.yaml`, cannot be read"));
    for (text, message) in [
        ("", "has no certificate"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "is no PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "has a certificate that is broken",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        assert!(of(&config).contains(message), "{}", of(&config));
    }
}

#[tokio::test]
async fn it_is_said_why_nobody_is_reached() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut refusing = Endpoint { insecure: true, host: "127.0.0.1".into(), port: unused };
    for insecure in [true, false] {
        refusing.insecure = insecure;
        let (kind, text) = told(&config(&refusing, Auth::None)).await;
        assert!(kind == ErrorKind::Unreachable && text.contains("the connection is refused"), "{text}");
        assert!(text.contains(&format!("`{refusing}` (of `config.yaml`) cannot be reached")), "{text}");
    }
    let unknown = Endpoint { insecure: true, host: "nobody.invalid".into(), port: 80 };
    let (kind, text) = told(&config(&unknown, Auth::None)).await;
    assert!(
        kind == ErrorKind::Unreachable && text.contains("no host is known as `nobody.invalid`"),
        "{text}"
    );
}

#[tokio::test]
async fn it_is_said_that_a_server_speaks_something_else() {
    let html = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>the client sent an HTTP request</html>";
    let mut other = babbler(html).await;
    let (kind, text) = told(&config(&other, Auth::None)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("it does not speak HTTP/2"), "{text}");
    other.insecure = false;
    let (kind, text) = told(&config(&other, Auth::None)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("it does not speak TLS"), "{text}");
    assert!(text.contains("`admin.insecure: true`"), "{text}");
    let mut silent = babbler(b"").await;
    let (kind, text) = told(&config(&silent, Auth::None)).await;
    assert!(kind == ErrorKind::Unreachable && text.contains("the connection was closed"), "{text}");
    silent.insecure = false;
    let (kind, text) = told(&config(&silent, Auth::None)).await;
    assert!(
        kind == ErrorKind::Untrusted && text.contains("closes the connection when asked for TLS"),
        "{text}"
    );
    let authority = Authority::new();
    let mut fake = with_tls(authority.acceptor("localhost", &["h2"], |_| {})).await;
    fake.endpoint.insecure = true;
    let (kind, text) = told(&fake.config(Auth::None)).await;
    assert!(kind == ErrorKind::Untrusted && text.contains("it does not speak HTTP/2"), "{text}");
}

/// A proxy that lets everybody through to `localhost` who knows the password.
async fn proxy(answer: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let n = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8(head[..n].to_vec()).unwrap();
                let to = head.strip_prefix("CONNECT behind.invalid:").unwrap().split(' ').next().unwrap();
                assert!(head.contains("\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n"), "{head}");
                stream.write_all(answer.as_bytes()).await.unwrap();
                let mut behind = TcpStream::connect(("127.0.0.1", to.parse().unwrap())).await.unwrap();
                copy_bidirectional(&mut stream, &mut behind).await.ok();
            });
        }
    });
    port
}

#[tokio::test]
async fn a_proxy_is_asked_to_connect() {
    let fake = Fake::new(hello).await;
    let mut config = fake.config(Auth::None);
    config.endpoint.host = "behind.invalid".into();
    let port = proxy("HTTP/1.1 200 Connection established\r\nVia: 1.1 somebody\r\n\r\n").await;
    config.http_proxy = Some(format!("http://me:p%40ss@127.0.0.1:{port}"));
    assert_eq!(call(&config).await.unwrap().client_id, "hello");
    let port = proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    config.http_proxy = Some(format!("http://me:p%40ss@127.0.0.1:{port}"));
    let (kind, text) = told(&config).await;
    assert!(
        kind == ErrorKind::Unreachable && text.contains("(of `config.yaml`) answers with status 407"),
        "{text}"
    );
    assert!(!text.contains("ss@"), "{text}");
    config.http_proxy = Some("socks5://me:p%40ss@h".into());
    let text = Connection::new(&config).unwrap_err().to_string();
    assert_eq!(text, "the URL of the proxy, of `config.yaml`, is not of a proxy that speaks HTTP");
}

#[tokio::test]
async fn a_form_is_posted_with_the_secret_escaped_as_python_does() {
    let fake = Fake::new(|_| Answer::Json(418, "{}")).await;
    let connection = Connection::new(&fake.config(Auth::None)).unwrap();
    let secret = ClientSecret(Zeroizing::new("a b%20+~*/ä".into()));
    let pairs = [("scope", "all offline"), ("audience", "a&b")];
    let form = Form { pairs: &pairs, basic: Some(("me", &secret)), proxy: None };
    let reply = connection.post_form(&fake.url("/token?x=1"), form).await.unwrap();
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (418, &b"{}"[..]));
    let asked = &fake.asked()[0];
    assert_eq!(
        (asked.path.as_str(), asked.body.as_str()),
        ("/token?x=1", "scope=all+offline&audience=a%26b")
    );
    let basic = asked.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let basic = String::from_utf8(BASE64_STANDARD.decode(basic).unwrap()).unwrap();
    // `quote_plus` of Python.
    assert_eq!(basic, "me:a+b%2520%2B~%2A%2F%C3%A4");
    assert_eq!(asked.header("host").unwrap(), format!("localhost:{}", fake.endpoint.port));
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_not_read_to_the_end() {
    let fake = Fake::new(|_| Answer::Http(200, "text/html", "x".repeat(3 << 20))).await;
    let connection = Connection::new(&fake.config(Auth::None)).unwrap();
    let form = || Form { pairs: &[], basic: None, proxy: None };
    let error = connection.post_form(&fake.url("/token"), form()).await.unwrap_err();
    assert!(
        error.to_string().contains("/token` answers more than 1024 KiB where a token is asked for"),
        "{error}"
    );
    for url in ["", "/token", "ftp://host/", "http://me:pass@host/", "http://"] {
        let error = connection.post_form(url, form()).await.unwrap_err();
        assert!(error.to_string().ends_with("is no URL"), "{error}");
    }
}

#[tokio::test]
async fn secrets_of_clients_are_sent_to_nobody_unknown() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", &["http/1.1"], |_| {});
    let fake = Fake::with_tls(Some(acceptor), |_| Answer::Json(200, "{}")).await;
    let mut config = fake.config(Auth::None);
    let post = async |config: &Config| {
        let form = Form { pairs: &[], basic: None, proxy: None };
        Connection::new(config).unwrap().post_form(&fake.url("/token"), form).await
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
async fn an_answer_that_is_not_of_grpc_means_what_its_status_says() {
    for (status, code) in [
        (200, Code::Unknown),
        (302, Code::Unknown),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (503, Code::Unavailable),
    ] {
        let fake = Fake::new(move |_| Answer::Http(status, "text/html", "<html>welcome</html>".into())).await;
        let told = call(&fake.config(Auth::None)).await.unwrap_err();
        assert_eq!(told.code(), code);
        assert_eq!(told.message(), format!("the answer is `text/html` with HTTP status {status}, not gRPC"));
    }
}
