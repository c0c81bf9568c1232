//! Authentication: the credentials of Docker and of its helpers, with passwords and with tokens.

use std::{fs, os::unix::fs::PermissionsExt as _};

use support::{Home, Registry};

use crate::setup::{FakeRegistry, PASSWORD, configure_docker, home, program, push, response, response_with};

/// `htpasswd -B`: the user `me` with the password of the tests.
const USERS: &str = "me:$2b$04$Yi6y0al0HPpcxitDcRg0xOY88ZqK15llzxqUTWPdltW3JB4z06jqi\n";
const AUTH: &str = "auth: {htpasswd: {realm: tests, path: USERS}}\n";

/// Installs a credential helper, a shell script, and returns the directory that contains it.
pub(crate) fn install_helper(home: &Home, script: &str) -> String {
    let directory = home.path().join("bin");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join("docker-credential-test");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    directory.display().to_string()
}

#[test]
#[cfg_attr(not(has_registry), ignore = "needs docker-registry, skopeo and umoci")]
fn a_registry_with_passwords_accepts_the_credentials_of_docker() {
    let (registry, home) = (Registry::start(AUTH, USERS), home());
    let address = &registry.address;
    let mut all = String::new();
    for password in [None, Some("wrong"), Some(PASSWORD)] {
        if let Some(password) = password {
            let entry = format!(r#"{{"username": "me", "password": "{password}"}}"#);
            configure_docker(&home, &format!(r#"{{"auths": {{"{address}": {entry}}}}}"#));
        }
        all.push_str(&push(&home, address, "me/app:1").to_string());
    }
    insta::assert_snapshot!(all, @"
    exit code 1
    -- stderr
    error: `REGISTRY` denied access to `me/app` without credentials
    hint: log in: docker login REGISTRY
    exit code 1
    -- stderr
    error: `REGISTRY` denied access to `me/app` for user `me` from `~/.docker/config.json`
    hint: log in: docker login REGISTRY
    exit code 0
    -- stdout
    REGISTRY/me/app@DIGEST
    -- stderr
    Pushed `REGISTRY/me/app:1` (SIZE)
    ");
}

#[test]
#[cfg_attr(not(has_registry), ignore = "needs docker-registry, skopeo and umoci")]
fn a_credential_helper_takes_precedence_over_old_credentials_in_the_file() {
    let (registry, home) = (Registry::start(AUTH, USERS), home());
    let address = &registry.address;
    let old = format!(r#""auths": {{"{address}": {{"username": "me", "password": "old"}}}}"#);
    let script = format!(
        r#"read -r server; [ "$1" = get ] && [ "$server" = "{address}" ] || exit 1
        printf '{{"ServerURL": "", "Username": "me", "Secret": "{PASSWORD}"}}'"#
    );
    let path = install_helper(&home, &script);
    for helper in [format!(r#""credHelpers": {{"{address}": "test"}}"#), r#""credsStore": "test""#.to_owned()]
    {
        configure_docker(&home, &format!("{{{old}, {helper}}}"));
        let line = format!("build image {} --push {address}/me/app:1", program().display());
        let pushed = home.sealkit(&line).env("PATH", &path).run().unwrap();
        assert_eq!(pushed.code, Some(0), "{pushed}");
    }
}

#[test]
fn a_helper_that_fails_is_an_error_and_one_without_credentials_is_not() {
    let registry = FakeRegistry::start(|request| {
        let challenge = || response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
        request.authorization.is_empty().then(challenge)
    });
    let home = home();
    let line = format!("build image {} --push {}/me/app:1", program().display(), registry.address);
    let run = |path: &str| {
        let finished = home.sealkit(&line).env("PATH", path).run().unwrap();
        assert!(!finished.to_string().contains(PASSWORD), "{finished}");
        finished.to_string().replace(&registry.address, "REGISTRY")
    };
    configure_docker(&home, r#"{"credsStore": "test"}"#);
    let mut all = run("/nonexistent");
    for script in
        ["echo 'credentials not found in native keychain'; exit 1", "echo hunter2; exit 3", "echo hunter2"]
    {
        all.push_str(&run(&install_helper(&home, &format!("cat > /dev/null; {script}"))));
    }
    insta::assert_snapshot!(all, @"
    exit code 1
    -- stderr
    error: `docker-credential-test` returned no credentials for `REGISTRY`: No such file or directory
    hint: log in: docker login REGISTRY
    exit code 1
    -- stderr
    error: `REGISTRY` denied access to `me/app` without credentials
    hint: log in: docker login REGISTRY
    exit code 1
    -- stderr
    error: `docker-credential-test` returned no credentials for `REGISTRY`: exit status: 3
    hint: log in: docker login REGISTRY
    exit code 1
    -- stderr
    error: `docker-credential-test` returned no credentials for `REGISTRY`: invalid output
    hint: log in: docker login REGISTRY
    ");
}

/// A registry with a token server, which is the same server.
fn start_with_tokens() -> FakeRegistry {
    FakeRegistry::start(|request| {
        if request.line.starts_with("GET /token") || request.line.starts_with("POST /token") {
            return Some(response_with("200 OK", r#"{"access_token": "t0k3n"}"#));
        }
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"registry.example\"\r\n",
            request.host
        );
        (request.authorization != "Bearer t0k3n").then(|| response("401 Unauthorized", &challenge))
    })
}

#[test]
fn a_token_server_gets_the_password_and_the_registry_gets_the_token() {
    let (registry, home) = (start_with_tokens(), home());
    let entry = r#"{"auth": "bWU6aHVudGVyMg=="}"#;
    configure_docker(&home, &format!(r#"{{"auths": {{"{}": {entry}}}}}"#, registry.address));
    assert_eq!(push(&home, &registry.address, "me/app:1").code, Some(0));
    let requests = registry.requests();
    let (tokens, others): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request.line.contains("/token"));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    let query = "service=registry.example&scope=repository%3Ame%2Fapp%3Apull%2Cpush";
    assert_eq!(tokens[0].line, format!("GET /token?{query}"));
    assert_eq!(tokens[0].authorization, "Basic bWU6aHVudGVyMg==");
    assert!(others[1..].iter().all(|request| request.authorization == "Bearer t0k3n"), "{others:?}");
}

#[test]
fn an_identity_token_is_exchanged_for_a_token_and_no_credentials_are_none() {
    let (registry, home) = (start_with_tokens(), home());
    configure_docker(&home, "{}");
    assert_eq!(push(&home, &registry.address, "me/app:1").code, Some(0));
    let anonymous = registry.requests().into_iter().find(|request| request.line.contains("/token")).unwrap();
    assert_eq!((anonymous.line.starts_with("GET "), &*anonymous.authorization), (true, ""));

    let entry = r#"{"auth": "bWU6", "identitytoken": "hunter2"}"#;
    configure_docker(&home, &format!(r#"{{"auths": {{"{}": {entry}}}}}"#, registry.address));
    assert_eq!(push(&home, &registry.address, "me/app:2").code, Some(0));
    let exchange = registry.requests().into_iter().find(|request| request.line.contains("/token")).unwrap();
    assert_eq!((&*exchange.line, &*exchange.authorization), ("POST /token", ""));
    let form = "service=registry.example&scope=repository%3Ame%2Fapp%3Apull%2Cpush\
                &grant_type=refresh_token&client_id=sealkit&refresh_token=hunter2";
    assert_eq!(String::from_utf8_lossy(&exchange.body), form);
}
