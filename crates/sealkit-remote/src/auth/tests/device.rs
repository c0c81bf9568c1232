use super::*;

#[tokio::test]
async fn the_user_logs_in_with_the_device_flow() {
    let polls = AtomicUsize::new(0);
    let server = oauth_server(1, move |request| match request.path.as_str() {
        "/device" => {
            assert_eq!(request.body, "client_id=public&scope=all+offline&audience=aud");
            TestResponse::Json(
                200,
                r#"{"device_code":"s3cret-d","user_code":"AB-CD","verification_uri":"https://h/d?x=1","expires_in":600,"interval":0}"#,
            )
        }
        _ => {
            assert_eq!(request.value("device_code").unwrap(), "s3cret-d");
            assert_eq!(request.value("grant_type").unwrap(), "urn:ietf:params:oauth:grant-type:device_code");
            match polls.fetch_add(1, Ordering::SeqCst) {
                0 => TestResponse::Http(502, "text/html", "<html>".into()),
                1 => TestResponse::Json(400, r#"{"error":"authorization_pending"}"#),
                _ => TestResponse::Json(200, TOKEN),
            }
        }
    })
    .await;
    let notify: Notify = Arc::new(|notice| {
        let Notice::EnterCode { url, code } = notice else { panic!("{notice:?}") };
        assert_eq!((url, code), ("https://h/d?x=1&user_code=AB-CD", "AB-CD"));
    });
    let dir = TempDir::new().unwrap();
    let authenticator = authenticator(&server.config(AuthMethod::DeviceFlow), notify, Some(&dir));
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["flyte-authorization: Bearer s3cret-1"]);
    assert_eq!((server.count("/device"), server.count("/token")), (1, 3));
}

#[tokio::test]
async fn the_error_of_a_device_login_names_the_reason() {
    const CODES: &str =
        r#"{"device_code":"s3cret-d","user_code":"A","verification_uri":"https://h","expires_in":1}"#;
    for (codes, token, message) in [
        ((200, CODES), (400, r#"{"error":"authorization_pending"}"#), "login timed out after 1 seconds"),
        ((400, r#"{"error":"invalid_scope"}"#), (500, ""), "/device`: invalid_scope"),
        ((200, "<html>"), (500, ""), "/device`: not the JSON of a token endpoint"),
        (
            (200, r#"{"device_code":"d","user_code":"A","verification_uri":"https://h","expires_in":-1}"#),
            (500, ""),
            "the device code has expired",
        ),
        (
            (200, r#"{"device_code":"d","user_code":"A","verification_uri":"--help","expires_in":60}"#),
            (500, ""),
            "verification URI `--help?user_code=A` is not an HTTP URL",
        ),
        (
            (
                200,
                r#"{"device_code":"d","user_code":"A\u001b","verification_uri":"https://h","expires_in":60}"#,
            ),
            (500, ""),
            "the user code is not printable",
        ),
        (
            (
                200,
                r#"{"device_code":"d","user_code":"A","verification_uri":"https://h","expires_in":60,"interval":1}"#,
            ),
            (400, r#"{"error":"access_denied"}"#),
            "/token`: access_denied",
        ),
    ] {
        let server = oauth_server(1, move |request| match request.path.as_str() {
            "/device" => TestResponse::Json(codes.0, codes.1),
            _ => TestResponse::Json(token.0, token.1),
        })
        .await;
        let notify: Notify = Arc::new(|_| {});
        let error =
            renew(&authenticator(&server.config(AuthMethod::DeviceFlow), notify, None)).await.unwrap_err();
        assert!(error.to_string().contains(message) && !error.to_string().contains("s3cret"), "{error}");
    }
}
