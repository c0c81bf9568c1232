//! Registries that fail or refuse the image: what passes is retried, and errors name the next step.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::setup::{FakeRegistry, home, push, response, response_with};

#[test]
fn a_registry_that_fails_for_a_moment_is_asked_again() {
    let count = AtomicUsize::new(0);
    let registry = FakeRegistry::start(move |request| {
        let method = request.line.split(' ').next().unwrap();
        match (count.fetch_add(1, Ordering::Relaxed), method) {
            (0, _) => Some(response("429 Too Many Requests", "Retry-After: 0\r\n")),
            (3, "POST") => Some(response("503 Service Unavailable", "Retry-After: 0\r\n")),
            // The connection breaks off after the content of a blob.
            (6, "PUT") => Some(String::new()),
            _ => None,
        }
    });
    let home = home();
    insta::assert_snapshot!(push(&home, &registry.address, "me/app:1"), @"
    exit code 0
    -- stdout
    REGISTRY/me/app@DIGEST
    -- stderr
    warning: `REGISTRY` limits the rate of requests; retrying in 0 ms
    warning: `REGISTRY` failed to start an upload with HTTP status 503; retrying in 0 ms
    warning: cannot connect to `http://REGISTRY/v2/me/app/blobs/uploads/1`: connection closed by the server; retrying in 1.0 s
    Pushed `REGISTRY/me/app:1` (SIZE)
    ");
}

#[test]
fn a_refusal_has_a_message_and_a_hint() {
    let home = home();
    let mut all = String::new();
    for (status, headers, error) in [
        ("400 Bad Request", "", "the tag\u{1b}[31m is immutable"),
        ("401 Unauthorized", "", ""),
        ("403 Forbidden", "", "requested access to the resource is denied"),
        ("404 Not Found", "", "repository name not known to registry"),
        ("413 Payload Too Large", "", ""),
        ("429 Too Many Requests", "Retry-After: 3600\r\n", "too many pushes"),
        ("500 Internal Server Error", "Retry-After: 0\r\n", ""),
    ] {
        let registry = FakeRegistry::start(move |request| {
            let error =
                format!(r#"{{"errors": [{{"code": "X", "message": {}}}]}}"#, serde_json::json!(error));
            let response = response_with(status, &error);
            let response = response.replacen("\r\n", &format!("\r\n{headers}"), 1);
            request.line.starts_with("POST").then_some(response)
        });
        let refused = push(&home, &registry.address, "me/app:1");
        assert_eq!((refused.code, &*refused.stdout), (Some(1), ""), "{refused}");
        all.extend([status, "\n", &refused.stderr]);
    }
    insta::assert_snapshot!(all, @r"
    400 Bad Request
    error: `REGISTRY` refused to start an upload with HTTP status 400: the tag\u{1b}[31m is immutable
    hint: check the name and the tag of the image
    401 Unauthorized
    error: `REGISTRY` denied access to `me/app` without credentials
    hint: log in: docker login REGISTRY
    403 Forbidden
    error: `REGISTRY` denied access to `me/app` without credentials: requested access to the resource is denied
    hint: log in: docker login REGISTRY
    404 Not Found
    error: `REGISTRY` has no repository `me/app`: repository name not known to registry
    hint: check the name, or create the repository in the registry first
    413 Payload Too Large
    error: `REGISTRY` refused to start an upload: it is too large
    hint: build with --release, or strip symbols: CARGO_PROFILE_RELEASE_STRIP=symbols
    429 Too Many Requests
    error: `REGISTRY` limits the rate of requests: too many pushes
    hint: try again in 3600 s, as the registry requests
    500 Internal Server Error
    warning: `REGISTRY` failed to start an upload with HTTP status 500; retrying in 0 ms
    warning: `REGISTRY` failed to start an upload with HTTP status 500; retrying in 0 ms
    warning: `REGISTRY` failed to start an upload with HTTP status 500; retrying in 0 ms
    error: `REGISTRY` failed to start an upload with HTTP status 500
    hint: try again in a minute
    ");
}

#[test]
fn a_registry_that_cannot_be_reached_is_an_error() {
    // The port of a listener that is closed.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let refused = push(&home(), &address, "me/app:1");
    insta::assert_snapshot!(refused, @"
    exit code 1
    -- stderr
    warning: cannot connect to `http://REGISTRY/v2/me/app/manifests/1`: connection refused; retrying in 500 ms
    warning: cannot connect to `http://REGISTRY/v2/me/app/manifests/1`: connection refused; retrying in 1.0 s
    warning: cannot connect to `http://REGISTRY/v2/me/app/manifests/1`: connection refused; retrying in 2.0 s
    error: cannot connect to `http://REGISTRY/v2/me/app/manifests/1`: connection refused
    hint: check the name of the registry, and the network connection and proxy of this machine
    ");
}

#[test]
fn an_invalid_location_of_an_upload_is_an_error() {
    for location in ["", "Location: ftp://example.com/\r\n", "Location: https:///\r\n"] {
        let registry = FakeRegistry::start(move |request| {
            request.line.starts_with("POST").then(|| response("202 Accepted", location))
        });
        let refused = push(&home(), &registry.address, "me/app:1");
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("invalid URL"), "{location}: {refused}");
    }
}
