use std::{sync::atomic::AtomicUsize, time::Duration};

use sealkit_idl::auth::{OAuth2Metadata, PublicClientConfig};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use zeroize::Zeroizing;

use super::{metadata::check_url, *};
use crate::{
    config::ClientSecret,
    fake::{Answer, Asked, Fake},
};

const TOKEN: &str =
    r#"{"access_token":"s3cret-1","refresh_token":"s3cret-r","token_type":"bearer","expires_in":3600}"#;

fn quiet() -> Notify {
    Arc::new(|notice| panic!("{notice:?}"))
}

fn client_secret() -> Auth {
    Auth::ClientSecret { client_id: "me".into(), secret: ClientSecret(Zeroizing::new("s3cret-c".into())) }
}

/// A server that says that tokens are given by itself, and people come back to `port`.
async fn server(port: u16, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Fake {
    Fake::new(move |asked| {
        let at = |path: &str| format!("http://{}{path}", asked.authority);
        match asked.path.as_str() {
            "/flyteidl2.auth.AuthMetadataService/GetOAuth2Metadata" => Answer::message(&OAuth2Metadata {
                authorization_endpoint: at("/allow?tenant=1"),
                token_endpoint: at("/token"),
                scopes_supported: vec!["never".into()],
                device_authorization_endpoint: at("/device"),
            }),
            "/flyteidl2.auth.AuthMetadataService/GetPublicClientConfig" => {
                Answer::message(&PublicClientConfig {
                    client_id: "public".into(),
                    redirect_uri: format!("http://localhost:{port}/callback"),
                    scopes: vec!["all".into(), "offline".into()],
                    authorization_metadata_key: "Flyte-Authorization".into(),
                    audience: "aud".into(),
                })
            }
            _ => answer(asked),
        }
    })
    .await
}

fn authenticator(config: &Config, notify: Notify, dir: Option<&TempDir>) -> Authenticator {
    let cache = dir.map(|dir| Cache::below(dir.path(), &config.endpoint));
    Authenticator::with_cache(config, &Connection::new(config).unwrap(), notify, cache)
}

async fn sent(authenticator: &Authenticator) -> Vec<String> {
    let mut metadata = MetadataMap::new();
    authenticator.headers().await.unwrap().add_to(&mut metadata);
    let headers = metadata.into_headers();
    assert!(headers.values().all(hyper::header::HeaderValue::is_sensitive));
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

async fn renew(authenticator: &Authenticator) -> Result<()> {
    let headers = authenticator.headers().await?;
    authenticator.renew(&headers).await
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_client_shows_its_secret_to_the_token_endpoint_only() {
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let authenticator = authenticator(&fake.config(client_secret()), quiet(), None);
    assert!(sent(&authenticator).await.is_empty() && fake.asked().is_empty());
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["flyte-authorization: Bearer s3cret-1"]);
    let asked = fake.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(paths, ["GetOAuth2Metadata", "GetPublicClientConfig", "token"]);
    assert_eq!(asked[2].body, "grant_type=client_credentials&scope=all+offline&audience=aud");
    assert_eq!(asked[2].header("authorization"), Some("Basic bWU6czNjcmV0LWM="));
    assert!(asked[..2].iter().all(|asked| asked.header("authorization").is_none()));
    assert!(!format!("{authenticator:?}").contains("s3cret"));
}

#[tokio::test]
async fn of_many_calls_that_are_refused_at_once_one_asks() {
    for (answer, well) in
        [(Answer::Json(200, TOKEN), true), (Answer::Json(400, "{\"error\":\"invalid_client\"}"), false)]
    {
        let Answer::Json(status, body) = answer else { unreachable!() };
        let fake = server(1, move |_| {
            std::thread::sleep(Duration::from_millis(50));
            Answer::Json(status, body)
        })
        .await;
        let authenticator = Arc::new(authenticator(&fake.config(client_secret()), quiet(), None));
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let authenticator = authenticator.clone();
            calls.spawn(async move { renew(&authenticator).await });
        }
        for result in calls.join_all().await {
            assert_eq!(result.is_ok(), well);
            if let Err(error) = result {
                assert!(error.to_string().ends_with("/token` gives no token: invalid_client"), "{error}");
                assert_eq!(error.hint(), Some("are the client's name and its secret right?"));
            }
        }
        assert_eq!(fake.count("/token"), 1);
        // The next one is refused anew.
        assert_eq!(renew(&authenticator).await.is_ok(), well);
        assert_eq!(fake.count("/token"), 2);
    }
}

#[tokio::test]
async fn a_server_of_flyte_1_is_understood() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata" => Answer::message(&OAuth2Metadata {
            token_endpoint: format!("http://{}/token", asked.authority),
            ..OAuth2Metadata::default()
        }),
        "/flyteidl.service.AuthMetadataService/GetPublicClientConfig" => {
            Answer::message(&PublicClientConfig::default())
        }
        "/token" => Answer::Json(200, r#"{"access_token":"t","expires_in":"60"}"#),
        _ => Answer::Status(12),
    })
    .await;
    let mut config = fake.config(client_secret());
    config.scopes = vec!["'mine'".into()];
    let authenticator = authenticator(&config, quiet(), None);
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["authorization: Bearer t"]);
    assert_eq!(fake.asked().last().unwrap().body, "grant_type=client_credentials&scope=mine");
}

#[tokio::test]
async fn a_server_that_does_not_say_where_tokens_come_from_is_named() {
    let html = || Answer::Http(200, "text/html", "<html>\u{1b}[2J console</html>".into());
    let bad = |url: &'static str| {
        move || Answer::message(&OAuth2Metadata { token_endpoint: url.into(), ..OAuth2Metadata::default() })
    };
    type Told = Box<dyn Fn() -> Answer + Send + Sync>;
    let answers: [(Told, ErrorKind, &str); 7] = [
        (Box::new(|| Answer::Status(12)), ErrorKind::Unimplemented, "does not say where tokens come from"),
        (
            Box::new(|| Answer::Http(404, "text/plain", "no".into())),
            ErrorKind::Unimplemented,
            "wants to know who asks",
        ),
        (Box::new(html), ErrorKind::Server, "does not say where tokens come from: "),
        (Box::new(|| Answer::Status(13)), ErrorKind::Server, "come from: nothing of that"),
        (
            Box::new(bad("file:///etc/passwd")),
            ErrorKind::Server,
            "given at `file:///etc/passwd`, which is no URL",
        ),
        (
            Box::new(bad("http://a b/\u{1b}")),
            ErrorKind::Server,
            "given at `http://a b/\\u{1b}`, which is no URL",
        ),
        (
            Box::new(|| Answer::Message(vec![0xff; 9])),
            ErrorKind::Server,
            "does not say where tokens come from: ",
        ),
    ];
    for (answer, kind, message) in answers {
        let fake = Fake::new(move |asked| {
            let client = asked.path.ends_with("GetPublicClientConfig");
            if client { Answer::message(&PublicClientConfig::default()) } else { answer() }
        })
        .await;
        let error = renew(&authenticator(&fake.config(client_secret()), quiet(), None)).await.unwrap_err();
        assert!(
            error.kind() == kind && error.to_string().contains(message),
            "{:?} {error}, not {message}",
            error.kind()
        );
        assert!(!error.to_string().contains('\u{1b}') && error.hint().is_some(), "{error}");
    }
}

#[tokio::test]
async fn secrets_are_not_sent_where_everybody_can_listen() {
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let mut config = fake.config(client_secret());
    config.endpoint.insecure = false;
    let asker = authenticator(&config, quiet(), None);
    let error = check_url(&asker, "tokens are given", "http://idp.example/token").unwrap_err();
    assert!(
        error.to_string().ends_with("tokens are given at `http://idp.example`, where everybody can listen")
    );
    check_url(&asker, "tokens are given", "http://127.0.0.1:8080/token").unwrap();
}

#[tokio::test]
async fn it_is_said_what_is_wrong_with_an_answer_of_a_token_endpoint() {
    for (answer, kind, message) in [
        ((200, "text/html", "<html>welcome</html>"), ErrorKind::Server, "answers what is no JSON"),
        ((200, "application/json", "{}"), ErrorKind::Server, "answers no `access_token`"),
        ((200, "application/json", r#"{"access_token":""}"#), ErrorKind::Server, "answers no `access_token`"),
        (
            (200, "application/json", r#"{"access_token":"s3cret-1","expires_in":-5}"#),
            ErrorKind::Server,
            "answers a token that has no time left",
        ),
        (
            (200, "application/json", r#"{"access_token":["s3cret-1"]}"#),
            ErrorKind::Server,
            "answers what is no JSON",
        ),
        ((302, "text/html", ""), ErrorKind::Unauthenticated, "gives no token: status 302"),
        ((503, "text/html", "<html>"), ErrorKind::Server, "gives no token: status 503"),
        ((429, "text/html", "<html>"), ErrorKind::Busy, "gives no token: status 429"),
        (
            (400, "application/json", "{\"error\":\"odd\\u001b\",\"error_description\":\"so\"}"),
            ErrorKind::Unauthenticated,
            "gives no token: odd\\u{1b} (so)",
        ),
    ] {
        let fake = server(1, move |_| Answer::Http(answer.0, answer.1, answer.2.into())).await;
        let error = renew(&authenticator(&fake.config(client_secret()), quiet(), None)).await.unwrap_err();
        assert!(error.to_string().contains(message) && error.kind() == kind, "{:?} {error}", error.kind());
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let fake = server(1, |_| Answer::Json(200, r#"{"access_token":"s3cret\n"}"#)).await;
    let authenticator = authenticator(&fake.config(client_secret()), quiet(), None);
    renew(&authenticator).await.unwrap();
    let error = authenticator.headers().await.unwrap_err();
    assert_eq!(error.to_string(), "the token has characters that no header can carry");
}

/// Who does with a URL what a browser would do.
fn browser(visit: impl Fn(url::Parts) -> Vec<String> + Send + Sync + 'static) -> (Notify, Arc<AtomicUsize>) {
    let (visit, times) = (Arc::new(visit), Arc::new(AtomicUsize::new(0)));
    let counted = times.clone();
    let notify: Notify = Arc::new(move |notice| {
        let Notice::OpenBrowser { url } = notice else { panic!("{notice:?}") };
        times.fetch_add(1, Ordering::SeqCst);
        let parts = url::Parts::of(url);
        let (port, targets) = (parts.port, visit(parts));
        tokio::spawn(async move {
            // Browsers connect before they need it.
            let _idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            for target in targets {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut page = String::new();
                stream.read_to_string(&mut page).await.unwrap();
                assert_eq!(
                    page.starts_with("HTTP/1.1 200 OK\r\n"),
                    target.starts_with("/callback?"),
                    "{page}"
                );
                assert!(!page.contains("c0de"), "{page}");
            }
        });
    });
    (notify, counted)
}

mod url {
    /// What a browser is told.
    pub(super) struct Parts {
        pub(super) url: String,
        pub(super) port: u16,
    }

    impl Parts {
        pub(super) fn of(url: &str) -> Self {
            let mut parts = Self { url: url.to_owned(), port: 0 };
            let redirect = parts.get("redirect_uri");
            parts.port = redirect
                .strip_prefix("http://localhost:")
                .unwrap()
                .split('/')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            parts
        }

        pub(super) fn get(&self, name: &str) -> String {
            let query = self.url.split_once('?').unwrap().1;
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned()
        }
    }
}

#[tokio::test]
async fn a_person_allows_it_once_and_the_token_is_renewed_without_them() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use sha2::{Digest as _, Sha256};

    let challenge = Arc::new(Mutex::new(String::new()));
    let (expected, refreshed) = (challenge.clone(), AtomicUsize::new(0));
    let fake = server(free_port(), move |asked| {
        let value = |name: &str| asked.value(name).unwrap_or_default();
        match value("grant_type").as_str() {
            "authorization_code" => {
                let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier")));
                assert_eq!(hash, *expected.lock().unwrap());
                assert_eq!((value("code"), value("client_id")), ("c0de &".into(), "public".into()));
                assert!(value("redirect_uri").ends_with("/callback"));
                Answer::Json(200, TOKEN)
            }
            "refresh_token" if refreshed.fetch_add(1, Ordering::SeqCst) == 0 => {
                assert_eq!(
                    (value("refresh_token"), value("client_id")),
                    ("s3cret-r".into(), "public".into())
                );
                Answer::Json(200, r#"{"access_token":"s3cret-2"}"#)
            }
            _ => Answer::Json(400, r#"{"error":"invalid_grant"}"#),
        }
    })
    .await;
    let (notify, times) = browser(move |parts| {
        assert!(parts.url.contains("/allow?tenant=1&client_id=public&response_type=code"), "{}", parts.url);
        let get = |name| parts.get(name);
        assert_eq!(
            (get("scope"), get("audience"), get("code_challenge_method")),
            ("all offline".into(), "aud".into(), "S256".into())
        );
        *challenge.lock().unwrap() = get("code_challenge");
        let state = get("state");
        vec!["/favicon.ico".into(), "/callback".into(), format!("/callback?state={state}&code=c0de+%26")]
    });
    let (dir, config) = (TempDir::new().unwrap(), fake.config(Auth::Pkce));
    let first = authenticator(&config, notify.clone(), Some(&dir));
    renew(&first).await.unwrap();
    assert_eq!(sent(&first).await, ["flyte-authorization: Bearer s3cret-1"]);
    let asked = fake.asked().len();
    // The next program has it from the beginning.
    let second = authenticator(&config, notify.clone(), Some(&dir));
    assert_eq!(sent(&second).await, ["flyte-authorization: Bearer s3cret-1"]);
    assert_eq!(fake.asked().len(), asked);
    renew(&second).await.unwrap();
    assert_eq!(sent(&second).await, ["flyte-authorization: Bearer s3cret-2"]);
    assert_eq!(times.load(Ordering::SeqCst), 1);
    // The first one takes what the second one got.
    renew(&first).await.unwrap();
    assert_eq!(sent(&first).await, ["flyte-authorization: Bearer s3cret-2"]);
    assert_eq!(fake.count("/token"), 2);
    // A refusal of the refresh token, which stayed the same, asks the person again.
    renew(&first).await.unwrap();
    assert_eq!((times.load(Ordering::SeqCst), fake.count("/token")), (2, 4));
}

#[tokio::test]
async fn a_browser_that_comes_back_with_something_else_is_not_believed() {
    type Target = fn(&str) -> String;
    let targets: [(Target, ErrorKind, &str); 4] = [
        (|_| "/callback?state=other&code=c0de".into(), ErrorKind::Unauthenticated, "did not begin here"),
        (|_| "/callback?code=c0de".into(), ErrorKind::Unauthenticated, "did not begin here"),
        (
            |state| format!("/callback?state={state}&error=access_denied&error_description=no%1b"),
            ErrorKind::PermissionDenied,
            "it was not allowed in the browser: access_denied no\\u{1b}",
        ),
        (|state| format!("/callback?state={state}"), ErrorKind::PermissionDenied, "browser: no code"),
    ];
    for (target, kind, message) in targets {
        let fake = server(free_port(), |_| Answer::Json(200, TOKEN)).await;
        let (notify, _) = browser(move |parts| vec![target(&parts.get("state"))]);
        let error = renew(&authenticator(&fake.config(Auth::Pkce), notify, None)).await.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(message), "{error}");
        assert_eq!(fake.count("/token"), 0);
    }
}

#[tokio::test]
async fn a_port_that_is_in_use_is_named() {
    let used = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = used.local_addr().unwrap().port();
    let fake = server(port, |_| Answer::Json(200, TOKEN)).await;
    let error = renew(&authenticator(&fake.config(Auth::Pkce), quiet(), None)).await.unwrap_err();
    let message = format!("port {port}, where the browser comes back to, cannot be used: address in use");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Local, message));
    for elsewhere in ["http://evil.example:80/", "https://localhost:1/", "http://localhost/", "", "x y"] {
        let asker = authenticator(&fake.config(Auth::Pkce), quiet(), None);
        let error = callback::Callback::listen(&asker, elsewhere).await.err().unwrap();
        assert!(error.to_string().ends_with("`, which is not here"), "{error}");
    }
}

#[tokio::test]
async fn a_person_allows_it_in_a_browser_anywhere() {
    let polls = AtomicUsize::new(0);
    let fake = server(1, move |asked| match asked.path.as_str() {
        "/device" => {
            assert_eq!(asked.body, "client_id=public&scope=all+offline&audience=aud");
            Answer::Json(
                200,
                r#"{"device_code":"s3cret-d","user_code":"AB-CD","verification_uri":"https://h/d?x=1","expires_in":600,"interval":0}"#,
            )
        }
        _ => {
            assert_eq!(asked.value("device_code").unwrap(), "s3cret-d");
            assert_eq!(asked.value("grant_type").unwrap(), "urn:ietf:params:oauth:grant-type:device_code");
            match polls.fetch_add(1, Ordering::SeqCst) {
                0 => Answer::Http(502, "text/html", "<html>".into()),
                1 => Answer::Json(400, r#"{"error":"authorization_pending"}"#),
                _ => Answer::Json(200, TOKEN),
            }
        }
    })
    .await;
    let notify: Notify = Arc::new(|notice| {
        let Notice::EnterCode { url, code } = notice else { panic!("{notice:?}") };
        assert_eq!((url, code), ("https://h/d?x=1&user_code=AB-CD", "AB-CD"));
    });
    let dir = TempDir::new().unwrap();
    let authenticator = authenticator(&fake.config(Auth::DeviceFlow), notify, Some(&dir));
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["flyte-authorization: Bearer s3cret-1"]);
    assert_eq!((fake.count("/device"), fake.count("/token")), (1, 3));
}

#[tokio::test]
async fn it_is_said_why_a_device_is_not_let_in() {
    const CODES: &str =
        r#"{"device_code":"s3cret-d","user_code":"A","verification_uri":"https://h","expires_in":1}"#;
    for (codes, token, message) in [
        ((200, CODES), (400, r#"{"error":"authorization_pending"}"#), "nobody allowed it within 1 seconds"),
        ((400, r#"{"error":"invalid_scope"}"#), (500, ""), "/device` gives no token: invalid_scope"),
        ((200, "<html>"), (500, ""), "/device` answers what is no JSON"),
        (
            (200, r#"{"device_code":"d","user_code":"A","verification_uri":"https://h","expires_in":-1}"#),
            (500, ""),
            "the code for a device has no time left",
        ),
        (
            (200, r#"{"device_code":"d","user_code":"A","verification_uri":"--help","expires_in":60}"#),
            (500, ""),
            "the code is entered at `--help?user_code=A`, which is no URL",
        ),
        (
            (
                200,
                r#"{"device_code":"d","user_code":"A\u001b","verification_uri":"https://h","expires_in":60}"#,
            ),
            (500, ""),
            "a code has to be entered that nobody can read",
        ),
        (
            (
                200,
                r#"{"device_code":"d","user_code":"A","verification_uri":"https://h","expires_in":60,"interval":1}"#,
            ),
            (400, r#"{"error":"access_denied"}"#),
            "/token` gives no token: access_denied",
        ),
    ] {
        let fake = server(1, move |asked| match asked.path.as_str() {
            "/device" => Answer::Json(codes.0, codes.1),
            _ => Answer::Json(token.0, token.1),
        })
        .await;
        let notify: Notify = Arc::new(|_| {});
        let error = renew(&authenticator(&fake.config(Auth::DeviceFlow), notify, None)).await.unwrap_err();
        assert!(error.to_string().contains(message) && !error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn commands_print_the_token_and_that_of_a_proxy() {
    let command = |text: &str| vec!["echo".to_owned(), text.to_owned()];
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let mut config = fake.config(Auth::ExternalCommand(command("t")));
    let of_command = authenticator(&config, quiet(), None);
    assert!(sent(&of_command).await.is_empty());
    renew(&of_command).await.unwrap();
    assert_eq!(sent(&of_command).await, ["authorization: Bearer t"]);
    assert!(fake.asked().is_empty());

    config.auth = client_secret();
    config.proxy_command = command("p");
    let behind = authenticator(&config, quiet(), None);
    assert_eq!(sent(&behind).await, ["proxy-authorization: Bearer p"]);
    renew(&behind).await.unwrap();
    let both = ["flyte-authorization: Bearer s3cret-1", "proxy-authorization: Bearer p"];
    assert_eq!(sent(&behind).await, both);
    assert!(fake.asked().iter().all(|asked| asked.header("proxy-authorization") == Some("Bearer p")));
}

#[tokio::test]
async fn a_token_is_wanted_only_where_one_may_help() {
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let authenticator = authenticator(&fake.config(client_secret()), quiet(), None);
    let before = authenticator.headers().await.unwrap();
    renew(&authenticator).await.unwrap();
    let after = authenticator.headers().await.unwrap();
    let wanted =
        |status: &Status| (authenticator.is_wanted(status, &before), authenticator.is_wanted(status, &after));
    assert_eq!(wanted(&Status::unauthenticated("")), (true, true));
    assert_eq!(wanted(&Status::unknown("")), (true, true));
    assert_eq!(wanted(&Status::permission_denied("")), (true, false));
    assert_eq!(wanted(&Status::unavailable("Unauthorized: who?")), (true, true));
    assert_eq!(wanted(&Status::not_found("")), (false, false));
    assert_eq!(wanted(&Status::from_error(Box::new(std::io::Error::other("unauthorized")))), (false, false));
    let nobody = Authenticator::new(&fake.config(Auth::None), &authenticator.connection, quiet());
    assert!(!nobody.is_wanted(&Status::unauthenticated(""), &before));
    assert_eq!(renew(&nobody).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let fake = Fake::new(|_| Answer::Never).await;
    let error = renew(&authenticator(&fake.config(client_secret()), quiet(), None)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("no answer within"), "{error}");
}
