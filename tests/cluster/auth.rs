//! Being let in by a cluster: by a secret, a key, a person or a command; and nothing of it is seen.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home, Program, Python};

/// A cluster that lets nobody in without a token, and somebody who wants in.
struct Door {
    plane: ControlPlane,
    home: Home,
}

impl Door {
    fn new(options: &[&str]) -> Self {
        let python = Python::from_environment();
        let plane = ControlPlane::start(&python, options).unwrap();
        let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
        Self { plane, home }
    }

    /// With a certificate.
    fn closed() -> Self {
        Self::new(&["--auth", "--tls"])
    }

    /// With these lines in its configuration.
    fn configure(&self, lines: &[&str]) {
        let lines = lines.iter().fold(String::new(), |all, line| all + "  " + line + "\n");
        self.plane.configure(&self.home, &lines).unwrap();
    }

    /// The file of a secret.
    fn secret_file(&self, secret: &str) -> PathBuf {
        let path = self.home.path().join("client-secret");
        fs::write(&path, format!("{secret}\n")).unwrap();
        path
    }

    fn sealkit(&self, line: &str) -> Program {
        self.home.sealkit(line)
    }

    /// Runs it to its end, and looks whether it shows what it may not.
    fn run(&self, program: Program) -> Finished {
        let mut finished = program.run().unwrap();
        let said = finished.to_string();
        let (_, secret) = self.plane.client();
        let mut hidden = vec![secret.to_owned(), STANDARD.encode(secret)];
        for request in self.plane.admin("GET", "/requests", &Json::Null).unwrap() {
            let headers = request["headers"].as_object().unwrap();
            let tokens = headers.iter().filter(|(name, _)| name.contains("authorization"));
            hidden.extend(
                tokens
                    .filter_map(|(_, value)| value.as_str()?.split_once(' '))
                    .map(|(_, token)| token.to_owned()),
            );
            for name in ["device_code", "refresh_token", "code", "code_verifier"] {
                hidden.extend(request["request"][name].as_str().map(str::to_owned));
            }
        }
        for path in self.token_files() {
            let kept: Json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_default();
            hidden.extend(
                ["access_token", "refresh_token"]
                    .iter()
                    .filter_map(|name| kept[name].as_str())
                    .map(str::to_owned),
            );
        }
        for hidden in hidden {
            assert!(!said.contains(&hidden), "{hidden} is in {said}");
        }
        for text in [&mut finished.stdout, &mut finished.stderr] {
            let home = self.home.path().to_string_lossy();
            *text = text.replace(&*home, "~").replace(self.plane.address(), "PLANE");
        }
        finished
    }

    /// Creates a secret and sees it.
    fn create_and_see(&self, name: &str, with: impl Fn(Program) -> Program) {
        let create = self.sealkit(&format!("create secret {name} --remote -f -")).input("one");
        let created = self.run(with(create));
        assert_eq!(created.code, Some(0), "{created}");
        let listed = self.run(with(self.sealkit("get secret --remote -o name")));
        assert_eq!((listed.code, &*listed.stdout), (Some(0), &*format!("{name}\n")), "{listed}");
        self.plane.admin("DELETE", "/secrets", &Json::Null).unwrap();
    }

    /// How many tokens were given out since the start, by grant.
    fn given(&self, grant: &str) -> u64 {
        let all = self.plane.admin("GET", "/tokens", &Json::Null).unwrap();
        all[0][grant].as_u64().unwrap_or_default()
    }

    fn token_files(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.home.path().join(TOKENS)) else { return Vec::new() };
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }

    /// `BROWSER`, for a person who allows everything.
    fn browser(&self) -> String {
        self.plane.browser().join(" ")
    }
}

/// Where tokens are kept, below the home directory.
const TOKENS: &str = ".local/state/sealkit/tokens";

fn as_it_is(program: Program) -> Program {
    program
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_client_is_let_in_by_the_secret_in_a_file_or_in_a_variable() {
    let door = Door::closed();
    let (client, secret) = door.plane.client();
    let client = format!("clientId: {client}");
    door.secret_file(secret);
    let file = format!("clientSecretLocation: {}", door.home.path().join("client-secret").display());
    door.configure(&["authType: ClientSecret", &client, &file]);
    door.create_and_see("in-file", as_it_is);
    door.configure(&[&client, "clientSecretEnvVar: ROBOT"]);
    door.create_and_see("in-variable", |program| program.env("ROBOT", secret));
    assert_eq!(door.given("client_credentials"), 4);
    // Such a token is worth as much as the secret, and nobody has to be asked for the next one.
    assert!(!door.home.path().join(TOKENS).exists());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_client_that_is_not_let_in_is_told_why_without_its_secret() {
    let door = Door::closed();
    let path = door.secret_file("wr0ng-s3cret");
    let file = format!("clientSecretLocation: {}", path.display());
    let nowhere = format!("clientSecretLocation: {}", door.home.path().join("nowhere").display());
    let said = |lines: &[&str]| {
        door.configure(lines);
        let finished = door.run(door.sealkit("get secret --remote"));
        assert!(!finished.to_string().contains("wr0ng"), "{finished}");
        finished.to_string()
    };
    insta::assert_snapshot!(said(&["clientId: robot", &file]), @r#"
    exit code 1
    -- stderr
    error: cannot get a token from `https://PLANE/oauth2/token`: invalid_client
    hint: check the client ID and the client secret
    "#);
    insta::assert_snapshot!(said(&["clientId: robot", &nowhere]), @r#"
    exit code 2
    -- stderr
    error: cannot read the client secret from `~/nowhere`: No such file or directory (os error 2)
    hint: log in with the browser instead: --auth-type pkce
    "#);
    insta::assert_snapshot!(said(&["clientId: robot", "clientSecretEnvVar: ROBOT"]), @r#"
    exit code 2
    -- stderr
    error: cannot read the client secret: variable `ROBOT` is not set
    hint: log in with the browser instead: --auth-type pkce
    "#);
    insta::assert_snapshot!(said(&["authType: ClientSecret"]), @r#"
    exit code 2
    -- stderr
    error: authentication type `ClientSecret` requires `admin.clientSecretLocation` or `admin.clientSecretEnvVar`
    hint: log in with the browser instead: --auth-type pkce
    "#);
    assert_eq!(door.given("client_credentials"), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_key_in_the_environment_is_enough() {
    let door = Door::closed();
    let (client, secret) = door.plane.client();
    let authority = door.plane.authority().unwrap();
    let key = STANDARD.encode(format!("dns:///{}:{client}:{secret}:None", door.plane.address()));
    let with_key = |program: Program| program.env("FLYTE_API_KEY", &key);
    let trusting = |program: Program| with_key(program).env("SSL_CERT_FILE", authority);
    door.create_and_see("by-key", trusting);
    // The authority may be in a file as well, which says nothing of the rest.
    door.plane.configure(&door.home, "").unwrap();
    door.create_and_see("by-key-and-file", with_key);
    let wrong = STANDARD.encode(format!("dns:///{}:{client}:wr0ng-s3cret:None", door.plane.address()));
    let refused = door.run(door.sealkit("get secret --remote").env("FLYTE_API_KEY", &wrong));
    assert!(!refused.to_string().contains("wr0ng") && !refused.to_string().contains(&wrong), "{refused}");
    insta::assert_snapshot!(refused, @r#"
    exit code 1
    -- stderr
    error: cannot get a token from `https://PLANE/oauth2/token`: invalid_client
    hint: check the client ID and the client secret
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_person_enters_a_code_in_a_browser_anywhere() {
    let door = Door::closed();
    door.configure(&["authType: DeviceFlow"]);
    let answers = json!({"interval": 1, "device_answers": ["authorization_pending", "slow_down"]});
    door.plane.admin("POST", "/oauth", &answers).unwrap();
    let created = door.run(door.sealkit("create secret token --remote -f -").input("one"));
    insta::assert_snapshot!(created, @r#"
    exit code 0
    -- stderr
    note: log in in a browser: open https://PLANE/activate?user_code=SEAL-KIT1 and enter the code SEAL-KIT1
    Created secret `token` on https://PLANE
    warning: secret `token` is too short (3 bytes): outputs, errors and logs are not searched for it
    "#);
    assert_eq!((door.given("device_code"), door.plane.requests("token").unwrap().len()), (1, 3));
    door.plane.admin("POST", "/oauth", &json!({"device_answers": ["access_denied"]})).unwrap();
    door.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    insta::assert_snapshot!(door.run(door.sealkit("get secret --remote")), @r#"
    exit code 1
    -- stderr
    note: log in in a browser: open https://PLANE/activate?user_code=SEAL-KIT1 and enter the code SEAL-KIT1
    error: cannot get a token from `https://PLANE/oauth2/token`: access_denied
    hint: try again, and approve the login in the browser
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_person_allows_it_in_the_browser_of_this_machine() {
    let door = Door::closed();
    door.configure(&["authType: Pkce"]);
    // What is not there is passed over.
    let browser = format!("/nowhere/browser:{} %s &", door.browser());
    let created =
        door.run(door.sealkit("create secret token --remote -f -").input("one").env("BROWSER", browser));
    assert_eq!((created.code, door.given("authorization_code")), (Some(0), 1), "{created}");
    assert!(
        created.stderr.contains("note: log in in the browser: https://PLANE/oauth2/authorize?client_id="),
        "{created}"
    );
    // Whoever has a desktop has its browser.
    let desktop = door.home.path().join("xdg-open");
    fs::write(&desktop, format!("#!/bin/sh\nexec {} \"$1\"\n", door.browser())).unwrap();
    fs::set_permissions(&desktop, fs::Permissions::from_mode(0o755)).unwrap();
    door.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    let listed = door.run(door.sealkit("get secret --remote -o name").env("PATH", door.home.path()));
    assert_eq!((listed.code, door.given("authorization_code")), (Some(0), 2), "{listed}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_person_is_asked_once() {
    let door = Door::closed();
    door.configure(&["authType: Pkce"]);
    let create =
        || door.sealkit("create secret token --remote -f -").input("one").env("BROWSER", door.browser());
    let list = || door.run(door.sealkit("get secret --remote -o name"));
    let created = door.run(create());
    assert_eq!(created.code, Some(0), "{created}");
    let files = door.token_files();
    assert_eq!((files.len(), mode(&files[0]), mode(&door.home.path().join(TOKENS))), (1, 0o600, 0o700));
    // The next command has the token.
    let listed = list();
    assert_eq!((listed.code, &*listed.stdout, &*listed.stderr), (Some(0), "token\n", ""));
    assert_eq!((door.given("authorization_code"), door.given("refresh_token")), (1, 0));
    // Nobody has to allow the next one, which is good for another command.
    door.plane.admin("POST", "/tokens/expire", &Json::Null).unwrap();
    for _ in 0..2 {
        let listed = list();
        assert_eq!((listed.code, &*listed.stderr), (Some(0), ""), "{listed}");
        assert_eq!((door.given("authorization_code"), door.given("refresh_token")), (1, 1));
    }
    // Only when nothing is good any more.
    door.plane.admin("POST", "/tokens/expire", &json!({"refresh": true})).unwrap();
    let listed = door.run(door.sealkit("get secret --remote -o name").env("BROWSER", door.browser()));
    assert_eq!((listed.code, &*listed.stdout), (Some(0), "token\n"), "{listed}");
    assert_eq!((door.given("authorization_code"), door.given("refresh_token")), (2, 1));
    assert_eq!(door.token_files(), files);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn many_commands_at_once_renew_one_token() {
    let door = Door::closed();
    door.configure(&["authType: Pkce"]);
    let list = || door.sealkit("get secret --remote -o name");
    assert_eq!(door.run(list().env("BROWSER", door.browser())).code, Some(0));
    for _ in 0..3 {
        door.plane.admin("POST", "/tokens/expire", &Json::Null).unwrap();
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..8).map(|_| scope.spawn(|| door.run(list()))).collect();
            for finished in running {
                let finished = finished.join().unwrap();
                assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "{finished}");
            }
        });
    }
    assert_eq!((door.given("authorization_code"), door.given("refresh_token")), (1, 3));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_command_prints_the_token() {
    let door = Door::closed();
    let secret = door.secret_file(door.plane.client().1);
    let command = json!(door.plane.token_command(&secret)).to_string();
    door.configure(&["authType: ExternalCommand", &format!("command: {command}")]);
    door.create_and_see("by-command", as_it_is);
    assert_eq!(door.given("client_credentials"), 2);
    // What it prints is no token, or it fails.
    let said = |command: &str| {
        door.configure(&["authType: ExternalCommand", &format!("command: {command}")]);
        let finished = door.run(door.sealkit("get secret --remote").env("PATH", "/usr/bin:/bin"));
        assert!(!finished.to_string().contains("n0-token"), "{finished}");
        finished.to_string()
    };
    insta::assert_snapshot!(said(r#"["echo", "n0-token"]"#), @r#"
    exit code 1
    -- stderr
    error: authentication with `https://PLANE` failed: token is missing, unknown or expired
    hint: check `admin.authType` and its settings, or delete the cached token and log in again
    "#);
    insta::assert_snapshot!(said(r#"["sh", "-c", "echo n0-token; exit 3"]"#), @r#"
    exit code 1
    -- stderr
    error: token command `sh` failed: exit status: 3
    hint: run the configured command yourself to see its errors
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_token_is_sent_in_the_header_that_the_server_names() {
    let door = Door::new(&["--auth", "--tls", "--authorization-key", "flyte-authorization"]);
    let (client, secret) = door.plane.client();
    door.configure(&[&format!("clientId: {client}"), "clientSecretEnvVar: ROBOT"]);
    door.create_and_see("elsewhere", |program| program.env("ROBOT", secret));
    let requests = door.plane.requests("CreateSecret").unwrap();
    let headers = &requests.last().unwrap()["headers"];
    let bears = |name: &str| headers[name].as_str().is_some_and(|value| value.starts_with("Bearer access-"));
    assert!(bears("flyte-authorization") && headers["authorization"].is_null(), "{headers}");
    // It is kept with the name of its header.
    door.configure(&["authType: Pkce"]);
    door.create_and_see("kept", |program| program.env("BROWSER", door.browser()));
    assert_eq!(door.given("authorization_code"), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_token_that_others_may_have_read_is_not_used() {
    let door = Door::closed();
    door.configure(&["authType: Pkce"]);
    assert_eq!(door.run(door.sealkit("get secret --remote").env("BROWSER", door.browser())).code, Some(0));
    let files = door.token_files();
    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o644)).unwrap();
    door.plane.admin("DELETE", "/requests", &Json::Null).unwrap();
    let refused = door.run(door.sealkit("get secret --remote"));
    let name = files[0].file_name().unwrap().to_string_lossy();
    insta::assert_snapshot!(refused.to_string().replace(&*name, "NAME.json"), @r#"
    exit code 1
    -- stderr
    error: `~/.local/state/sealkit/tokens/NAME.json`, the file of the token, is open to others
    hint: it is not to be trusted: remove it with `rm ~/.local/state/sealkit/tokens/NAME.json` and log in again
    "#);
    assert!(door.plane.admin("GET", "/requests", &Json::Null).unwrap().is_empty());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_command_is_let_in_beside_ours() {
    let door = Door::closed();
    let (client, secret) = door.plane.client();
    let path = door.secret_file(secret);
    door.configure(&[&format!("clientId: {client}"), &format!("clientSecretLocation: {}", path.display())]);
    let official = |line: &str| {
        let finished = door.plane.official_client(&path, line).unwrap();
        assert_eq!(finished.code, Some(0), "{line}: {finished}");
        finished.stdout
    };
    let created = door.run(door.sealkit("create secret ours --remote -f -").input("one"));
    assert_eq!(created.code, Some(0), "{created}");
    official("flyte create secret flytes --value two");
    let listed = official("flyte get secret");
    assert!(listed.contains("ours") && listed.contains("flytes"), "{listed}");
    let listed = door.run(door.sealkit("get secret --remote -o name")).stdout;
    let mut names: Vec<_> = listed.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["flytes", "ours"]);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn whoever_is_configured_to_say_nothing_is_told_what_to_configure() {
    let door = Door::new(&["--auth"]);
    door.configure(&[]);
    insta::assert_snapshot!(door.run(door.sealkit("get secret --remote")), @r#"
    exit code 1
    -- stderr
    error: `http://PLANE` (from `~/.flyte/config.yaml`) requires authentication
    hint: set `admin.authType`, and remove `admin.insecure`
    "#);
    // No secret is sent where everybody can listen.
    door.configure(&["authType: ClientSecret", "clientId: robot", "clientSecretEnvVar: ROBOT"]);
    let finished = door.run(door.sealkit("get secret --remote").env("ROBOT", door.plane.client().1));
    assert_eq!(finished.code, Some(1), "{finished}");
    assert_eq!(door.given("client_credentials"), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_command_line_says_how_one_is_let_in() {
    let door = Door::closed();
    door.configure(&["authType: DeviceFlow"]);
    let list = "get secret --remote -o name --auth-type";
    let listed = door.run(door.sealkit(&format!("{list} pkce")).env("BROWSER", door.browser()));
    assert_eq!((listed.code, door.given("authorization_code")), (Some(0), 1), "{listed}");
    insta::assert_snapshot!(door.run(door.sealkit(&format!("{list} magic"))), @r#"
    exit code 2
    -- stderr
    error: unknown authentication type `magic`: expected `Pkce`, `DeviceFlow`, `ClientSecret` or `ExternalCommand`
    "#);
}
