//! What a program prints about its tasks: list, description and help.

use support::{Finished, Program};

fn run(line: &str) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_fixture")).args(line).run().unwrap()
}

#[test]
fn without_arguments_the_tasks_are_listed() {
    let help = run("");
    insta::assert_snapshot!(help, @"
    exit code 0
    -- stdout
    Tasks of this program:

      all.types         task      Takes an input of each type and returns them as text.
      enormous          task      Returns a number that Flyte cannot represent.
      failing           task      Fails with a chain of causes.
      from_environment  task      Reads the environment variable directly and returns its value. [hub/token]
      leaking           task      Leaks its secret in one of several ways. [my_secret]
      main              workflow  Calls two tasks, each with its own secret.
      nosy              task      Reads a key that is known at run time only. [my_secret]
      panicking         task      Panics.
      scanned           task      Reads and drops the secret, then waits for the memory search. [scanned]
      signed            task      Returns a URL with its secret, which is allowed. [my_secret]
      t1                task      Compares `my_secret` with the expected value. [my_secret]
      t2                task      Compares the file `my_file_secret` with the expected value. [my_file_secret]
      variable          task      Returns the environment variable of the secret. [hub/token]

    Usage:

      fixture run TASK [--INPUT VALUE ...]   run a task in this process and print its output as JSON
      fixture run TASK --help                print the inputs, output and secrets of a task
      fixture describe [TASK] [--json]       print the metadata of the tasks

    Exit code: 0 success, 1 the task failed, 2 the task could not be started.
    ");
    for same in ["--help", "-h", "help"] {
        assert_eq!(run(same).to_string(), help.to_string());
    }
}

#[test]
fn a_task_is_described_as_text_and_as_json() {
    insta::assert_snapshot!(run("describe all.types"), @"
    exit code 0
    -- stdout
    all.types (task in fixture)
      Takes an input of each type and returns them as text.

      The second paragraph is shown by `describe`.
      input   small: integer
      input   ratio: float
      input   flag: boolean
      input   max_rows: optional integer
      input   names: list of string
      input   limits: map of integer
      input   colour: Red|DarkGreen
      input   point: Point { x: float, y: optional float }
      input   wait: duration
      output  o0: string
      needs   cpu 0.5, memory 2Gi
    ");
    insta::assert_snapshot!(run("describe variable --json"), @r#"
    exit code 0
    -- stdout
    [
      {
        "name": "variable",
        "module": "fixture",
        "kind": "task",
        "docs": "Returns the environment variable of the secret.",
        "secret_requests": [
          {
            "key": "token",
            "mount_requirement": "ENV_VAR",
            "group": "hub",
            "env_var": "HF_TOKEN"
          }
        ],
        "interface": {
          "inputs": [],
          "outputs": [
            {
              "name": "o0",
              "type": "string"
            }
          ]
        }
      }
    ]
    "#);
    let all = run("describe --json");
    let tasks: Vec<serde_json::Value> = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(tasks.len(), 13, "{all}");
    assert!(run("describe").stdout.contains("\n\nmain (workflow in fixture)\n"));
}

#[test]
fn the_help_of_a_task_shows_its_inputs() {
    insta::assert_snapshot!(run("run t1 --help"), @"
    exit code 0
    -- stdout
    Compares `my_secret` with the expected value.

    Usage: fixture run t1 --expected EXPECTED

    Inputs:
      --expected EXPECTED  string

    Output:
      boolean

    Secrets:
      my_secret as ANY
    ");
    insta::assert_snapshot!(run("run all.types -h"), @"
    exit code 0
    -- stdout
    Takes an input of each type and returns them as text.

    The second paragraph is shown by `describe`.

    Usage: fixture run all.types --small SMALL --ratio RATIO --flag [FLAG] [--max_rows MAX_ROWS] --names NAMES --limits LIMITS --colour COLOUR --point POINT --wait WAIT

    Inputs:
      --small SMALL        integer
      --ratio RATIO        float
      --flag [FLAG]        boolean
      --max_rows MAX_ROWS  optional integer
      --names NAMES        list of string
      --limits LIMITS      map of integer
      --colour COLOUR      Red|DarkGreen
      --point POINT        Point { x: float, y: optional float }
      --wait WAIT          duration

    Output:
      string
    ");
}
