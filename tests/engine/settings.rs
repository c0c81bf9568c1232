//! The settings of tasks and the defaults of their inputs.

use std::process::Command;

use serde_json::json;
use support::runs::Runs;

const PROGRAM: &str = env!("CARGO_BIN_EXE_setting_tasks");

fn without_secrets() -> Runs {
    Runs::without_secrets(env!("CARGO_BIN_EXE_command"), PROGRAM).unwrap()
}

fn with_secrets() -> Runs {
    Runs::new(env!("CARGO_BIN_EXE_command"), PROGRAM).unwrap()
}

#[test]
fn a_pod_has_the_variables_of_its_task_and_of_its_environment() {
    let runs = with_secrets();
    assert_eq!(runs.run("variables").stdout, "[\"debug\",\"fast\"]\n");
    // A called task has its own, and its caller does not get them.
    assert_eq!(runs.run("variables_of_a_called_task").stdout, "[\"debug\",\"fast\",null]\n");
    // The command line beats the task.
    let overridden = runs.run_with("--env LEVEL=warn", "variables");
    assert_eq!(overridden.stdout, "[\"warn\",\"fast\"]\n");
}

#[test]
fn a_task_has_the_secrets_of_its_environment_and_its_own() {
    let runs = with_secrets();
    let missing = runs.run("secrets");
    assert!(
        missing.code == Some(1) && missing.stderr.contains("secret `other` (task `secrets`)"),
        "{missing}"
    );
    let created = runs.home.sealkit("create secret other -f -").input("12345").run().unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    assert_eq!(runs.run("secrets").stdout, format!("{}\n", support::runs::SECRET.len() + 5));
}

#[test]
fn inputs_with_defaults_may_be_left_out() {
    let runs = without_secrets();
    assert_eq!(runs.run("repeat --text a").stdout, "\"A, A\"\n");
    assert_eq!(runs.run("repeat --text a --times 1 --loud false --end !").stdout, "\"a!\"\n");
    let in_process = Command::new(PROGRAM).args(["run", "repeat", "--text", "a"]).output().unwrap();
    assert_eq!(in_process.stdout, b"\"A, A\"\n");
    let missing = runs.run("repeat --times 1");
    assert!(
        missing.stderr.starts_with("error: missing inputs of task `repeat`: `--text` (string)\n"),
        "{missing}"
    );
}

#[test]
fn defaults_documentation_and_settings_are_shown() {
    let runs = without_secrets();
    let help = runs.run("repeat --help").stdout;
    let (_, inputs) = help.split_once("--end END]\n").unwrap();
    insta::assert_snapshot!(inputs.trim(), @r#"
    Inputs:
      --text TEXT            string: What is repeated.
      --times TIMES          integer, default 2: How often.
      --separator SEPARATOR  string, default ", "
      --loud [LOUD]          optional boolean, default true
      --end END              optional string

    Output:
      string
    "#);
    let describe = |task: &str| runs.home.sealkit("describe").arg(PROGRAM).arg(task).run().unwrap().stdout;
    insta::assert_snapshot!(describe("variables").trim(), @"
    variables (task in setting_tasks)
      Returns the environment variables that the task sees.
      output  o0: list of optional string
      secret  my_secret as ANY
      env     MODE=fast
      env     LEVEL=debug
      environment shared
    ");
    let json = runs.home.sealkit("describe -o json").arg(PROGRAM).arg("repeat").run().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let times =
        json!({"name": "times", "type": "integer", "docs": "How often.\n\nAt least once.", "default": 2});
    assert_eq!(json[0]["interface"]["inputs"][1], times);
}
