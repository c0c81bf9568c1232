use super::*;

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
