//! Runs on a cluster: a control plane that is built from the official services starts tasks as pods.

use serde_json::{Value as Json, json};
use support::Terminal;

use crate::run::{TASKS, normalize, run_remote, run_remote_with, start};

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_workflow_runs_on_a_cluster_and_each_of_its_tasks_in_a_pod_with_its_own_secrets() {
    let (plane, home) = start(&[]);
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    assert!(finished.stderr.contains("main | main has started"), "{finished}");
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    let secrets = |task: &str| {
        let of_task =
            |pod: &&Json| pod["arguments"].as_array().is_some_and(|args| args.contains(&json!(task)));
        let environment = pods.iter().find(of_task).unwrap()["environment"].as_object().unwrap();
        let env = environment.contains_key("_UNION_MY_SECRET");
        (env, environment.contains_key("FLYTE_SECRETS_DEFAULT_DIR"))
    };
    assert_eq!(pods.len(), 3);
    assert_eq!(
        [secrets("main"), secrets("t1"), secrets("t2")],
        [(false, false), (true, false), (false, true)]
    );
    assert!(pods.iter().all(|pod| pod["exit"] == 0), "{pods:?}");
}

/// Steps are traces, which the control plane does not replay.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_step_is_done_once_for_all_attempts() {
    for storage in [&[][..], &["--storage=s3://bucket"]] {
        let (plane, home) = start(storage);
        let directory = tempfile::tempdir().unwrap();
        let marker = directory.path().join("marker");
        let finished = run_remote(&home, &format!("steps --marker {}", marker.display()));
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "11\n"), "{finished}");
        assert_eq!(std::fs::read_to_string(marker).unwrap(), "1");
        let traces: Vec<Json> = plane.requests("Enqueue").unwrap();
        let traces: Vec<&Json> =
            traces.iter().map(|request| &request["request"]["action"]["trace"]).collect();
        let names: Vec<&str> = traces.iter().filter_map(|trace| trace["name"].as_str()).collect();
        assert_eq!(names, ["charge", "mail", "nothing"]);
        assert!(traces.iter().all(|trace| trace["phase"] == "ACTION_PHASE_SUCCEEDED"), "{traces:?}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn what_a_cluster_ignores_is_a_warning() {
    let (_plane, home) = start(&[]);
    let deploy = home.sealkit("deploy --image registry/app:1 --program /app/tasks").arg(TASKS);
    let deployed = deploy.arg("cached_with_secret").run().unwrap();
    let uncached = run_remote_with(&home, "--no-cache", "cached_with_secret");
    for (finished, count) in [(deployed, 1), (run_remote(&home, "cached_with_secret"), 1), (uncached, 0)] {
        assert_eq!(finished.code, Some(0), "{finished}");
        for warning in [
            "warning: task `cached_with_secret`: a cluster uses the cached result although a secret of the task, or of one that \
             it may call, has changed\n",
            "warning: task `cached_with_secret`: open-source Flyte 2 ignores `max_age` of the cache, and uses older results\n",
        ] {
            assert_eq!(finished.stderr.matches(warning).count(), count, "{finished}");
        }
    }
}

/// The control plane refuses a key of a called task that is not the one that the official SDK sends.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn cached_results_are_used() {
    let (_plane, home) = start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let marker = |name: &str| directory.path().join(name);
    let run = |options: &str, name: &str| {
        let line = format!("calls_cached --marker {}", marker(name).display());
        let finished = run_remote_with(&home, options, &line);
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "5\n"), "{finished}");
        marker(name).exists()
    };
    let ran = [run("", "first"), run("", "second"), run("--no-cache", "third"), run("", "fourth")];
    assert_eq!(ran, [true, false, true, false]);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_phases_of_a_run_are_printed() {
    let (plane, home) = start(&["--lockstep"]);
    insta::assert_snapshot!(normalize(&run_remote(&home, "t1"), &plane), @r#"
    exit code 0
    -- stdout
    18
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    t1 queued
    t1 initializing
    t1 running
    t1 succeeded in TIME
    "#);
    insta::assert_snapshot!(normalize(&run_remote(&home, "unstable"), &plane), @r#"
    exit code 0
    -- stdout
    "try 1"
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    unstable queued
    unstable initializing
    unstable running
    unstable queued
    unstable failed in attempt 1, retrying: task `unstable` failed: the warehouse cannot be reached
    unstable initializing (attempt 2)
    unstable running (attempt 2)
    unstable succeeded in TIME
    "#);
    insta::assert_snapshot!(normalize(&run_remote(&home, "leaking"), &plane), @r#"
    exit code 1
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    leaking queued
    leaking initializing
    leaking running
    leaking failed in TIME
    error: task `leaking` failed: no access for [REDACTED:my_secret] \u{1b}[31mred
    "#);
    insta::assert_snapshot!(normalize(&run_remote(&home, "unlucky"), &plane), @r#"
    exit code 1
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    unlucky queued
    unlucky initializing
    unlucky running
      leaking running
      leaking failed in TIME: task `leaking` failed: no access for [REDACTED:my_secret] \u{1b}[31mred
    unlucky failed in TIME
    error: task `unlucky` failed: task `leaking` failed: no access for [REDACTED:my_secret] \u{1b}[31mred
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn inputs_outputs_and_environment_variables_are_transferred() {
    let (_plane, home) = start(&[]);
    let order = r#"{"name": "nails", "lines": [1.5, 2]}"#;
    let program = home.sealkit("run --remote --image registry/app:1 --program /app/tasks --env MODE=fast");
    let finished = program.arg(TASKS).args("echo --order").arg(order).run().unwrap();
    assert_eq!(finished.stdout, "{\"name\":\"nails again\",\"lines\":[1.5,2.0]}\n", "{finished}");
    for task in ["variable", "variable_of_child"] {
        let finished = run_remote_with(&home, "--env MODE=fast", &format!("{task} --name MODE"));
        assert_eq!(finished.stdout, "\"fast\"\n", "{finished}");
    }
    assert_eq!(run_remote(&home, "sum_of_squares --numbers [1,2,3,4,3]").stdout, "39\n");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_lost_connection_is_restored_without_duplicate_output() {
    let (plane, home) = start(&["--lockstep"]);
    plane.fail(&json!({"method": "WatchActionDetails", "cut_after": 1, "times": 3})).unwrap();
    plane.fail(&json!({"method": "TailLogs", "cut_after": 1, "times": 1})).unwrap();
    plane.fail(&json!({"method": "WatchForUpdates", "cut_after": 1, "times": 2})).unwrap();
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    assert_eq!(finished.stderr.matches("main has started").count(), 1, "{finished}");
    assert_eq!(finished.stderr.matches("main running").count(), 1, "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_detached_run_continues_without_the_command() {
    let (plane, home) = start(&[]);
    let program = home.sealkit("run --remote --detach --image registry/app:1 --program /app/tasks");
    let finished = program.arg(TASKS).args("slow --seconds 0.2").run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    let name = finished.stdout.trim();
    assert!(name.starts_with('r') && name.len() == 20, "{finished}");
    assert!(
        finished
            .stderr
            .contains(&format!("{}/v2/domain/development/project/flytesnacks/runs/{name}", plane.endpoint()))
    );
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn ctrl_c_asks_whether_to_abort_the_run() {
    let (plane, home) = start(&[]);
    let arguments = ["run", "--remote", "--image", "registry/app:1", "--program", "/app/tasks", TASKS];
    let arguments = arguments.into_iter().chain(["slow", "--seconds", "1000"]);
    let home_path = home.path().to_string_lossy().into_owned();
    for (answer, is_aborted) in [("n\n", false), ("y\n", true), ("\u{3}", false)] {
        plane.admin("DELETE", "/requests", &Json::Null).unwrap();
        let mut terminal =
            Terminal::start(home.command(), arguments.clone(), &[("HOME", &home_path)], 200).unwrap();
        terminal.until("sleeping").unwrap();
        terminal.send("\u{3}").unwrap();
        terminal.until("Abort run").unwrap();
        terminal.send(answer).unwrap();
        let (code, seen, _) = terminal.finish().unwrap();
        assert_eq!(code, Some(130), "{seen}");
        assert_eq!(seen.contains("continues on the cluster"), !is_aborted, "{seen}");
        assert_eq!(plane.requests("AbortRun").unwrap().len(), usize::from(is_aborted));
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn invalid_runs_are_rejected_before_they_start() {
    let (plane, home) = start(&[]);
    assert_eq!(home.run("delete secret my_secret --remote -y").unwrap().code, Some(0));
    insta::assert_snapshot!(normalize(&run_remote(&home, "main"), &plane), @r#"
    exit code 1
    -- stderr
    error: secret `my_secret` (task `t1`) not found on PLANE; nothing was started
    hint: create the missing secrets: sealkit create secret my_secret --remote; if another source provides them, add --skip-check
    "#);
    insta::assert_snapshot!(normalize(&run_remote(&home, "mian"), &plane), @r#"
    exit code 2
    -- stderr
    error: no task is named `mian`
    hint: did you mean `main`?
    "#);
    insta::assert_snapshot!(normalize(&run_remote(&home, "square --number x"), &plane).replace(TASKS, "TASKS"), @r#"
    exit code 2
    -- stderr
    error: input `number` expected a 64-bit integer, such as `-5`
    hint: see `sealkit run TASKS square --help`
    "#);
    assert_eq!(plane.requests("CreateRun").unwrap().len(), 0);
    // With `--skip-check` the run starts, and the webhook rejects the pod.
    let program = home.sealkit("run --remote --skip-check --image registry/app:1 --program /app/tasks");
    let finished = program.arg(TASKS).args("t1").run().unwrap();
    // The phases before the rejection may be over before the command sees them.
    let phases = ["queued", "initializing"].map(|phase| format!("t1 {phase}"));
    let lines = normalize(&finished, &plane);
    let lines: Vec<&str> = lines.lines().filter(|line| !phases.iter().any(|phase| phase == line)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    exit code 1
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    t1 failed in TIME
    error: task `t1` failed: admission webhook "flyte-pod-webhook.flyte.org" denied the request: none of the secret managers injected secret [key:"my_secret"]: failed to inject secret [key:"my_secret"] using any of the enabled secret managers: [Global Embedded]. Possible reasons: the secret cannot be found or an internal error occurred
    hint: create the secret: sealkit create secret my_secret --remote
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_workflow_without_declared_calls_starts_with_a_warning_about_missing_secrets() {
    let (plane, home) = start(&[]);
    assert_eq!(home.run("delete secret my_secret --remote -y").unwrap().code, Some(0));
    let finished = run_remote(&home, "sum_of_squares --numbers [2,3]");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "13\n"), "{finished}");
    let endpoint = plane.endpoint();
    let warning = format!(
        "warning: secrets of tasks that `sum_of_squares` may call were not found on {endpoint}: `my_secret` (task `calls_without_context`)\n\
         hint: to check secrets before the run, declare the calls: #[workflow(calls = [...])]\n"
    );
    assert!(finished.stderr.starts_with(&warning), "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_deployed_task_does_not_run() {
    let (plane, home) = start(&[]);
    let deploy = || {
        let program =
            home.sealkit("deploy --image registry/app:1 --program /app/tasks --version v1").arg(TASKS);
        program.arg("t2").run().unwrap()
    };
    insta::assert_snapshot!(normalize(&deploy(), &plane), @r#"
    exit code 0
    -- stdout
    t2 v1
    -- stderr
    Deployed task `t2` to project `flytesnacks`, domain `development`
    "#);
    insta::assert_snapshot!(normalize(&deploy(), &plane), @r#"
    exit code 0
    -- stdout
    t2 v1
    -- stderr
    Task `t2` is already deployed to project `flytesnacks`, domain `development`
    "#);
    let requests = plane.requests("DeployTask").unwrap();
    let template = &requests[0]["request"]["spec"]["task_template"];
    assert_eq!(
        template["security_context"]["secrets"],
        json!([{"key": "my_file_secret", "mount_requirement": "FILE"}])
    );
    assert_eq!(template["container"]["image"], "registry/app:1");
    assert!(plane.admin("GET", "/pods", &Json::Null).unwrap().is_empty());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn inputs_and_outputs_are_objects_if_the_cluster_has_an_object_store() {
    let (plane, home) = start(&["--storage=s3://bucket/runs"]);
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    let inputs = pods.iter().flat_map(|pod| pod["arguments"].as_array().unwrap());
    let inputs = inputs.filter(|argument| argument.as_str().is_some_and(|text| text.ends_with("inputs.pb")));
    assert!(inputs.map(|uri| uri.as_str().unwrap()).all(|uri| uri.starts_with("s3://bucket/")));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn pods_authenticate_with_the_api_key_of_the_cluster() {
    let (_plane, home) = start(&["--tls", "--auth"]);
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_retried_workflow_repeats_only_the_failed_tasks() {
    let (plane, home) = start(&[]);
    let marker = home.path().join("marker");
    let finished = run_remote(&home, &format!("stubborn --marker {}", marker.display()));
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "true\n"), "{finished}");
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    let count = |task: &str| {
        let of_task =
            |pod: &&Json| pod["arguments"].as_array().is_some_and(|args| args.contains(&json!(task)));
        pods.iter().filter(of_task).count()
    };
    assert_eq!([count("stubborn"), count("t1"), count("once_too_early")], [2, 1, 2]);
}
