//! The requests of a push: only what the registry lacks is sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::setup::{FakeRegistry, configure_docker, home, push, response};

fn lines(registry: &FakeRegistry) -> Vec<String> {
    registry.requests().into_iter().map(|request| request.line).collect()
}

#[test]
fn only_what_the_registry_lacks_is_sent() {
    let (registry, home) = (FakeRegistry::start(|_| None), home());
    assert_eq!(push(&home, &registry.address, "me/app:1").code, Some(0));
    let blob = [
        "HEAD /v2/me/app/blobs/DIGEST",
        "POST /v2/me/app/blobs/uploads/",
        "PUT /v2/me/app/blobs/uploads/1?state=x&digest=DIGEST",
    ];
    let manifest = ["HEAD /v2/me/app/manifests/1", "PUT /v2/me/app/manifests/1"];
    assert_eq!(lines(&registry), [&manifest[..1], &blob, &blob, &manifest[1..]].concat());

    // Another tag needs no blob.
    assert_eq!(push(&home, &registry.address, "me/app:2").code, Some(0));
    let expected = ["HEAD /v2/me/app/manifests/2", blob[0], blob[0], "PUT /v2/me/app/manifests/2"];
    assert_eq!(lines(&registry), expected);
}

#[test]
fn an_upload_to_another_server_gets_no_credentials() {
    let challenge = || response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    // The second request, for the configuration, asks for credentials.
    let count = AtomicUsize::new(0);
    let storage = FakeRegistry::start(move |_| (count.fetch_add(1, Ordering::Relaxed) == 1).then(challenge));
    let address = storage.address.clone();
    let registry = FakeRegistry::start(move |request| {
        if request.authorization.is_empty() {
            return Some(challenge());
        }
        let location = format!("Location: http://{address}/upload?signature=x\r\n");
        request.line.starts_with("POST").then(|| response("202 Accepted", &location))
    });
    let home = home();
    let config = r#"{"auths": {"ADDRESS": {"username": "me", "password": "hunter2"}}}"#;
    configure_docker(&home, &config.replace("ADDRESS", &registry.address));
    let pushed = push(&home, &registry.address, "me/app:1");
    assert_eq!(pushed.code, Some(1), "{pushed}");
    let uploads = storage.requests();
    assert_eq!(uploads.len(), 2);
    for upload in uploads {
        assert_eq!(upload.line, "PUT /upload?signature=x&digest=DIGEST");
        assert_eq!(upload.authorization, "");
    }
}
