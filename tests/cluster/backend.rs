//! Limits and peculiarities of the backend of Flyte 2, which the control plane imitates.

use std::time::Duration;

use sealkit_idl::common::{ActionIdentifier, RunIdentifier};
use sealkit_remote::{Actions, Client, Config};
use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home};

use crate::setup;

const TASKS: &str = env!("CARGO_BIN_EXE_remote");
const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

fn start(options: &[&str]) -> (ControlPlane, Home) {
    let program = format!("--program=/app/tasks={TASKS}");
    setup::start(&options.iter().copied().chain([&*program]).collect::<Vec<_>>())
}

fn store(home: &Home, line: &str, value: impl Into<Vec<u8>>) -> Finished {
    let path = home.path().join("value");
    std::fs::write(&path, value.into()).unwrap();
    let stored = home.sealkit(line).args("--remote -f").arg(path.to_str().unwrap()).run().unwrap();
    assert_eq!(stored.code, Some(0), "{stored}");
    stored
}

fn run(home: &Home, options: &[&str], line: &str) -> Finished {
    let mut program = home.sealkit("run --remote --skip-check --image registry/app:1 --program /app/tasks");
    for option in options {
        program = program.arg(option);
    }
    program.arg(TASKS).args(line).run().unwrap()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_run_with_a_long_error_ends_and_shows_both_ends_of_the_error() {
    let (_plane, home) = start(&[]);
    store(&home, "create secret my_secret", VALUE);
    let finished = run(&home, &[], "verbose --times 3000");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(!finished.stderr.contains(&VALUE[..6]), "{finished}");
    // The whole error is in the log only.
    let (_, error) = finished.stderr.split_once("\nerror: ").unwrap();
    assert!(error.len() < 17_000, "{}", error.len());
    assert!(error.starts_with("task `verbose` failed: begin [REDACTED:my_secret] [RED"), "{error}");
    assert!(error.ends_with(":my_secret] end\n") && error.contains("… (truncated) …"), "{error}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_that_pods_may_not_get_is_reported_when_it_is_stored() {
    let (_plane, home) = start(&[]);
    store(&home, "create secret big", "x");
    let notes = |value: Vec<u8>| {
        let stored = store(&home, "update secret big", value);
        let lines = stored.stderr.lines().skip(1).filter(|line| !line.contains("secret `big` is"));
        lines.map(|line| line.to_owned() + "\n").collect::<String>()
    };
    let text = |size: usize| "k3Jq71xT".repeat(size.div_ceil(8)).into_bytes()[..size].to_vec();
    let binary = |size: usize| [vec![0xff], text(size - 1)].concat();
    assert_eq!(notes(text(98_292)), "");
    insta::assert_snapshot!(notes(text(98_293)), @"warning: the value has 98293 bytes, and all secret files of a task on a cluster have at most 98292 bytes: request it with `mount_requirement = ENV_VAR`");
    insta::assert_snapshot!(notes(text(131_061)), @r#"
    warning: the value has 131061 bytes, and a pod with it does not start: on a cluster, an environment variable holds at most 131060 bytes of text, and all secret files of a task 98292 bytes
    hint: store the data elsewhere, and keep only its credentials or key in the secret
    "#);
    insta::assert_snapshot!(notes(binary(98_292)), @"note: the value is not text: a cluster mounts it only as a file, so request it with `mount_requirement = FILE`");
    insta::assert_snapshot!(notes(binary(98_293)), @r#"
    warning: the value has 98293 bytes, and a pod with it does not start: on a cluster, an environment variable holds at most 131060 bytes of text, and all secret files of a task 98292 bytes
    hint: store the data elsewhere, and keep only its credentials or key in the secret
    "#);
    insta::assert_snapshot!(notes(b"a\0b k3Jq-71xT/wQz9vB2m".to_vec()), @"note: the value is not text: a cluster mounts it only as a file, so request it with `mount_requirement = FILE`");
    // The control plane agrees about the largest file.
    store(&home, "create secret my_file_secret", text(98_283));
    let finished = run(&home, &[], "t2 --rows 0");
    assert_eq!(finished.stdout, "98283\n", "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_that_kubernetes_changes_is_reported_but_not_shown() {
    let (_plane, home) = start(&[]);
    let value = "k3Jq$$71xT/wQz9vB2m";
    for name in ["my_secret", "my_file_secret"] {
        let stored = store(&home, &format!("create secret {name}"), value);
        assert!(!stored.to_string().contains("k3Jq"), "{stored}");
        let place = stored.stderr.lines().skip(1).collect::<Vec<_>>().join("\n");
        insta::allow_duplicates! { insta::assert_snapshot!(place, @r#"
        warning: an environment variable on a cluster may have another value: Kubernetes replaces `$$` and `$(NAME)` in it
        hint: request it with `mount_requirement = FILE`, which keeps every byte of the value
        "#) }
    }
    assert_eq!(run(&home, &[], "t1").stdout, "18\n");
    assert_eq!(run(&home, &[], "t2 --rows 0").stdout, "19\n");
    for (value, is_reported) in [
        ("k3Jq-$(HOME)/wQz9vB2m", true),
        ("k3Jq-$é/wQz9vB2m-71xT", true),
        ("k3Jq-$(HOME/wQz9vB2m$", false),
        ("k3Jq-${HOME}/wQz9$B2m", false),
    ] {
        let stored = store(&home, "update secret my_secret", value);
        assert_eq!(stored.stderr.contains("Kubernetes"), is_reported, "{value}: {stored}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn environment_variables_reach_all_pods_as_they_are() {
    let (_plane, home) = start(&[]);
    for value in ["$$ $$$ a$", "$(HOME)$(RUN_NAME)", "$$(RUN_NAME) $(", "$é ${HOME} $5 $(RUN_NAME"] {
        for task in ["variable", "variable_of_child"] {
            let pair = format!("MODE={value}");
            let finished = run(&home, &["--env", &pair], &format!("{task} --name MODE"));
            assert_eq!(finished.stdout, format!("{}\n", json!(value)), "{finished}");
        }
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_hint_for_a_rejected_pod_names_its_secret() {
    let (_plane, home) = start(&[]);
    store(&home, "create secret my_secret", VALUE);
    let hint = |line: &str| run(&home, &[], line).stderr.lines().last().unwrap_or_default().to_owned();
    insta::assert_snapshot!(hint("t2 --rows 1"), @"hint: create the secret: sealkit create secret my_file_secret --remote");
    // The pod of a called task.
    insta::assert_snapshot!(hint("main"), @"hint: create the secret: sealkit create secret my_file_secret --remote");
    store(&home, "update secret my_secret", [0xff; 20]);
    insta::assert_snapshot!(hint("t1"), @"hint: the cluster has secret `my_secret`, but it is not text, or not in the namespace of the pod: request it with `mount_requirement = FILE`");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_secret_with_a_dot_in_its_name_is_managed_but_not_created() {
    let (plane, home) = start(&[]);
    for line in ["flyte create secret a.b --value one", "flyte create secret a.c --value two"] {
        let created = plane.official(line).unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    let run = |line: &str| home.run(line).unwrap().to_string().replace(plane.endpoint(), "PLANE");
    assert!(run("get secret a.b --remote -o name").contains("a.b\n"));
    store(&home, "update secret a.b", VALUE);
    insta::assert_snapshot!(run("delete secret a.b --remote -y"), @r#"
    exit code 0
    -- stderr
    Deleted secret `a.b` on PLANE
    "#);
    insta::assert_snapshot!(run("get secret a.b --remote"), @r#"
    exit code 1
    -- stderr
    error: secret `a.b` not found on `PLANE`
    hint: did you mean `a.c`?
    "#);
    insta::assert_snapshot!(run("create secret a.d --remote"), @r#"
    exit code 2
    -- stderr
    error: `a.d` contains `.`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`
    "#);
    insta::assert_snapshot!(run("get secret a/b --remote"), @r#"
    exit code 2
    -- stderr
    error: `a/b` contains `/`: the name of a secret on a cluster is 1 to 253 ASCII letters, digits, `-`, `_` or `.`
    "#);
    insta::assert_snapshot!(run("get secret a.c"), @r#"
    exit code 2
    -- stderr
    error: `a.c` contains `.`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn secrets_are_listed_by_name_then_domain_and_project() {
    let (_plane, home) = start(&[]);
    let scopes =
        ["", " --domain staging", " --domain development --project flytesnacks", " --domain development"];
    for scope in scopes {
        for name in ["b", "c", "a"] {
            store(&home, &format!("create secret {name}{scope}"), VALUE);
        }
    }
    let listed = home.run("get secret --remote -o json").unwrap();
    let rows: Vec<Json> = serde_json::from_str(&listed.stdout).unwrap();
    let text = |row: &Json, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows: Vec<[String; 3]> =
        rows.iter().map(|row| ["name", "domain", "project"].map(|field| text(row, field))).collect();
    assert!(rows.len() == 12 && rows.is_sorted(), "{rows:?}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_action_that_is_gone_is_aborted() {
    let (plane, _home) = start(&[]);
    let variable = |name: &str| match name {
        "_U_EP_OVERRIDE" => Some(plane.address().into()),
        "_U_INSECURE" => Some("true".into()),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let config = Config::in_pod(&variable).unwrap();
    let client = Client::new(config, Duration::from_secs(30), std::sync::Arc::new(|_| {})).unwrap();
    let run = RunIdentifier {
        project: "flytesnacks".to_owned(),
        domain: "development".to_owned(),
        name: "r1".to_owned(),
        ..RunIdentifier::default()
    };
    let actions = Actions::new(client, ActionIdentifier { run: Some(run), name: "a0".to_owned() });
    runtime.block_on(actions.abort("gone")).unwrap();
    assert_eq!(plane.requests("Abort").unwrap().len(), 1);
    // Other internal errors are errors.
    plane.fail(&json!({"method": "Abort", "code": "internal", "message": "out of luck"})).unwrap();
    assert!(runtime.block_on(actions.abort("gone")).is_err());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_time_limits_of_called_tasks_are_enforced() {
    // The backend ignores them.
    for (options, task, expected) in [
        (&[][..], "late", "task `late` exceeded its deadline of 2s"),
        (&["--slots=1"], "impatient", "task `impatient` did not start within 1s"),
    ] {
        let (plane, home) = start(options);
        let finished = run(&home, &[], &format!("calls_with_limits --task {task}"));
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(expected), "{finished}");
        let aborted = plane.requests("Abort").unwrap();
        assert_eq!(aborted.len(), 1, "{task}");
    }
}

/// It has no caller, so its own pod counts from the start of the run.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_deadline_of_the_first_task_is_enforced() {
    let (_plane, home) = start(&[]);
    let finished = run(&home, &[], "late");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("task `late` exceeded its deadline of 2s"), "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_task_without_outputs_succeeds_even_if_the_executor_restarts() {
    let (_plane, home) = start(&["--restarts"]);
    let finished = run(&home, &[], "slow --seconds 0");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "null\n"), "{finished}");
    store(&home, "create secret my_secret", VALUE);
    assert_eq!(run(&home, &[], "t1").stdout, "18\n");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_keys_of_objects_are_decoded() {
    let (plane, home) = start(&["--storage=s3://bucket/my%20runs"]);
    for name in ["my_secret", "my_file_secret"] {
        store(&home, &format!("create secret {name}"), VALUE);
    }
    let finished = run(&home, &[], "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    let arguments = pods.iter().flat_map(|pod| pod["arguments"].as_array().unwrap());
    assert!(arguments.filter_map(Json::as_str).any(|argument| argument.contains("/my%20runs/")));
}
