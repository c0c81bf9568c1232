//! The settings of tasks and the defaults of their inputs.

use std::process::Command;

use serde_json::json;
use support::{Finished, runs::Runs};

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
    // An optional input that has a default may be absent all the same. Text is text.
    assert_eq!(runs.run("repeat --text a --loud null --end null").stdout, "\"a, anull\"\n");
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

/// Returns the facts of the first attempt, which failed, and those that the task returned.
fn facts(finished: &Finished) -> (Vec<String>, Vec<String>) {
    let (_, first) = finished.stderr.split_once("facts of the first attempt: ").expect("a failed attempt");
    let first = first.lines().next().unwrap().split(' ').map(str::to_owned).collect();
    (first, serde_json::from_str(&finished.stdout).unwrap())
}

#[test]
fn a_task_knows_its_run_its_attempt_and_a_key_that_all_attempts_share() {
    let runs = without_secrets();
    let (first, second) = facts(&runs.run_with("--project p --domain development", "facts"));
    assert_eq!((&*first[0], &*second[0]), ("1", "2"));
    assert_eq!(first[1..], second[1..]);
    let run = &second[1];
    assert!(run.starts_with("local-") && run.len() == 18, "{run}");
    let expected = ["a0", "p", "development", "none", "true", &format!("p.development.{run}.a0")];
    assert_eq!(second[2..], expected);

    let (_, called) = facts(&runs.run("facts_of_called_tasks"));
    assert_eq!((&*called[2], &*called[10]), ("a1", "a3"));
    assert_ne!(called[7], called[15]);

    // In process, too.
    let output = Command::new(PROGRAM).args(["run", "facts"]).output().unwrap();
    let first = String::from_utf8(output.stderr).unwrap();
    let second: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(second[..7], ["2", "none", "none", "none", "none", "none", "true"]);
    assert!(second[7].starts_with("process-") && first.contains(&second[7]), "{first}");
}

#[test]
fn a_pod_on_a_cluster_reads_the_attempt_that_counts_from_one_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("inputs.pb"), b"").unwrap();
    let execute = |variables: &[(&str, &str)]| {
        let mut command = Command::new(PROGRAM);
        let (inputs, outputs) = (path("inputs.pb"), path("outputs"));
        command.args(["execute", "--task", "facts", "--inputs", &inputs, "--outputs-path", &outputs]);
        command.env("FLYTE_INTERNAL_EXECUTION_ID", "r1").env("RUN_NAME", "r1").env("ACTION_NAME", "a7");
        command.env("FLYTE_INTERNAL_EXECUTION_PROJECT", "p").env("FLYTE_INTERNAL_EXECUTION_DOMAIN", "d");
        command.env("FLYTE_INTERNAL_TASK_VERSION", "v1").envs(variables.iter().copied());
        let output = command.output().unwrap();
        let outputs = std::fs::read(path("outputs/outputs.pb")).unwrap_or_default();
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&outputs);
        std::fs::remove_dir_all(path("outputs")).unwrap();
        text
    };
    let first = execute(&[("FLYTE_ATTEMPT_NUMBER", "0")]);
    assert!(first.contains("facts of the first attempt: 1 r1 a7 p d v1 false p.d.r1.a7"), "{first}");
    for variables in
        [&[("FLYTE_ATTEMPT_NUMBER", "1")][..], &[("FLYTE_ATTEMPT", "2"), ("FLYTE_ATTEMPT_NUMBER", "5")]]
    {
        let second = execute(variables);
        assert!(second.contains("p.d.r1.a7") && second.contains("attempt 2 of 2"), "{second}");
    }
}

#[test]
fn a_task_has_several_outputs() {
    let runs = with_secrets();
    assert_eq!(runs.run("divide --a 17 --b 5").stdout, "{\"o0\":3,\"o1\":2}\n");
    assert_eq!(runs.run("uses_outputs").stdout, "{\"o0\":\"hello world\",\"o1\":32}\n");
    let in_process = Command::new(PROGRAM).args(["run", "uses_outputs"]).output().unwrap();
    assert_eq!(in_process.stdout, b"{\"o0\":\"hello world\",\"o1\":32}\n");
    let directory = tempfile::tempdir().unwrap();
    let outputs = directory.path().join("out");
    let split = runs.run_with(&format!("--outputs {}", outputs.display()), "split --text abcdef --at 2");
    assert!(split.stdout.starts_with("{\"head\":\"ab\",\"rest\":\""), "{split}");
    let path: serde_json::Value = serde_json::from_str(&split.stdout).unwrap();
    assert_eq!(std::fs::read_to_string(path["rest"].as_str().unwrap()).unwrap(), "cdef");

    let leak = runs.run("leaks_in_a_tuple");
    assert!(
        leak.stderr.contains("output `o1` of task `leaks_in_a_tuple` contains secret `my_secret`"),
        "{leak}"
    );
    assert!(leak.stderr.contains("allow_secret_in(output = \"o1\""), "{leak}");
    let allowed = runs.program("").arg("allowed_in_a_tuple").run().unwrap();
    assert_eq!(allowed.code, Some(0), "{allowed}");
}

/// Three steps are done once, and the one that failed twice.
#[test]
fn a_step_is_done_once_for_all_attempts() {
    let runs = with_secrets();
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let count = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let paid = runs.run(&format!("pays --log {}", log.display()));
    let expected = "{\"o0\":1,\"o1\":[\"part 0 in attempt 1\",\"part 1 in attempt 1\"],\"o2\":null}\n";
    assert_eq!((&*paid.stdout, count()), (expected, 5), "{paid}");
    assert!(paid.stderr.contains("warning: step `huge` of task `pays` is not recorded"), "{paid}");
    // Another run does them again.
    runs.run(&format!("pays --log {}", log.display()));
    assert_eq!(count(), 10);

    std::fs::remove_file(&log).unwrap();
    let leak = runs.run(&format!("records_its_secret --log {}", log.display()));
    assert!(
        leak.stderr
            .contains("the result of step `read` of task `records_its_secret` contains secret `my_secret`"),
        "{leak}"
    );
    // It is not tried again.
    assert_eq!((leak.code, count()), (Some(1), 1), "{leak}");

    // The name of a step leaves the task, too: nothing is done.
    std::fs::remove_file(&log).unwrap();
    let leak = runs.run(&format!("names_a_step_after_its_secret --log {}", log.display()));
    let message = "the name of a step of task `names_a_step_after_its_secret` contains secret `my_secret`";
    assert!(leak.stderr.contains(message), "{leak}");
    assert_eq!((leak.code, count()), (Some(1), 1), "{leak}");
}

#[test]
fn a_step_inside_of_a_step_does_not_shift_those_after_it() {
    let runs = with_secrets();
    let expected =
        "[\"user in attempt 1\",\"team in attempt 1\",\"orders in attempt 1\",\"user again in attempt 1\"]\n";
    assert_eq!(runs.run("nests_steps").stdout, expected);
    let in_process = Command::new(PROGRAM).args(["run", "nests_steps"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&in_process.stdout), expected);
}

#[test]
fn a_step_of_another_type_is_not_the_recorded_one() {
    let runs = with_secrets();
    for (is_value_first, found) in [(true, "is a value"), (false, "is no value")] {
        let changed = runs.run(&format!("changes_its_steps --is_value_first={is_value_first}"));
        let expected = format!("step `work` of task `changes_its_steps`: the recorded result {found}");
        assert!(changed.code == Some(1) && changed.stderr.contains(&expected), "{changed}");
        assert!(changed.stderr.contains("another name if its result has another type"), "{changed}");
    }
}

#[test]
fn the_times_of_a_run_are_printed_step_by_step() {
    let finished = without_secrets().program("--timings").args("divide --a 7 --b 2").run().unwrap();
    let (_, timings) = finished.stderr.split_once("timings\n").unwrap_or_else(|| panic!("{finished}"));
    let steps: Vec<&str> = timings.lines().map(|line| line[..line.len() - 12].trim()).collect();
    let expected = [
        "build the program",
        "describe its tasks",
        "convert the inputs",
        "look up the secrets",
        "prepare the pods",
        "run the tasks",
        "finish the run",
        "total",
    ];
    assert_eq!(steps, expected, "{finished}");
}
