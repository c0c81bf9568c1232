//! Docker's credentials as other clients of registries read them: the keychain of `go-containerregistry` is the judge.

use std::{fmt::Write as _, path::PathBuf, process::Command};

use base64ct::{Base64, Encoding as _};
use support::{Home, tool};

use crate::{
    credentials::install_helper,
    setup::{configure_docker, home},
};

const REGISTRY: &str = "registry.example.com";

/// Builds the judge, once for all cases.
fn judge() -> PathBuf {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("support/keychain");
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("keychain");
    let mut build = Command::new(tool("go"));
    let status = build.arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
    assert!(status.unwrap().success());
    program
}

/// Returns the user, the password and the identity token that the judge finds.
fn judged(judge: &PathBuf, home: &Home, path: &str, registry: &str) -> [String; 3] {
    let mut command = Command::new(judge);
    command.arg(registry).env_clear().env("HOME", home.path()).env("PATH", path);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the user and the password in the secret that is made of the same credentials, or the error.
fn stored(home: &Home, path: &str, registry: &str) -> Result<[String; 2], String> {
    let line = format!("create secret pull --from-docker-config --registries {registry}");
    let created = home.sealkit(&line).env("PATH", path).run().unwrap();
    if created.code != Some(0) {
        assert_eq!(home.stored("pull").unwrap(), None);
        return Err(created.stderr);
    }
    let value: serde_json::Value = serde_json::from_slice(&home.stored("pull").unwrap().unwrap()).unwrap();
    let auth = value["auths"][registry]["auth"].as_str().unwrap();
    let pair = String::from_utf8(Base64::decode_vec(auth).unwrap()).unwrap();
    let (user, password) = pair.split_once(':').unwrap();
    assert_eq!(home.sealkit("delete secret pull -y").run().unwrap().code, Some(0));
    Ok([user.to_owned(), password.to_owned()])
}

#[test]
#[cfg_attr(not(has_go), ignore = "needs go")]
fn credentials_are_those_that_other_clients_find() {
    let (judge, home) = (judge(), home());
    let good = r#"printf '{"ServerURL": "", "Username": "me", "Secret": "from-helper"}'"#;
    let token = r#"printf '{"ServerURL": "", "Username": "<token>", "Secret": "t0k3n"}'"#;
    let none = "echo 'credentials not found in native keychain'; exit 1";
    let basic = Base64::encode_string(b"me:from-file");
    let entry = format!(r#"{{"auth": "{basic}"}}"#);
    let auths = |key: &str, entry: &str| format!(r#""auths": {{"{key}": {entry}}}"#);
    let (stale, helpers, store) = (
        auths(REGISTRY, &entry),
        r#""credHelpers": {"registry.example.com": "test"}"#,
        r#""credsStore": "test""#,
    );
    let mut outcomes = String::new();
    for (name, content, script, registry) in [
        ("auth", auths(REGISTRY, &entry), good, REGISTRY),
        ("user and password", auths(REGISTRY, r#"{"username": "me", "password": "plain"}"#), good, REGISTRY),
        ("URL as the key", auths("https://registry.example.com", &entry), good, REGISTRY),
        ("URL with a path", auths("https://registry.example.com/v2/", &entry), good, REGISTRY),
        ("port", auths("registry.example.com:5000", &entry), good, "registry.example.com:5000"),
        ("Docker Hub", auths("https://index.docker.io/v1/", &entry), good, "https://index.docker.io/v1/"),
        ("helper and stale auth", format!("{stale}, {helpers}"), good, REGISTRY),
        ("store and stale auth", format!("{stale}, {store}"), good, REGISTRY),
        ("helper before store", format!(r#"{helpers}, "credsStore": "other""#), good, REGISTRY),
        ("helper without credentials", format!("{stale}, {helpers}"), none, REGISTRY),
        ("store without credentials", format!("{stale}, {store}"), none, REGISTRY),
        ("helper with a token", helpers.to_owned(), token, REGISTRY),
        ("identity token", auths(REGISTRY, r#"{"auth": "bWU6", "identitytoken": "t0k3n"}"#), good, REGISTRY),
        ("empty entry", auths(REGISTRY, "{}"), good, REGISTRY),
        ("empty password", auths(REGISTRY, r#"{"auth": "bWU6"}"#), good, REGISTRY),
    ] {
        configure_docker(&home, &format!("{{{content}}}"));
        let path = install_helper(&home, script);
        let path = format!("{path}:/usr/bin:/bin");
        let of_judge = if registry.contains("docker.io") { "index.docker.io" } else { registry };
        let [user, password, identity_token] = judged(&judge, &home, &path, of_judge);
        let stored = stored(&home, &path, registry);
        let outcome = match &stored {
            Ok(pair) => {
                assert_eq!(*pair, [user, password], "{name}");
                format!("password `{}`", pair[1])
            }
            Err(error) => {
                // What no pull secret can hold, or what is not there, is refused with the reason.
                assert!(!identity_token.is_empty() || password.is_empty(), "{name}: {error}");
                home.normalize(error).lines().next().unwrap_or_default().to_owned()
            }
        };
        let _ = writeln!(outcomes, "{name}: {outcome}");
    }
    insta::assert_snapshot!(outcomes, @"
    auth: password `from-file`
    user and password: password `plain`
    URL as the key: password `from-file`
    URL with a path: password `from-file`
    port: password `from-file`
    Docker Hub: password `from-file`
    helper and stale auth: password `from-helper`
    store and stale auth: password `from-helper`
    helper before store: password `from-helper`
    helper without credentials: error: `~/.docker/config.json` has no credentials for `registry.example.com`
    store without credentials: error: `~/.docker/config.json` has no credentials for `registry.example.com`
    helper with a token: error: an image pull secret cannot hold the identity token from `docker-credential-test` for `registry.example.com`
    identity token: error: an image pull secret cannot hold the identity token from `~/.docker/config.json` for `registry.example.com`
    empty entry: error: `~/.docker/config.json` has no credentials for `registry.example.com`
    empty password: error: user `me` from `~/.docker/config.json` has an empty password for `registry.example.com`
    ");
}
