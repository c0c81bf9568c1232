//! `run --remote --deployed`: values, help and errors of the command line.

use std::fs;

use crate::deployed::{PROGRAM, Setup};

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn values_of_all_types_reach_a_task_in_python() {
    let setup = Setup::new(&["v1"]);
    let line = r#"--when 2024-01-02T03:04:05Z --wait 90.5s --colour GREEN --record {"name":"x","n":2} --table {"a":1} --flag --either 5 --perhaps 7"#;
    let shown = setup.deployed(&format!("model.show {line}"));
    let expected =
        "\"2024-01-02T03:04:05+00:00 0:01:30.500000 green Record(name='x', n=2) {'a': 1} True 5 7\"\n";
    assert_eq!((shown.code, &*shown.stdout), (Some(0), expected), "{shown}");
    let line = line
        .replace("--either 5 --perhaps 7", "--either word --perhaps null")
        .replace("--flag", "--flag=false");
    let shown = setup.deployed(&format!("model.show {line}"));
    assert!(shown.stdout.ends_with("{'a': 1} False 'word' None\"\n"), "{shown}");
    let file = setup.home.path().join("inputs.yaml");
    fs::write(&file, "rows: [1, 2]\nnote: text\n").unwrap();
    let from_file =
        setup.home.sealkit("run --remote --inputs-file").arg(&file).args("--deployed model.score").run();
    let from_file = from_file.unwrap();
    assert_eq!((from_file.code, &*from_file.stdout), (Some(0), "1.5\n"), "{from_file}");
    let uploaded = setup.program("--deployed model.size --data").arg(&file).run().unwrap();
    assert_eq!((uploaded.code, &*uploaded.stdout), (Some(0), "24\n"), "{uploaded}");
    let failed = setup.deployed("model.score --rows [] --note fail");
    assert!(failed.code == Some(1) && failed.stderr.contains("there is nothing to score"), "{failed}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_secrets_of_a_deployed_task_are_checked_before_the_run() {
    let setup = Setup::new(&["v1"]);
    let deleted = setup.home.sealkit("delete secret my_secret --remote -y").run().unwrap();
    assert_eq!(deleted.code, Some(0), "{deleted}");
    let message = "secret `my_secret` not found on";
    for finished in [setup.deployed("model.score --rows [1]"), setup.run("score --rows [1] --factor 1")] {
        assert!(finished.code == Some(1) && finished.stderr.contains(message), "{finished}");
    }
    assert!(setup.plane.requests("CreateRun").unwrap().is_empty());
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_help_of_a_deployed_task_is_that_of_its_interface() {
    let setup = Setup::new(&["v1"]);
    insta::assert_snapshot!(setup.deployed("model.score --help"), @"
    exit code 0
    -- stdout
    Scores rows.

    Usage: sealkit run --remote --deployed model.score --rows ROWS [--factor FACTOR] [--note NOTE]

    Inputs:
      --rows ROWS      list of integer: The rows.
      --factor FACTOR  float, default 0.5: What the sum is multiplied with.
      --note NOTE      optional string

    Output:
      float

    Secrets:
      my_secret
    ");
    insta::assert_snapshot!(setup.deployed("model.show --help"), @"
    exit code 0
    -- stdout
    Usage: sealkit run --remote --deployed model.show --colour COLOUR --either EITHER --flag [FLAG] --record RECORD --table TABLE --wait WAIT --when WHEN [--perhaps PERHAPS]

    Inputs:
      --colour COLOUR    RED|GREEN
      --either EITHER    integer or string
      --flag [FLAG]      boolean
      --record RECORD    Record { n, name }
      --table TABLE      map of integer
      --wait WAIT        duration
      --when WHEN        datetime
      --perhaps PERHAPS  optional integer

    Output:
      string

    Secrets:
      my_secret
    ");
    insta::assert_snapshot!(setup.deployed("model.split --help"), @"
    exit code 0
    -- stdout
    Usage: sealkit run --remote --deployed model.split --text TEXT

    Inputs:
      --text TEXT  string

    Output:
      o0: string
      o1: integer

    Secrets:
      my_secret
    ");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn mistakes_on_the_command_line_are_errors_before_the_run() {
    let setup = Setup::new(&["v1"]);
    let mistakes = [
        "model.scor --rows [1]",
        "model.score:v9 --rows [1]",
        "model.score@v1",
        "model.score",
        "model.score --rows 1",
        "model.score --rows [1 --factor x",
        "model.score --row [1]",
        "model.score --rows [1] --rows [2]",
        "model.score --rows",
        "model.score rows",
        "model.show --colour blue",
        "model.show --when now",
        "model.score --rows [1] --detach",
        "model.score --rows [1] -p flytesnacks",
        "model.show --record {",
        "--release model.score",
    ];
    let texts: Vec<String> = mistakes
        .iter()
        .map(|line| {
            let finished = setup.deployed(line);
            assert_ne!(finished.code, Some(0), "{finished}");
            format!("{line}\n{}", finished.stderr.replace(setup.plane.endpoint(), "PLANE"))
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    model.scor --rows [1]
    error: no task `model.scor` is deployed in project `flytesnacks`, domain `development` on `PLANE`
    hint: did you mean `model.score`?

    model.score:v9 --rows [1]
    error: no task `model.score` of version `v9` is deployed in project `flytesnacks`, domain `development` on `PLANE`
    hint: its latest version is `v1`

    model.score@v1
    error: the version follows a colon: `model.score:v1`

    model.score
    error: task `model.score:v1` is called without `rows` (list of integer)
    hint: see `sealkit run --remote --deployed model.score --help`

    model.score --rows 1
    error: input `rows`: expected list of integer, such as `[…]`
    hint: see `sealkit run --remote --deployed model.score --help`

    model.score --rows [1 --factor x
    error: input `rows`: expected JSON: syntax error at line 1, column 2
    hint: see `sealkit run --remote --deployed model.score --help`

    model.score --row [1]
    error: unknown input `row` of task `model.score`
    hint: did you mean `--rows`?

    model.score --rows [1] --rows [2]
    error: input `rows` is given more than once
    hint: see `sealkit run --remote --deployed model.score --help`

    model.score --rows
    error: input `rows`: it has no value
    hint: see `sealkit run --remote --deployed model.score --help`

    model.score rows
    error: expected `--INPUT VALUE`
    hint: see `sealkit run --remote --deployed model.score --help`

    model.show --colour blue
    error: input `colour`: expected RED|GREEN
    hint: see `sealkit run --remote --deployed model.show --help`

    model.show --when now
    error: input `when`: expected datetime, such as `2024-01-02T03:04:05Z`
    hint: see `sealkit run --remote --deployed model.show --help`

    model.score --rows [1] --detach
    error: `--detach` is an option of `sealkit run`, not an input of task `model.score`
    hint: write options of the run before `--deployed`, inputs after the name

    model.score --rows [1] -p flytesnacks
    error: `-p` is no input of task `model.score`
    hint: write options of the run before `--deployed`, inputs after the name

    model.show --record {
    error: input `record`: expected JSON: syntax error at line 1, column 1
    hint: see `sealkit run --remote --deployed model.show --help`

    --release model.score
    error: the argument '--deployed' cannot be used with '--release'

    Usage: sealkit run [OPTIONS] <TARGET> <TASK> [--INPUT VALUE]...

    For more information, try '--help'.
    ");
    let last = setup.home.sealkit("run --deployed model.score --rows [1] --remote").run().unwrap();
    assert!(last.code == Some(2) && last.stderr.contains("hint: write it first"), "{last}");
    let program = setup.program("--image app:1 --env A=b").arg(PROGRAM).args("score --rows [1] --factor 1");
    let settings = program.run().unwrap();
    assert!(
        settings.code == Some(2) && settings.stderr.contains("`--env` cannot be set for task `score`"),
        "{settings}"
    );
    let local = setup.home.sealkit("run --deployed model.score").run().unwrap();
    assert!(local.code == Some(2) && local.stderr.contains("`--deployed` requires `--remote`"), "{local}");
    assert!(setup.plane.requests("CreateRun").unwrap().is_empty());
}
