//! Error messages for failing clusters: they are short and contain no value.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Home};

use crate::setup::start;

/// A value that must not appear in any output.
const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

/// Runs a command that must fail, and returns its errors with `PLANE` as the address of the control plane.
fn errors(home: &Home, plane: &ControlPlane, line: &str) -> String {
    errors_within("10m", home, plane, line)
}

fn errors_within(timeout: &str, home: &Home, plane: &ControlPlane, line: &str) -> String {
    let program = home.sealkit(line).env("SEALKIT_TIMEOUT", timeout).input(VALUE);
    let finished = program.run().unwrap();
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(!finished.to_string().contains(VALUE), "{finished}");
    assert!(finished.stderr.len() < 4096, "{}", finished.stderr.len());
    assert!(finished.stderr.lines().all(|line| !line.contains('\u{1b}')), "{finished}");
    home.normalize(&finished.stderr).replace(plane.endpoint(), "PLANE").replace(plane.address(), "PLANE")
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn every_status_code_has_a_message_and_a_hint() {
    let (plane, home) = start(&[]);
    let mut all = String::new();
    for code in [
        "invalid_argument",
        "unauthenticated",
        "permission_denied",
        "unimplemented",
        "resource_exhausted",
        "unavailable",
        "internal",
        "unknown",
        "aborted",
        "deadline_exceeded",
        "data_loss",
    ] {
        plane.reset().unwrap();
        plane
            .fail(&json!({"method": "CreateSecret", "code": code, "message": "out of \u{1b}[31mluck"}))
            .unwrap();
        all.extend([code, "\n", &errors(&home, &plane, "create secret token --remote -f -")]);
    }
    insta::assert_snapshot!(all, @r#"
    invalid_argument
    error: `PLANE` rejected the request: out of \u{1b}[31mluck
    hint: check the names, the project and the domain
    unauthenticated
    error: `PLANE` (from `~/.flyte/config.yaml`) requires authentication
    hint: set `admin.authType`, and remove `admin.insecure`
    permission_denied
    error: `PLANE` denied permission for `CreateSecret`: out of \u{1b}[31mluck
    hint: ask your cluster administrator for permission
    unimplemented
    error: `PLANE` does not support `flyteidl2.secret.SecretService/CreateSecret`
    hint: check that this is the endpoint of Flyte 2: Flyte 1 and Union 1 lack some of its services
    resource_exhausted
    error: `PLANE` is overloaded or restarting: out of \u{1b}[31mluck
    hint: try again in a minute
    unavailable
    error: `PLANE` is overloaded or restarting: out of \u{1b}[31mluck
    hint: try again in a minute
    internal
    error: `CreateSecret` on `PLANE` failed: out of \u{1b}[31mluck
    hint: try again, or check the logs of the server
    unknown
    error: `CreateSecret` on `PLANE` failed: out of \u{1b}[31mluck
    hint: try again, or check the logs of the server
    aborted
    error: `CreateSecret` on `PLANE` failed: out of \u{1b}[31mluck
    hint: try again, or check the logs of the server
    deadline_exceeded
    error: `CreateSecret` on `PLANE` timed out: out of \u{1b}[31mluck
    hint: try again, or increase the timeout: SEALKIT_TIMEOUT=2m
    data_loss
    error: `CreateSecret` on `PLANE` failed: out of \u{1b}[31mluck
    hint: try again, or check the logs of the server
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn safe_requests_are_retried() {
    let (plane, home) = start(&[]);
    for (method, code) in [
        ("CreateSecret", "resource_exhausted"),
        ("GetSecret", "unavailable"),
        ("SelectCluster", "unavailable"),
    ] {
        plane.reset().unwrap();
        plane.fail(&json!({"method": method, "code": code, "times": 2})).unwrap();
        let created = home.sealkit("create secret token --remote -f -").input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{method}: {created}");
    }
    // Proxies answer with HTTP status codes.
    for status in [429, 503] {
        plane.reset().unwrap();
        plane
            .fail(&json!({"method": "GetSecret", "http": status, "body": "<h1>later</h1>", "times": 2}))
            .unwrap();
        let created = home.sealkit("create secret token --remote -f -").input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{status}: {created}");
    }
    // Creating a secret is not idempotent: a lost answer is not retried.
    plane.reset().unwrap();
    plane.fail(&json!({"method": "CreateSecret", "code": "unavailable", "times": 1})).unwrap();
    errors(&home, &plane, "create secret token --remote -f -");
    assert_eq!(plane.requests("CreateSecret").unwrap().len(), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_request_without_an_answer_times_out() {
    let (plane, home) = start(&[]);
    plane.fail(&json!({"method": "ListSecrets", "hang": true})).unwrap();
    insta::assert_snapshot!(errors_within("5s", &home, &plane, "get secret --remote"), @r#"
    error: `ListSecrets` on `PLANE` timed out: no response within 5 s
    hint: try again, or increase the timeout: SEALKIT_TIMEOUT=2m
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn hostile_answers_are_rejected_or_escaped() {
    let (plane, home) = start(&[]);
    for hostile in ["million", "endless"] {
        plane.reset().unwrap();
        plane.fail(&json!({"method": "ListSecrets", "hostile": hostile})).unwrap();
        let errors = errors(&home, &plane, "get secret --remote");
        assert!(
            errors.contains("larger than 16 MiB") || errors.contains("does not end"),
            "{hostile}: {errors}"
        );
    }
    plane.reset().unwrap();
    plane.fail(&json!({"method": "ListSecrets", "hostile": "escapes"})).unwrap();
    for output in ["table", "name", "json"] {
        let listed = home.run(&format!("get secret --remote -o {output}")).unwrap();
        let control = |c: char| c != '\n' && c.is_control();
        assert!(!listed.stdout.contains(control), "{output}: {:?}", listed.stdout);
        assert!(listed.code == Some(0) && listed.stdout.contains("u{1b}") || output == "json", "{listed}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn connection_errors_name_the_endpoint_and_the_setting() {
    let (plane, home) = start(&["--tls"]);
    let config = home.path().join(".flyte/config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}: {text}");
        std::fs::write(&config, text.replace(from, to)).unwrap();
        let errors = errors(&home, &plane, "get secret --remote");
        let to = if to.is_empty() { "no authority" } else { to };
        format!("{to}\n{errors}")
    };
    let authority = format!("  caCertFilePath: {}\n", plane.authority().unwrap().display());
    // No server listens on port 1.
    let refused = with(plane.address(), "127.0.0.1:1");
    let untrusted = with(&authority, "");
    let plain = with("insecure: false", "insecure: true");
    insta::assert_snapshot!([refused, untrusted, plain].join("\n"), @r#"
    127.0.0.1:1
    error: cannot connect to `https://127.0.0.1:1` (from `~/.flyte/config.yaml`): connection refused
    hint: check that the server runs at this address and port

    no authority
    error: cannot connect to `PLANE` (from `~/.flyte/config.yaml`): the certificate of the server is signed by an unknown authority
    hint: set `admin.caCertFilePath` to the certificate of its authority

    insecure: true
    error: cannot connect to `http://PLANE` (from `~/.flyte/config.yaml`): connection closed by the server
    hint: check the port and `admin.insecure`: the server may require TLS
    "#);
    std::fs::write(&config, text).unwrap();
    assert_eq!(home.run("get secret --remote").unwrap().code, Some(0));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_is_only_in_the_request_that_stores_it() {
    let (plane, home) = start(&[]);
    for line in ["create secret token --remote -f -", "update secret token --remote -f -"] {
        assert_eq!(home.sealkit(line).input(VALUE).run().unwrap().code, Some(0));
    }
    for line in ["get secret --remote", "delete secret token --remote -y"] {
        assert_eq!(home.run(line).unwrap().code, Some(0));
    }
    let requests = plane.admin("GET", "/requests", &Json::Null).unwrap();
    assert!(requests.len() > 6);
    // Recorded requests are JSON, in which bytes are Base64.
    let encodings = [VALUE, "azNKcS03MXhUL3dRejl2QjJt"];
    for request in requests {
        let text = request.to_string();
        let stores_value = request["method"] == "CreateSecret" || request["method"] == "UpdateSecret";
        assert_eq!(encodings.iter().any(|encoding| text.contains(encoding)), stores_value, "{text}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_is_transmitted_once_per_request_and_never_returned() {
    let (plane, home) = start(&[]);
    let proxy = Proxy::start(plane.address()).unwrap();
    let config = home.path().join(".flyte/config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(plane.address(), &proxy.address)).unwrap();
    for line in [
        "create secret token --remote -f -",
        "create secret token --remote -f -",
        "update secret token --remote -f -",
    ] {
        home.sealkit(line).input(VALUE).run().unwrap();
    }
    for line in
        ["get secret --remote -o json", "delete secret token --remote -y", "get secret token --remote"]
    {
        home.run(line).unwrap();
    }
    // The second `create` first checks that the secret does not exist.
    assert_eq!(Proxy::count(&proxy.sent), 2);
    assert_eq!(Proxy::count(&proxy.received), 0);
    assert!(proxy.received.lock().unwrap().len() > 1000);
}

/// A TCP proxy between the command and the control plane that records all bytes.
struct Proxy {
    address: String,
    sent: Arc<Mutex<Vec<u8>>>,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    fn start(to: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (sent, received) = (Arc::default(), Arc::default());
        let records = (Arc::clone(&sent), Arc::clone(&received));
        let to = to.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&to) else { return };
                let (Ok(from), Ok(into)) = (client.try_clone(), server.try_clone()) else { return };
                let (sent, received) = records.clone();
                thread::spawn(move || forward(client, server, &sent));
                thread::spawn(move || forward(into, from, &received));
            }
        });
        Ok(Self { address, sent, received })
    }

    fn count(bytes: &Mutex<Vec<u8>>) -> usize {
        let bytes = bytes.lock().unwrap();
        memchr::memmem::find_iter(&bytes, VALUE).count()
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, record: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        record.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
