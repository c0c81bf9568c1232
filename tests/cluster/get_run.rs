//! `sealkit get run`.

use serde_json::Value as Json;
use support::{ControlPlane, Home};

use crate::run::{run_name, run_remote, run_remote_with, start, start_detached};

/// Runs the command, and replaces names, times and addresses.
fn get(home: &Home, plane: &ControlPlane, run: &str, line: &str) -> String {
    let finished = home.run(&line.replace("RUN", run)).unwrap();
    let text = finished.to_string().replace(run, "RUN").replace(plane.endpoint(), "PLANE");
    // Durations have different lengths.
    let mut normalized = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
        let is_duration = |word: &str| word.ends_with(" ms") || word.ends_with(" s");
        let words = words.into_iter().map(|word| if is_duration(word) { "TIME" } else { word });
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = words.collect();
        normalized.extend([&*" ".repeat(indent), &words.join("  "), "\n"]);
    }
    normalized
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn runs_are_listed_the_newest_first() {
    let (plane, home) = start(&[]);
    let empty = get(&home, &plane, "RUN", "get run");
    let names: Vec<String> = ["t1", "square --number 2", "t1"]
        .into_iter()
        .map(|task| run_name(&run_remote(&home, task)))
        .collect();
    let listed = home.run("get run -o name").unwrap();
    let newest_first: Vec<&str> = names.iter().rev().map(String::as_str).collect();
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), newest_first);
    let two = home.run("get runs --limit 2 -o name").unwrap();
    assert_eq!(two.stdout.lines().count(), 2, "{two}");
    let listed = home.run("get run -o json").unwrap();
    let runs: Json = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&runs[1]["task"], &runs[1]["phase"]), (&"square".into(), &"succeeded".into()), "{listed}");
    let table = get(&home, &plane, newest_first[0], "get run --limit 1");
    insta::assert_snapshot!([empty, table].join("\n"), @r#"
    exit code 0
    -- stderr
    No runs found in project `flytesnacks`, domain `development` on PLANE
    hint: start one: sealkit run --remote TARGET TASK

    exit code 0
    -- stdout
    NAME  TASK  PHASE  STARTED  DURATION
    RUN  t1  succeeded  2026-01-01T00:00:00Z  TIME
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_request_is_for_at_most_200_runs() {
    let (plane, home) = start(&[]);
    run_remote(&home, "square --number 1");
    home.run("get run --limit 450").unwrap();
    let limits: Vec<Json> = plane
        .requests("ListRuns")
        .unwrap()
        .iter()
        .map(|request| request["request"]["request"]["limit"].clone())
        .collect();
    assert_eq!(limits, [Json::from(200)]);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_run_is_shown_with_its_actions_inputs_outputs_errors_and_secrets() {
    let (plane, home) = start(&["--page=2"]);
    let run = run_name(&run_remote(&home, "main"));
    let good = get(&home, &plane, &run, "get run RUN");
    let run = run_name(&run_remote(&home, "unlucky"));
    let bad = get(&home, &plane, &run, "get run RUN");
    let run = run_name(&run_remote(&home, "unstable"));
    let retried = get(&home, &plane, &run, "get run RUN");
    insta::assert_snapshot!([good, bad, retried].join("\n"), @r#"
    exit code 0
    -- stdout
    TASK  PHASE  STARTED  DURATION  ATTEMPTS  SECRETS
    main  succeeded  2026-01-01T00:00:00Z  TIME  1
      t1  succeeded  2026-01-01T00:00:00Z  TIME  1  my_secret
      t2  succeeded  2026-01-01T00:00:00Z  TIME  1  my_file_secret

    main
      outputs: o0 = 36

    t1
      outputs: o0 = 18

    t2
      inputs:  rows = 18
      outputs: o0 = 36

    PLANE/v2/domain/development/project/flytesnacks/runs/RUN

    exit code 0
    -- stdout
    TASK  PHASE  STARTED  DURATION  ATTEMPTS  SECRETS
    unlucky  failed  2026-01-01T00:00:00Z  TIME  1
      leaking  failed  2026-01-01T00:00:00Z  TIME  1  my_secret

    unlucky
      error:  task `unlucky` failed: task `leaking` failed: no access for [REDACTED:my_secret] \u{1b}[31mred

    leaking
      error:  task `leaking` failed: no access for [REDACTED:my_secret] \u{1b}[31mred

    PLANE/v2/domain/development/project/flytesnacks/runs/RUN

    exit code 0
    -- stdout
    TASK  PHASE  STARTED  DURATION  ATTEMPTS
    unstable  succeeded  2026-01-01T00:00:00Z  TIME  2

    unstable
      outputs: o0 = "try 1"
      attempt 1: task `unstable` failed: the warehouse cannot be reached

    PLANE/v2/domain/development/project/flytesnacks/runs/RUN
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_values_of_environment_variables_are_never_shown() {
    let (_plane, home) = start(&[]);
    let run = run_name(&run_remote_with(&home, "--env TOKEN=hunter2", "square --number 4"));
    for output in ["table", "json"] {
        let shown = home.run(&format!("get run {run} -o {output}")).unwrap();
        assert!(shown.stdout.contains("16"), "{shown}");
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_running_run_and_an_unknown_run_are_shown() {
    let (plane, home) = start(&[]);
    let run = start_detached(&home, "slow --seconds 1000");
    let shown = home.run(&format!("get run {run} -o json")).unwrap();
    let json: Json = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(json["actions"][0]["inputs"], serde_json::json!({"seconds": 1000.0}), "{shown}");
    assert_eq!(json["actions"][0]["outputs"], Json::Null, "{shown}");
    insta::assert_snapshot!(get(&home, &plane, &run, "get run rmissing"), @r#"
    exit code 1
    -- stderr
    error: run `rmissing` not found in project `flytesnacks`, domain `development` on `PLANE`
    hint: list the runs: sealkit get run
    "#);
}
