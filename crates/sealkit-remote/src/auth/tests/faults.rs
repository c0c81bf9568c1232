use super::{super::metadata::check_url, *};

type Respond = Box<dyn Fn() -> TestResponse + Send + Sync>;

#[tokio::test]
async fn the_error_of_invalid_metadata_names_the_problem() {
    let html = || TestResponse::Http(200, "text/html", "<html>\u{1b}[2J console</html>".into());
    let bad = |url: &'static str| {
        move || {
            TestResponse::message(&OAuth2Metadata { token_endpoint: url.into(), ..OAuth2Metadata::default() })
        }
    };
    let cases: [(Respond, ErrorKind, &str); 7] = [
        (Box::new(|| TestResponse::Status(12)), ErrorKind::Unimplemented, "publishes no OAuth 2 metadata"),
        (
            Box::new(|| TestResponse::Http(404, "text/plain", "no".into())),
            ErrorKind::Unimplemented,
            "requires authentication",
        ),
        (Box::new(html), ErrorKind::Server, "cannot fetch the OAuth 2 metadata of "),
        (Box::new(|| TestResponse::Status(13)), ErrorKind::Server, "): test error"),
        (
            Box::new(bad("file:///etc/passwd")),
            ErrorKind::Server,
            "token endpoint `file:///etc/passwd` is not an HTTP URL",
        ),
        (
            Box::new(bad("http://a b/\u{1b}")),
            ErrorKind::Server,
            "token endpoint `http://a b/\\u{1b}` is not an HTTP URL",
        ),
        (
            Box::new(|| TestResponse::Message(vec![0xff; 9])),
            ErrorKind::Server,
            "cannot fetch the OAuth 2 metadata of ",
        ),
    ];
    for (respond, kind, message) in cases {
        let server = TestServer::new(move |request| {
            let client = request.path.ends_with("GetPublicClientConfig");
            if client { TestResponse::message(&PublicClientConfig::default()) } else { respond() }
        })
        .await;
        let error =
            renew(&authenticator(&server.config(client_secret()), no_notice(), None)).await.unwrap_err();
        assert!(
            error.kind() == kind && error.to_string().contains(message),
            "{:?} {error}, not {message}",
            error.kind()
        );
        assert!(!error.to_string().contains('\u{1b}') && error.hint().is_some(), "{error}");
    }
}

#[tokio::test]
async fn secrets_are_not_sent_without_tls() {
    let server = oauth_server(1, |_| TestResponse::Json(200, TOKEN)).await;
    let mut config = server.config(client_secret());
    config.endpoint.insecure = false;
    let authenticator = authenticator(&config, no_notice(), None);
    let error = check_url(&authenticator, "token endpoint", "http://idp.example/token").unwrap_err();
    assert!(error.to_string().ends_with("token endpoint `http://idp.example` does not use TLS"));
    check_url(&authenticator, "token endpoint", "http://127.0.0.1:8080/token").unwrap();
}

#[tokio::test]
async fn the_error_of_a_token_response_names_the_problem() {
    for (response, kind, message) in [
        ((200, "text/html", "<html>welcome</html>"), ErrorKind::Server, "not the JSON of a token endpoint"),
        ((200, "application/json", "{}"), ErrorKind::Server, "no `access_token`"),
        ((200, "application/json", r#"{"access_token":""}"#), ErrorKind::Server, "no `access_token`"),
        (
            (200, "application/json", r#"{"access_token":"s3cret-1","expires_in":-5}"#),
            ErrorKind::Server,
            ": invalid `expires_in`",
        ),
        (
            (200, "application/json", r#"{"access_token":["s3cret-1"]}"#),
            ErrorKind::Server,
            "not the JSON of a token endpoint",
        ),
        ((302, "text/html", ""), ErrorKind::Unauthenticated, "HTTP status 302"),
        ((503, "text/html", "<html>"), ErrorKind::Server, "HTTP status 503"),
        ((429, "text/html", "<html>"), ErrorKind::Busy, "HTTP status 429"),
        (
            (400, "application/json", "{\"error\":\"other\\u001b\",\"error_description\":\"text\"}"),
            ErrorKind::Unauthenticated,
            ": other\\u{1b} (text)",
        ),
    ] {
        let server =
            oauth_server(1, move |_| TestResponse::Http(response.0, response.1, response.2.into())).await;
        let error =
            renew(&authenticator(&server.config(client_secret()), no_notice(), None)).await.unwrap_err();
        assert!(error.to_string().contains(message) && error.kind() == kind, "{:?} {error}", error.kind());
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let server = oauth_server(1, |_| TestResponse::Json(200, r#"{"access_token":"s3cret\n"}"#)).await;
    let authenticator = authenticator(&server.config(client_secret()), no_notice(), None);
    let error = renew(&authenticator).await.unwrap_err();
    assert_eq!(error.to_string(), "the token contains characters that are not allowed in a header");
    assert!(sent(&authenticator).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn fetching_metadata_times_out() {
    let server = TestServer::new(|_| TestResponse::Never).await;
    let error = renew(&authenticator(&server.config(client_secret()), no_notice(), None)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("no response within"), "{error}");
}
