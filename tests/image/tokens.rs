//! Authentication with the tokens of a token server, which the registry of Docker verifies.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use support::{Finished, Home, Python, Registry};
use tempfile::TempDir;

use crate::setup::{PASSWORD, configure_docker, home, push};

/// A token server and the registry that it is for.
struct Servers {
    tokens: Child,
    registry: Registry,
    _directory: TempDir,
}

impl Servers {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let certificate = directory.path().join("certificate.pem");
        let mut command = Python::from_environment().script("token_server.py");
        command.arg(&certificate).args(["me", PASSWORD]);
        let mut tokens = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(tokens.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let auth = format!(
            "auth: {{token: {{realm: 'http://127.0.0.1:{}/token', service: tests, issuer: tests, rootcertbundle: {}}}}}\n",
            port.trim(),
            certificate.display()
        );
        Self { tokens, registry: Registry::start(&auth, ""), _directory: directory }
    }

    /// Pushes with this entry of Docker's configuration.
    fn push(&self, home: &Home, entry: &str) -> Finished {
        let address = &self.registry.address;
        configure_docker(home, &format!(r#"{{"auths": {{"{address}": {entry}}}}}"#));
        push(home, address, "me/app")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.tokens.kill();
        let _ = self.tokens.wait();
    }
}

#[test]
#[cfg_attr(
    not(all(has_registry, has_python)),
    ignore = "needs docker-registry, skopeo, umoci and TEST_PYTHON"
)]
fn the_registry_of_docker_accepts_the_tokens() {
    let (servers, home) = (Servers::start(), home());
    let denied = servers.push(&home, "{}");
    let wrong = servers.push(&home, r#"{"username": "me", "password": "wrong"}"#);
    insta::assert_snapshot!(format!("{denied}{wrong}"), @"
    exit code 1
    -- stderr
    error: `REGISTRY` denied access to `me/app` without credentials
    hint: log in: docker login REGISTRY
    exit code 1
    -- stderr
    error: `REGISTRY` denied access to `me/app` for user `me` from `~/.docker/config.json`
    hint: log in: docker login REGISTRY
    ");
    for entry in [r#"{"username": "me", "password": "hunter2"}"#, r#"{"identitytoken": "identity-hunter2"}"#]
    {
        let pushed = servers.push(&home, entry);
        assert_eq!((pushed.code, &*pushed.stdout), (Some(0), "REGISTRY/me/app@DIGEST\n"), "{pushed}");
    }
}
