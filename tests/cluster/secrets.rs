//! Secrets on a cluster, which `sealkit` and the official commands manage together.

use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home};

use crate::setup::start;

/// Returns the output with `PLANE` as the address of the control plane.
fn normalize(finished: &Finished, plane: &ControlPlane) -> String {
    finished.to_string().replace(plane.endpoint(), "PLANE")
}

fn run(plane: &ControlPlane, home: &Home, line: &str) -> String {
    normalize(&home.run(line).unwrap(), plane)
}

/// Returns the secrets of the server: name, domain, project and value.
fn stored(plane: &ControlPlane) -> Vec<(String, String, String, Vec<u8>)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let secrets = plane.admin("GET", "/secrets", &Json::Null).unwrap();
    let stored = secrets.iter().map(|secret| {
        let value = support::unhex(secret["hex"].as_str().unwrap()).unwrap();
        (text(&secret["name"]), text(&secret["domain"]), text(&secret["project"]), value)
    });
    stored.collect()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn three_commands_manage_the_same_secrets() {
    let (plane, home) = start(&["--strict"]);
    let official = |line: &str| {
        let finished = plane.official(line).unwrap();
        assert_eq!(finished.code, Some(0), "{line}: {finished}");
        finished.stdout
    };
    let names = || {
        let listed = home.run("get secret --remote -o name").unwrap().stdout;
        let mut names: Vec<String> = listed.lines().map(str::to_owned).collect();
        names.sort();
        names
    };
    // Each command creates one secret.
    let created = home.sealkit("create secret ours --remote -f -").input("one\n").run().unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    official("flyte create secret flytes --value two");
    official("union create secret unions --value three --domain development --project flytesnacks");
    let mut all = stored(&plane);
    all.sort();
    let expected = [
        ("flytes", "", "", &b"two"[..]),
        ("ours", "", "", b"one\n"),
        ("unions", "development", "flytesnacks", b"three"),
    ];
    let expected = expected.map(|(name, domain, project, value)| {
        (name.to_owned(), domain.to_owned(), project.to_owned(), value.to_vec())
    });
    assert_eq!(all, expected);
    // Each command lists all secrets.
    assert_eq!(names(), ["flytes", "ours", "unions"]);
    for command in ["flyte get secret", "union get secret"] {
        let listed = official(command);
        assert!(["ours", "flytes", "unions"].iter().all(|name| listed.contains(name)), "{command}: {listed}");
    }
    // Each command that can update secrets updates one of another command.
    let updated = home.sealkit("update secret flytes --remote -f -").input("zwei").run().unwrap();
    assert_eq!(updated.code, Some(0), "{updated}");
    official("union update secret ours --value eins");
    assert!(stored(&plane).iter().any(|(name, .., value)| name == "flytes" && value == b"zwei"));
    assert!(stored(&plane).iter().any(|(name, .., value)| name == "ours" && value == b"eins"));
    // Each command deletes a secret of another command.
    let deleted =
        home.run("delete secret unions --remote -y --domain development --project flytesnacks").unwrap();
    assert_eq!(deleted.code, Some(0), "{deleted}");
    official("flyte delete secret ours");
    official("union delete secret flytes");
    assert!(stored(&plane).is_empty() && names().is_empty());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
#[expect(clippy::too_many_lines, reason = "a story is one, and most of it is what is said")]
fn a_secret_on_a_cluster_lives_from_create_to_delete() {
    let (plane, home) = start(&["--strict"]);
    let with_value =
        |line: &str, value: &str| normalize(&home.sealkit(line).input(value).run().unwrap(), &plane);
    insta::assert_snapshot!(run(&plane, &home, "get secret --remote"), @r#"
    exit code 0
    -- stderr
    No secrets found on PLANE
    hint: create one: sealkit create secret NAME --remote
    "#);
    insta::assert_snapshot!(with_value("create secret token --remote -f -", "k3Jq-71xT/wQz9"), @r#"
    exit code 0
    -- stderr
    Created secret `token` on PLANE
    "#);
    insta::assert_snapshot!(with_value("create secret token --remote -f -", "k3Jq-71xT/wQz9"), @r#"
    exit code 1
    -- stderr
    error: secret `token` already exists on PLANE
    hint: give it a new value: sealkit update secret token --remote
    "#);
    insta::assert_snapshot!(with_value("create secret pw --remote --domain development -f -", "k3Jq-71xT/wQz9"), @r#"
    exit code 0
    -- stderr
    Created secret `pw` in domain `development` on PLANE
    "#);
    insta::assert_snapshot!(run(&plane, &home, "get secret --remote"), @r#"
    exit code 0
    -- stdout
    NAME   DOMAIN       TYPE     CREATED               STATUS
    pw     development  generic  2026-01-01T00:00:00Z  present
    token               generic  2026-01-01T00:00:00Z  present
    "#);
    insta::assert_snapshot!(run(&plane, &home, "get secret token --remote -o json"), @r#"
    exit code 0
    -- stdout
    [
      {
        "name": "token",
        "domain": null,
        "project": null,
        "type": "generic",
        "created": "2026-01-01T00:00:00Z",
        "status": "present",
        "clusters": [
          {
            "name": "flyte-devbox",
            "status": "present"
          }
        ]
      }
    ]
    "#);
    insta::assert_snapshot!(run(&plane, &home, "get secret tokn --remote"), @"
    exit code 1
    -- stderr
    error: secret `tokn` not found on `PLANE`
    hint: did you mean `token`?
    ");
    insta::assert_snapshot!(with_value("update secret token --remote -f -", "k3Jq-71xT/wQz9"), @r#"
    exit code 0
    -- stderr
    Updated secret `token` on PLANE
    "#);
    insta::assert_snapshot!(with_value("update secret tokn --remote -f -", "k3Jq-71xT/wQz9"), @r#"
    exit code 1
    -- stderr
    error: secret `tokn` not found on `PLANE`
    hint: did you mean `token`? otherwise create it: sealkit create secret tokn --remote
    "#);
    insta::assert_snapshot!(run(&plane, &home, "delete secret token --remote"), @r#"
    exit code 2
    -- stderr
    error: cannot ask for confirmation: standard input is not a terminal
    hint: to continue without it: sealkit delete secret token --remote -y
    "#);
    insta::assert_snapshot!(run(&plane, &home, "delete secret token --remote -y"), @r#"
    exit code 0
    -- stderr
    Deleted secret `token` on PLANE
    "#);
    insta::assert_snapshot!(run(&plane, &home, "delete secret token --remote -y"), @r#"
    exit code 1
    -- stderr
    error: secret `token` not found on `PLANE`
    hint: list the secrets: sealkit get secret --remote
    "#);
    insta::assert_snapshot!(run(&plane, &home, "create secret token --remote --group hub"), @r#"
    exit code 2
    -- stderr
    error: a secret on a cluster cannot have a group
    hint: leave out --group: Flyte 2 looks up secrets by key and ignores the group in a request
    "#);
    insta::assert_snapshot!(run(&plane, &home, "create secret token --remote --project flytesnacks"), @r#"
    exit code 2
    -- stderr
    error: `--project` requires `--domain`
    "#);
    insta::assert_snapshot!(run(&plane, &home, "get secret token --remote --history"), @r#"
    exit code 2
    -- stderr
    error: the argument '--remote' cannot be used with '--history'

    Usage: sealkit get secret --remote <NAME>

    For more information, try '--help'.
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_credentials_of_docker_become_a_secret_that_pulls_images() {
    let (plane, home) = start(&["--strict"]);
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    let config = r#"{"auths": {"ghcr.io": {"auth": "dXNlcjpwYXNz"}, "quay.io": {"auth": "eDp5"}}}"#;
    std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let line = "create secret pull --from-docker-config --registries ghcr.io --remote";
    assert_eq!(home.run(line).unwrap().code, Some(0));
    let line = "create secret other --registry ghcr.io --username user --remote -f -";
    assert_eq!(home.sealkit(line).input("pass\n").run().unwrap().code, Some(0));
    // The official command stores the same value.
    let config = home.path().join(".docker/config.json");
    let line = format!(
        "flyte create secret official --type image_pull --from-docker-config --registries ghcr.io --docker-config-path {}",
        config.display()
    );
    let official = plane.official(&line).unwrap();
    assert_eq!(official.code, Some(0), "{official}");
    let stored = stored(&plane);
    let value = |name: &str| {
        let (.., value) = stored.iter().find(|(known, ..)| known == name).unwrap();
        serde_json::from_slice::<Json>(value).unwrap()
    };
    assert_eq!(value("pull"), json!({"auths": {"ghcr.io": {"auth": "dXNlcjpwYXNz"}}}));
    assert_eq!(value("other"), value("pull"));
    assert_eq!(value("official"), value("pull"));
    let requests = plane.requests("CreateSecret").unwrap();
    let types: Vec<&Json> =
        requests.iter().map(|request| &request["request"]["secret_spec"]["type"]).collect();
    assert!(types.iter().all(|r#type| **r#type == "SECRET_TYPE_IMAGE_PULL_SECRET"), "{types:?}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn all_pages_of_a_list_are_read_with_both_kinds_of_page_tokens() {
    for options in [&[][..], &["--union1"]] {
        let (plane, home) = start(options);
        let names: Vec<String> = (0..250).map(|number| format!("name-{number:03}")).collect();
        plane.admin("PUT", "/secrets", &json!({"names": names})).unwrap();
        let listed = home.run("get secret --remote -o name").unwrap();
        assert!(listed.stdout.lines().eq(&names), "{options:?}: {listed}");
        // The service of Flyte 2 is tried first.
        let pages = plane.requests("ListSecrets").unwrap();
        let pages = pages
            .iter()
            .filter(|page| page["service"].as_str().unwrap().starts_with("flyteidl2.") == options.is_empty());
        assert_eq!(pages.count(), 3, "{options:?}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn secrets_are_stored_on_union_1_with_its_own_service() {
    let (plane, home) = start(&["--union1"]);
    for line in ["create secret token --remote -f -", "update secret token --remote -f -"] {
        let finished = home.sealkit(line).input("k3Jq-71xT/wQz9").run().unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
    }
    let seen = plane.official("union get secret").unwrap();
    assert!(seen.stdout.contains("token"), "{seen}");
    for line in ["get secret token --remote", "delete secret token --remote -y"] {
        let finished = home.run(line).unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
    }
    assert!(stored(&plane).is_empty());
    // Union 1 does not support tasks of Flyte 2.
    let finished =
        home.sealkit("deploy --image registry/app:1").arg(env!("CARGO_BIN_EXE_remote")).arg("square");
    insta::assert_snapshot!(normalize(&finished.run().unwrap(), &plane), @r#"
    exit code 1
    -- stderr
    error: `PLANE` does not support `flyteidl2.task.TaskService/GetTaskDetails`
    hint: check that this is the endpoint of Flyte 2: Flyte 1 and Union 1 lack some of its services
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn local_secrets_are_pushed_to_a_cluster_all_or_none() {
    let (plane, home) = start(&["--strict"]);
    for (name, value) in
        [("text", &b"k3Jq-71x"[..]), ("binary", b"\xff\x00\n"), ("db --group g", b"k3Jq-72x")]
    {
        home.sealkit("create secret -f -").args(name).input(value).run().unwrap();
    }
    // A secret that cannot be pushed: none is sent.
    let pushed = |line: &str| run(&plane, &home, line);
    insta::assert_snapshot!(pushed("push secret text missing -y"), @"
    exit code 1
    -- stderr
    error: secret `missing` not found
    hint: list the secrets: sealkit get secret
    ");
    insta::assert_snapshot!(pushed("push secret db --group g -y"), @"
    exit code 2
    -- stderr
    error: a secret on a cluster cannot have a group
    hint: leave out --group: Flyte 2 looks up secrets by key and ignores the group in a request
    ");
    insta::assert_snapshot!(pushed("push secret text"), @"
    exit code 2
    -- stderr
    error: cannot ask for confirmation: standard input is not a terminal
    hint: to continue without it, add -y
    ");
    assert_eq!(stored(&plane), []);
    insta::assert_snapshot!(pushed("push secret text binary text -y"), @"
    exit code 0
    -- stderr
    Created secret `text` on PLANE
    Created secret `binary` on PLANE
    note: the value is not text: a cluster mounts it only as a file, so request it with `mount_requirement = FILE`
    warning: secret `binary` is too short (2 bytes): outputs, errors and logs are not searched for it
    ");
    home.sealkit("update secret text -f -").input("k3Jq-73x").run().unwrap();
    insta::assert_snapshot!(pushed("push secret text -y"), @"
    exit code 0
    -- stderr
    Updated secret `text` on PLANE
    ");
    let mut values: Vec<_> = stored(&plane).into_iter().map(|(name, _, _, value)| (name, value)).collect();
    values.sort();
    let expected = [("binary", &b"\xff\x00\n"[..]), ("text", b"k3Jq-73x")];
    assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_vec())));
}
