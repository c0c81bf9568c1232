use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

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
