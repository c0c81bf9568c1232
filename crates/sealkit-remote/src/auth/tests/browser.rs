use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

/// Returns a callback that acts as a browser, and the number of its calls.
fn browser(visit: impl Fn(url::Parts) -> Vec<String> + Send + Sync + 'static) -> (Notify, Arc<AtomicUsize>) {
    let (visit, logins) = (Arc::new(visit), Arc::new(AtomicUsize::new(0)));
    let counted = logins.clone();
    let notify: Notify = Arc::new(move |notice| {
        let Notice::OpenBrowser { url } = notice else { panic!("{notice:?}") };
        logins.fetch_add(1, Ordering::SeqCst);
        let parts = url::Parts::of(url);
        let (port, targets) = (parts.port, visit(parts));
        tokio::spawn(async move {
            // Browsers open idle connections.
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
    /// The URL that a browser opens.
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
async fn the_user_logs_in_once_and_the_token_is_refreshed() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use sha2::{Digest as _, Sha256};

    let challenge = Arc::new(Mutex::new(String::new()));
    let (expected, refreshed) = (challenge.clone(), AtomicUsize::new(0));
    let server = oauth_server(free_port(), move |request| {
        let value = |name: &str| request.value(name).unwrap_or_default();
        match value("grant_type").as_str() {
            "authorization_code" => {
                let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier")));
                assert_eq!(hash, *expected.lock().unwrap());
                assert_eq!((value("code"), value("client_id")), ("c0de &".into(), "public".into()));
                assert!(value("redirect_uri").ends_with("/callback"));
                TestResponse::Json(200, TOKEN)
            }
            "refresh_token" if refreshed.fetch_add(1, Ordering::SeqCst) == 0 => {
                assert_eq!(
                    (value("refresh_token"), value("client_id")),
                    ("s3cret-r".into(), "public".into())
                );
                TestResponse::Json(200, r#"{"access_token":"s3cret-2"}"#)
            }
            _ => TestResponse::Json(400, r#"{"error":"invalid_grant"}"#),
        }
    })
    .await;
    let (notify, logins) = browser(move |parts| {
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
    let (dir, config) = (TempDir::new().unwrap(), server.config(AuthMethod::Pkce));
    let first = authenticator(&config, notify.clone(), Some(&dir));
    renew(&first).await.unwrap();
    assert_eq!(sent(&first).await, ["flyte-authorization: Bearer s3cret-1"]);
    let requests = server.requests().len();
    // The next program uses the cached token.
    let second = authenticator(&config, notify.clone(), Some(&dir));
    assert_eq!(sent(&second).await, ["flyte-authorization: Bearer s3cret-1"]);
    assert_eq!(server.requests().len(), requests);
    renew(&second).await.unwrap();
    assert_eq!(sent(&second).await, ["flyte-authorization: Bearer s3cret-2"]);
    assert_eq!(logins.load(Ordering::SeqCst), 1);
    // The first program uses the token that the second one has refreshed.
    renew(&first).await.unwrap();
    assert_eq!(sent(&first).await, ["flyte-authorization: Bearer s3cret-2"]);
    assert_eq!(server.count("/token"), 2);
    // When the refresh token is rejected, the user logs in again.
    renew(&first).await.unwrap();
    assert_eq!((logins.load(Ordering::SeqCst), server.count("/token")), (2, 4));
}

#[tokio::test]
async fn an_invalid_browser_callback_is_rejected() {
    type Target = fn(&str) -> String;
    let targets: [(Target, ErrorKind, &str); 4] = [
        (
            |_| "/callback?state=other&code=c0de".into(),
            ErrorKind::Unauthenticated,
            "belongs to another login",
        ),
        (|_| "/callback?code=c0de".into(), ErrorKind::Unauthenticated, "belongs to another login"),
        (
            |state| format!("/callback?state={state}&error=access_denied&error_description=no%1b"),
            ErrorKind::PermissionDenied,
            "login failed in the browser: access_denied no\\u{1b}",
        ),
        (
            |state| format!("/callback?state={state}"),
            ErrorKind::PermissionDenied,
            "browser: no authorization code",
        ),
    ];
    for (target, kind, message) in targets {
        let server = oauth_server(free_port(), |_| TestResponse::Json(200, TOKEN)).await;
        let (notify, _) = browser(move |parts| vec![target(&parts.get("state"))]);
        let error = renew(&authenticator(&server.config(AuthMethod::Pkce), notify, None)).await.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(message), "{error}");
        assert_eq!(server.count("/token"), 0);
    }
}

#[tokio::test]
async fn the_error_of_a_port_in_use_names_the_port() {
    let used = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = used.local_addr().unwrap().port();
    let server = oauth_server(port, |_| TestResponse::Json(200, TOKEN)).await;
    let error = renew(&authenticator(&server.config(AuthMethod::Pkce), no_notice(), None)).await.unwrap_err();
    let message = format!("cannot listen on port {port} for the browser callback: address in use");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Local, message));
    for redirect_uri in ["http://evil.example:80/", "https://localhost:1/", "http://localhost/", "", "x y"] {
        let authenticator = authenticator(&server.config(AuthMethod::Pkce), no_notice(), None);
        let error = callback::Callback::listen(&authenticator, redirect_uri).await.err().unwrap();
        assert!(error.to_string().ends_with("` has no loopback address"), "{error}");
    }
}
