//! Authentication with a cluster: client secrets, API keys, logins and external commands. No output contains a secret or a token.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use support::Program;

use crate::setup::{Setup, TOKENS};

fn unchanged(program: Program) -> Program {
    program
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_client_authenticates_with_a_secret_in_a_file_or_a_variable() {
    let setup = Setup::with_tls();
    let (client, secret) = setup.plane.client();
    let client = format!("clientId: {client}");
    setup.secret_file(secret);
    let file = format!("clientSecretLocation: {}", setup.home.path().join("client-secret").display());
    setup.configure(&["authType: ClientSecret", &client, &file]);
    setup.create_and_list("in-file", unchanged);
    setup.configure(&[&client, "clientSecretEnvVar: ROBOT"]);
    setup.create_and_list("in-variable", |program| program.env("ROBOT", secret));
    assert_eq!(setup.granted("client_credentials"), 4);
    // Such a token is not cached: the next one needs no login.
    assert!(!setup.home.path().join(TOKENS).exists());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_authentication_error_does_not_contain_the_client_secret() {
    let setup = Setup::with_tls();
    let path = setup.secret_file("wr0ng-s3cret");
    let file = format!("clientSecretLocation: {}", path.display());
    let nowhere = format!("clientSecretLocation: {}", setup.home.path().join("nowhere").display());
    let output = |lines: &[&str]| {
        setup.configure(lines);
        let finished = setup.run(setup.sealkit("get secret --remote"));
        assert!(!finished.to_string().contains("wr0ng"), "{finished}");
        finished.to_string()
    };
    insta::assert_snapshot!(output(&["clientId: robot", &file]), @r#"
    exit code 1
    -- stderr
    error: cannot get a token from `https://PLANE/oauth2/token`: invalid_client
    hint: check the client ID and the client secret
    "#);
    insta::assert_snapshot!(output(&["clientId: robot", &nowhere]), @r#"
    exit code 2
    -- stderr
    error: cannot read the client secret from `~/nowhere`: No such file or directory (os error 2)
    hint: log in with the browser instead: --auth-type pkce
    "#);
    insta::assert_snapshot!(output(&["clientId: robot", "clientSecretEnvVar: ROBOT"]), @r#"
    exit code 2
    -- stderr
    error: cannot read the client secret: variable `ROBOT` is not set
    hint: log in with the browser instead: --auth-type pkce
    "#);
    insta::assert_snapshot!(output(&["authType: ClientSecret"]), @r#"
    exit code 2
    -- stderr
    error: authentication type `ClientSecret` requires `admin.clientSecretLocation` or `admin.clientSecretEnvVar`
    hint: log in with the browser instead: --auth-type pkce
    "#);
    assert_eq!(setup.granted("client_credentials"), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_api_key_needs_no_other_configuration() {
    let setup = Setup::with_tls();
    let (client, secret) = setup.plane.client();
    let authority = setup.plane.authority().unwrap();
    let key = STANDARD.encode(format!("dns:///{}:{client}:{secret}:None", setup.plane.address()));
    let with_key = |program: Program| program.env("FLYTE_API_KEY", &key);
    let trusting = |program: Program| with_key(program).env("SSL_CERT_FILE", authority);
    setup.create_and_list("by-key", trusting);
    // The certificate authority may also come from a file without other settings.
    setup.plane.configure(&setup.home, "").unwrap();
    setup.create_and_list("by-key-and-file", with_key);
    let wrong = STANDARD.encode(format!("dns:///{}:{client}:wr0ng-s3cret:None", setup.plane.address()));
    let rejected = setup.run(setup.sealkit("get secret --remote").env("FLYTE_API_KEY", &wrong));
    assert!(!rejected.to_string().contains("wr0ng") && !rejected.to_string().contains(&wrong), "{rejected}");
    insta::assert_snapshot!(rejected, @r#"
    exit code 1
    -- stderr
    error: cannot get a token from `https://PLANE/oauth2/token`: invalid_client
    hint: check the client ID and the client secret
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_user_logs_in_with_the_device_flow() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: DeviceFlow"]);
    let answers = json!({"interval": 1, "device_answers": ["authorization_pending", "slow_down"]});
    setup.plane.admin("POST", "/oauth", &answers).unwrap();
    let created = setup.run(setup.sealkit("create secret token --remote -f -").input("one"));
    insta::assert_snapshot!(created, @r#"
    exit code 0
    -- stderr
    note: log in in a browser: open https://PLANE/activate?user_code=SEAL-KIT1 and enter the code SEAL-KIT1
    Created secret `token` on https://PLANE
    warning: secret `token` is too short (3 bytes): outputs, errors and logs are not searched for it
    "#);
    assert_eq!((setup.granted("device_code"), setup.plane.requests("token").unwrap().len()), (1, 3));
    setup.plane.admin("POST", "/oauth", &json!({"device_answers": ["access_denied"]})).unwrap();
    setup.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    insta::assert_snapshot!(setup.run(setup.sealkit("get secret --remote")), @r#"
    exit code 1
    -- stderr
    note: log in in a browser: open https://PLANE/activate?user_code=SEAL-KIT1 and enter the code SEAL-KIT1
    error: cannot get a token from `https://PLANE/oauth2/token`: access_denied
    hint: try again, and approve the login in the browser
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_user_logs_in_with_the_browser_of_this_machine() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: Pkce"]);
    // A browser that does not exist is skipped.
    let browser = format!("/nowhere/browser:{} %s &", setup.browser());
    let created =
        setup.run(setup.sealkit("create secret token --remote -f -").input("one").env("BROWSER", browser));
    assert_eq!((created.code, setup.granted("authorization_code")), (Some(0), 1), "{created}");
    assert!(
        created.stderr.contains("note: log in in the browser: https://PLANE/oauth2/authorize?client_id="),
        "{created}"
    );
    // Without `BROWSER`, the browser of the desktop opens.
    let desktop = setup.home.path().join("xdg-open");
    fs::write(&desktop, format!("#!/bin/sh\nexec {} \"$1\"\n", setup.browser())).unwrap();
    fs::set_permissions(&desktop, fs::Permissions::from_mode(0o755)).unwrap();
    setup.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    let listed = setup.run(setup.sealkit("get secret --remote -o name").env("PATH", setup.home.path()));
    assert_eq!((listed.code, setup.granted("authorization_code")), (Some(0), 2), "{listed}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_user_logs_in_only_once() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: Pkce"]);
    let create =
        || setup.sealkit("create secret token --remote -f -").input("one").env("BROWSER", setup.browser());
    let list = || setup.run(setup.sealkit("get secret --remote -o name"));
    let created = setup.run(create());
    assert_eq!(created.code, Some(0), "{created}");
    let files = setup.token_files();
    assert_eq!((files.len(), mode(&files[0]), mode(&setup.home.path().join(TOKENS))), (1, 0o600, 0o700));
    // The next command uses the cached token.
    let listed = list();
    assert_eq!((listed.code, &*listed.stdout, &*listed.stderr), (Some(0), "token\n", ""));
    assert_eq!((setup.granted("authorization_code"), setup.granted("refresh_token")), (1, 0));
    // An expired token is refreshed without a login, and the new one is cached.
    setup.plane.admin("POST", "/tokens/expire", &Json::Null).unwrap();
    for _ in 0..2 {
        let listed = list();
        assert_eq!((listed.code, &*listed.stderr), (Some(0), ""), "{listed}");
        assert_eq!((setup.granted("authorization_code"), setup.granted("refresh_token")), (1, 1));
    }
    // An expired refresh token requires a login.
    setup.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    let listed = setup.run(setup.sealkit("get secret --remote -o name").env("BROWSER", setup.browser()));
    assert_eq!((listed.code, &*listed.stdout), (Some(0), "token\n"), "{listed}");
    assert_eq!((setup.granted("authorization_code"), setup.granted("refresh_token")), (2, 1));
    assert_eq!(setup.token_files(), files);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn concurrent_commands_refresh_the_token_once() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: Pkce"]);
    let list = || setup.sealkit("get secret --remote -o name");
    assert_eq!(setup.run(list().env("BROWSER", setup.browser())).code, Some(0));
    for _ in 0..3 {
        setup.plane.admin("POST", "/tokens/expire", &Json::Null).unwrap();
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..8).map(|_| scope.spawn(|| setup.run(list()))).collect();
            for finished in running {
                let finished = finished.join().unwrap();
                assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "{finished}");
            }
        });
    }
    assert_eq!((setup.granted("authorization_code"), setup.granted("refresh_token")), (1, 3));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_command_prints_the_token() {
    let setup = Setup::with_tls();
    let secret = setup.secret_file(setup.plane.client().1);
    let command = json!(setup.plane.token_command(&secret)).to_string();
    setup.configure(&["authType: ExternalCommand", &format!("command: {command}")]);
    setup.create_and_list("by-command", unchanged);
    assert_eq!(setup.granted("client_credentials"), 2);
    // The command prints an invalid token, or fails.
    let output = |command: &str| {
        setup.configure(&["authType: ExternalCommand", &format!("command: {command}")]);
        let finished = setup.run(setup.sealkit("get secret --remote").env("PATH", "/usr/bin:/bin"));
        assert!(!finished.to_string().contains("n0-token"), "{finished}");
        finished.to_string()
    };
    insta::assert_snapshot!(output(r#"["echo", "n0-token"]"#), @r#"
    exit code 1
    -- stderr
    error: authentication with `https://PLANE` failed: token is missing, unknown or expired
    hint: check `admin.authType` and its settings, or delete the cached token and log in again
    "#);
    insta::assert_snapshot!(output(r#"["sh", "-c", "echo n0-token; exit 3"]"#), @r#"
    exit code 1
    -- stderr
    error: token command `sh` failed: exit status: 3
    hint: run the configured command yourself to see its errors
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_token_is_sent_in_the_header_that_the_server_names() {
    let setup = Setup::new(&["--auth", "--tls", "--authorization-key", "flyte-authorization"]);
    let (client, secret) = setup.plane.client();
    setup.configure(&[&format!("clientId: {client}"), "clientSecretEnvVar: ROBOT"]);
    setup.create_and_list("by-header", |program| program.env("ROBOT", secret));
    let requests = setup.plane.requests("CreateSecret").unwrap();
    let headers = &requests.last().unwrap()["headers"];
    let bears = |name: &str| headers[name].as_str().is_some_and(|value| value.starts_with("Bearer access-"));
    assert!(bears("flyte-authorization") && headers["authorization"].is_null(), "{headers}");
    // The cache contains the name of the header.
    setup.configure(&["authType: Pkce"]);
    setup.create_and_list("from-cache", |program| program.env("BROWSER", setup.browser()));
    assert_eq!(setup.granted("authorization_code"), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_cached_token_that_other_users_can_read_is_not_used() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: Pkce"]);
    assert_eq!(setup.run(setup.sealkit("get secret --remote").env("BROWSER", setup.browser())).code, Some(0));
    let files = setup.token_files();
    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o644)).unwrap();
    setup.plane.admin("DELETE", "/requests", &Json::Null).unwrap();
    let rejected = setup.run(setup.sealkit("get secret --remote"));
    let name = files[0].file_name().unwrap().to_string_lossy();
    insta::assert_snapshot!(rejected.to_string().replace(&*name, "NAME.json"), @r#"
    exit code 1
    -- stderr
    error: cannot use token cache `~/.local/state/sealkit/tokens/NAME.json`: it is accessible to other users
    hint: remove it and log in again: rm ~/.local/state/sealkit/tokens/NAME.json
    "#);
    assert!(setup.plane.admin("GET", "/requests", &Json::Null).unwrap().is_empty());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_command_and_sealkit_authenticate_with_the_same_client() {
    let setup = Setup::with_tls();
    let (client, secret) = setup.plane.client();
    let path = setup.secret_file(secret);
    setup.configure(&[&format!("clientId: {client}"), &format!("clientSecretLocation: {}", path.display())]);
    let official = |line: &str| {
        let finished = setup.plane.official_client(&path, line).unwrap();
        assert_eq!(finished.code, Some(0), "{line}: {finished}");
        finished.stdout
    };
    let created = setup.run(setup.sealkit("create secret ours --remote -f -").input("one"));
    assert_eq!(created.code, Some(0), "{created}");
    official("flyte create secret flytes --value two");
    let listed = official("flyte get secret");
    assert!(listed.contains("ours") && listed.contains("flytes"), "{listed}");
    let listed = setup.run(setup.sealkit("get secret --remote -o name")).stdout;
    let mut names: Vec<_> = listed.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["flytes", "ours"]);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_error_names_the_setting_if_authentication_is_required_but_not_configured() {
    let setup = Setup::new(&["--auth"]);
    setup.configure(&[]);
    insta::assert_snapshot!(setup.run(setup.sealkit("get secret --remote")), @r#"
    exit code 1
    -- stderr
    error: `http://PLANE` (from `~/.flyte/config.yaml`) requires authentication
    hint: set `admin.authType`, and remove `admin.insecure`
    "#);
    // A client secret is not sent without TLS.
    setup.configure(&["authType: ClientSecret", "clientId: robot", "clientSecretEnvVar: ROBOT"]);
    let finished = setup.run(setup.sealkit("get secret --remote").env("ROBOT", setup.plane.client().1));
    assert_eq!(finished.code, Some(1), "{finished}");
    assert_eq!(setup.granted("client_credentials"), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_command_line_overrides_the_authentication_type() {
    let setup = Setup::with_tls();
    setup.configure(&["authType: DeviceFlow"]);
    let list = "get secret --remote -o name --auth-type";
    let listed = setup.run(setup.sealkit(&format!("{list} pkce")).env("BROWSER", setup.browser()));
    assert_eq!((listed.code, setup.granted("authorization_code")), (Some(0), 1), "{listed}");
    insta::assert_snapshot!(setup.run(setup.sealkit(&format!("{list} magic"))), @r#"
    exit code 2
    -- stderr
    error: unknown authentication type `magic`: expected `Pkce`, `DeviceFlow`, `ClientSecret` or `ExternalCommand`
    "#);
}
