use super::{super::metadata::check_url, *};

type Told = Box<dyn Fn() -> Answer + Send + Sync>;

#[tokio::test]
async fn a_server_that_does_not_say_where_tokens_come_from_is_named() {
    let html = || Answer::Http(200, "text/html", "<html>\u{1b}[2J console</html>".into());
    let bad = |url: &'static str| {
        move || Answer::message(&OAuth2Metadata { token_endpoint: url.into(), ..OAuth2Metadata::default() })
    };
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
    let error = renew(&authenticator).await.unwrap_err();
    assert_eq!(error.to_string(), "the token has characters that no header can carry");
    assert!(sent(&authenticator).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let fake = Fake::new(|_| Answer::Never).await;
    let error = renew(&authenticator(&fake.config(client_secret()), quiet(), None)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("no answer within"), "{error}");
}
