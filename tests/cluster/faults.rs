//! Clusters that fail: what is said then is clear and short, and no value is in it.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Home, Python};

/// A value that nobody may find anywhere.
const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

fn started(options: &[&str]) -> (ControlPlane, Home) {
    let python = Python::from_environment();
    let plane = ControlPlane::start(&python, options).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "").unwrap();
    (plane, home)
}

/// What is said on standard error, soon and not at length, with the address of the control plane as `PLANE`.
fn said(home: &Home, plane: &ControlPlane, line: &str) -> String {
    said_within("2s", home, plane, line)
}

fn said_within(patience: &str, home: &Home, plane: &ControlPlane, line: &str) -> String {
    let began = Instant::now();
    let program = home.sealkit(line).env("SEALKIT_TIMEOUT", patience).input(VALUE);
    let finished = program.run().unwrap();
    assert!(began.elapsed() < Duration::from_secs(70), "{line}");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(!finished.to_string().contains(VALUE), "{finished}");
    assert!(finished.stderr.len() < 4096, "{}", finished.stderr.len());
    assert!(finished.stderr.lines().all(|line| !line.contains('\u{1b}')), "{finished}");
    home.normalize(&finished.stderr).replace(plane.endpoint(), "PLANE").replace(plane.address(), "PLANE")
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn every_status_of_a_server_is_said_in_plain_words() {
    let (plane, home) = started(&[]);
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
        all.extend([code, "\n", &said(&home, &plane, "create secret token --remote -f -")]);
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
fn what_may_be_tried_again_is_tried_again() {
    let (plane, home) = started(&[]);
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
    // What stands before the server, and speaks HTTP only, is understood too.
    for status in [429, 503] {
        plane.reset().unwrap();
        plane
            .fail(&json!({"method": "GetSecret", "http": status, "body": "<h1>later</h1>", "times": 2}))
            .unwrap();
        let created = home.sealkit("create secret token --remote -f -").input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{status}: {created}");
    }
    // Twice might be once too often.
    plane.reset().unwrap();
    plane.fail(&json!({"method": "CreateSecret", "code": "unavailable", "times": 1})).unwrap();
    said(&home, &plane, "create secret token --remote -f -");
    assert_eq!(plane.requests("CreateSecret").unwrap().len(), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_server_that_never_answers_is_not_waited_for_for_ever() {
    let (plane, home) = started(&[]);
    plane.fail(&json!({"method": "ListSecrets", "hang": true})).unwrap();
    insta::assert_snapshot!(said(&home, &plane, "get secret --remote"), @r#"
    error: `ListSecrets` on `PLANE` timed out: no response within 2 s
    hint: try again, or increase the timeout: SEALKIT_TIMEOUT=2m
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn hostile_answers_do_no_harm() {
    let (plane, home) = started(&[]);
    for hostile in ["million", "endless"] {
        plane.reset().unwrap();
        plane.fail(&json!({"method": "ListSecrets", "hostile": hostile})).unwrap();
        let said = said_within("60s", &home, &plane, "get secret --remote");
        assert!(said.contains("larger than 16 MiB") || said.contains("does not end"), "{hostile}: {said}");
    }
    plane.reset().unwrap();
    plane.fail(&json!({"method": "ListSecrets", "hostile": "escapes"})).unwrap();
    for output in ["table", "name", "json"] {
        let listed = home.run(&format!("get secret --remote -o {output}")).unwrap();
        let obeyed = |c: char| c != '\n' && c.is_control();
        assert!(!listed.stdout.contains(obeyed), "{output}: {:?}", listed.stdout);
        assert!(listed.code == Some(0) && listed.stdout.contains("u{1b}") || output == "json", "{listed}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn nobody_there_and_nobody_trusted_is_said_at_once() {
    let (plane, home) = started(&["--tls"]);
    let config = home.path().join(".flyte/config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}: {text}");
        std::fs::write(&config, text.replace(from, to)).unwrap();
        let said = said(&home, &plane, "get secret --remote");
        // The authority is in a directory of its own.
        let to = if to.is_empty() { "no authority" } else { to };
        format!("{to}\n{said}")
    };
    let authority = format!("  caCertFilePath: {}\n", plane.authority().unwrap().display());
    // Nothing listens at port 1.
    let nobody = with(plane.address(), "127.0.0.1:1");
    let unknown = with(&authority, "");
    let plain = with("insecure: false", "insecure: true");
    insta::assert_snapshot!([nobody, unknown, plain].join("\n"), @r#"
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
fn a_value_is_sent_in_the_request_that_it_belongs_to_and_in_no_other() {
    let (plane, home) = started(&[]);
    for line in ["create secret token --remote -f -", "update secret token --remote -f -"] {
        assert_eq!(home.sealkit(line).input(VALUE).run().unwrap().code, Some(0));
    }
    for line in ["get secret --remote", "delete secret token --remote -y"] {
        assert_eq!(home.run(line).unwrap().code, Some(0));
    }
    let requests = plane.admin("GET", "/requests", &Json::Null).unwrap();
    assert!(requests.len() > 6);
    // The record is JSON, where bytes are Base64.
    let forms = [VALUE, "azNKcS03MXhUL3dRejl2QjJt"];
    for request in requests {
        let text = request.to_string();
        let is_meant = request["method"] == "CreateSecret" || request["method"] == "UpdateSecret";
        assert_eq!(forms.iter().any(|form| text.contains(form)), is_meant, "{text}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_goes_over_the_wire_once_for_each_request_and_never_comes_back() {
    let (plane, home) = started(&[]);
    let between = Between::start(plane.address()).unwrap();
    let config = home.path().join(".flyte/config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(plane.address(), &between.address)).unwrap();
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
    // The second `create` asks first whether the secret is there.
    assert_eq!(Between::count(&between.sent), 2);
    assert_eq!(Between::count(&between.received), 0);
    assert!(between.received.lock().unwrap().len() > 1000);
}

/// Stands between the command and the control plane, and keeps all bytes.
struct Between {
    address: String,
    sent: Arc<Mutex<Vec<u8>>>,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Between {
    fn start(to: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (sent, received) = (Arc::default(), Arc::default());
        let kept = (Arc::clone(&sent), Arc::clone(&received));
        let to = to.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&to) else { return };
                let (Ok(from), Ok(into)) = (client.try_clone(), server.try_clone()) else { return };
                let (sent, received) = kept.clone();
                thread::spawn(move || pass(client, server, &sent));
                thread::spawn(move || pass(into, from, &received));
            }
        });
        Ok(Self { address, sent, received })
    }

    fn count(bytes: &Mutex<Vec<u8>>) -> usize {
        let bytes = bytes.lock().unwrap();
        memchr::memmem::find_iter(&bytes, VALUE).count()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        kept.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
