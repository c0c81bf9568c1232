//! `sealkit create config` and `sealkit get config`.

use std::fs;

use support::{ControlPlane, Home, Program, Python};

use crate::setup::start;

/// Returns the command in a directory without configuration.
fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}

fn create(home: &Home, line: &str) -> Program {
    home.sealkit("create config --config").arg(home.path().join(".flyte/config.yaml")).args(line)
}

#[test]
fn a_configuration_is_written_and_not_overwritten() {
    let home = home();
    let path = home.path().join(".flyte/config.yaml");
    let mut all = String::new();
    for line in [
        "--endpoint https://acme.example.com --project p --domain d",
        "--endpoint other.example.com",
        "--endpoint other.example.com --auth-type device-flow --force",
        "--endpoint ftp://x --force",
        "--endpoint x --auth-type magic --force",
        "--devbox --force",
    ] {
        let finished = create(&home, line).run().unwrap();
        let file = fs::read_to_string(&path).unwrap();
        all += &home.normalize(&format!("$ create config {line}\n{finished}-- file\n{file}\n"));
    }
    insta::assert_snapshot!(all, @r#"
    $ create config --endpoint https://acme.example.com --project p --domain d
    exit code 0
    -- stderr
    Wrote the configuration to `~/.flyte/config.yaml`
    -- file
    admin:
      endpoint: dns:///acme.example.com
    image:
      builder: local
    task:
      domain: d
      org: acme
      project: p

    $ create config --endpoint other.example.com
    exit code 1
    -- stderr
    error: `~/.flyte/config.yaml` already exists
    hint: overwrite it: --force; or write another file: --config PATH
    -- file
    admin:
      endpoint: dns:///acme.example.com
    image:
      builder: local
    task:
      domain: d
      org: acme
      project: p

    $ create config --endpoint other.example.com --auth-type device-flow --force
    exit code 0
    -- stderr
    Wrote the configuration to `~/.flyte/config.yaml`
    -- file
    admin:
      authType: DeviceFlow
      endpoint: dns:///other.example.com
    image:
      builder: local
    task:
      org: other

    $ create config --endpoint ftp://x --force
    exit code 2
    -- stderr
    error: invalid endpoint `ftp://x`: the scheme must be `dns:///`, `https://` or `http://`
    hint: use `dns:///flyte.example.com`, `https://flyte.example.com:8443` or `localhost:30080`
    -- file
    admin:
      authType: DeviceFlow
      endpoint: dns:///other.example.com
    image:
      builder: local
    task:
      org: other

    $ create config --endpoint x --auth-type magic --force
    exit code 2
    -- stderr
    error: unknown authentication type `magic`: expected `Pkce`, `DeviceFlow`, `ClientSecret` or `ExternalCommand`
    -- file
    admin:
      authType: DeviceFlow
      endpoint: dns:///other.example.com
    image:
      builder: local
    task:
      org: other

    $ create config --devbox --force
    exit code 0
    -- stderr
    Wrote the configuration to `~/.flyte/config.yaml`
    -- file
    admin:
      endpoint: dns:///localhost:30080
      insecure: true
    image:
      builder: local
    task:
      domain: development
      project: flytesnacks
    "#);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_tool_writes_the_same_configuration() {
    let plane = ControlPlane::start(&Python::from_environment(), &[]).unwrap();
    for line in [
        "--endpoint https://my.example.com:8443/ --project true --domain d --auth-type client_secret",
        "--endpoint localhost:30080 --insecure --org acme",
        "--endpoint dns:///my.example.com",
    ] {
        let home = home();
        assert_eq!(create(&home, line).run().unwrap().code, Some(0));
        let theirs = home.path().join("theirs.yaml");
        let line = format!("flyte create config {line} --output {}", theirs.display());
        let finished = plane.official(&line).unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
        let ours = fs::read_to_string(home.path().join(".flyte/config.yaml")).unwrap();
        assert_eq!(ours, fs::read_to_string(theirs).unwrap());
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_origin_of_each_setting_is_shown() {
    let (plane, home) = start(&[]);
    let shown = home.sealkit("get config").env("FLYTE_TASK_DOMAIN", "staging").run().unwrap();
    let shown = home.normalize(&shown.to_string()).replace(plane.endpoint(), "PLANE");
    let directory = std::env::current_dir().unwrap();
    let shown: String = shown
        .lines()
        .filter(|line| {
            !line.contains(&*directory.to_string_lossy()) && !line.contains(".flyte/config.yaml: does")
        })
        .map(|line| {
            line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ")
                + "\n"
        })
        .collect();
    insta::assert_snapshot!(shown, @"
    exit code 0
    -- stdout
    SETTING  VALUE  FROM
    admin.endpoint  PLANE  ~/.flyte/config.yaml
    admin.authType  none  the endpoint has no TLS
    task.org  not set
    task.project  flytesnacks  ~/.flyte/config.yaml
    task.domain  staging  FLYTE_TASK_DOMAIN
    image.registry  not set
    image.image_refs.sealkit  not set

    Files, in the order of the search:
    ~/.union/config.yaml: does not exist
    ~/.flyte/config.yaml: read
    ");
    assert!(plane.requests("ListSecrets").unwrap().is_empty());
}

#[test]
fn without_a_configuration_the_searched_places_are_listed() {
    let home = home();
    for line in ["get config", "get run", "logs r1", "abort run r1"] {
        let finished = home.run(line).unwrap();
        assert_eq!(finished.code, Some(2), "{finished}");
        assert!(finished.stderr.starts_with("error: no cluster is configured: checked "), "{finished}");
        assert!(finished.stderr.contains("~/.flyte/config.yaml"), "{finished}");
        let (_, hint) = finished.stderr.split_once("\nhint: ").unwrap();
        let local = "list the runs of this machine: sealkit get run --local; ";
        let hint = if line == "get run" { hint.strip_prefix(local).unwrap() } else { hint };
        assert!(
            hint.starts_with("create the configuration: sealkit create config --endpoint HOST"),
            "{finished}"
        );
    }
}

#[test]
fn no_secret_of_the_configuration_is_shown() {
    let home = home();
    let path = home.path().join("config.yaml");
    let text =
        "admin:\n  endpoint: acme.example.com\n  authType: ExternalCommand\n  command: [print, hunter2]\n";
    fs::write(&path, text).unwrap();
    for output in ["table", "json"] {
        let program = home.sealkit("get config --config").arg(&path).args("-o").arg(output);
        let shown = program.env("FLYTE_CREDENTIALS_CLIENT_SECRET", "hunter2").run().unwrap();
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
    }
}
