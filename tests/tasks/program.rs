//! The command line of a program with tasks.

use std::fs;

use support::{Finished, Program};

fn run(line: &str) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_fixture")).args(line).run().unwrap()
}

const EVERYTHING: &str = "run all.types --small -5 --ratio=1e3 --flag true --names [\"a\"] --limits {\"b\":2} \
                          --colour DarkGreen --point {\"x\":1} --wait 90s";

#[test]
fn inputs_of_all_types_are_parsed_and_the_output_is_json() {
    insta::assert_snapshot!(run(EVERYTHING), @r#"
    exit code 0
    -- stdout
    "-5 1000 true None [\"a\"] {\"b\": 2} dark green 1 None 90s"
    "#);
    let same = run(EVERYTHING);
    for flag in ["--flag", "--flag=true"] {
        assert_eq!(run(&EVERYTHING.replace("--flag true", flag)).to_string(), same.to_string());
    }
    let last = format!("{} --flag", EVERYTHING.replace("--flag true ", ""));
    assert_eq!(run(&last).to_string(), same.to_string());
    assert!(run(&EVERYTHING.replace("--flag true", "--flag false")).stdout.contains("1000 false None"));
    insta::assert_snapshot!(run(&format!("{EVERYTHING} --max-rows 7")), @r#"
    exit code 0
    -- stdout
    "-5 1000 true Some(7) [\"a\"] {\"b\": 2} dark green 1 None 90s"
    "#);
}

#[test]
fn a_workflow_runs_its_tasks_sync_and_async() {
    let program = Program::new(env!("CARGO_BIN_EXE_fixture")).args("run main --first a --second b");
    let finished = program.env("MY_SECRET", "a").env("_UNION_MY_FILE_SECRET", "b").run().unwrap();
    insta::assert_snapshot!(finished, @"
    exit code 0
    -- stdout
    true
    -- stderr
    warning: secret `my_secret` is too short (1 byte): outputs, errors and logs are not searched for it
    warning: secret `my_file_secret` is too short (1 byte): outputs, errors and logs are not searched for it
    ");
}

#[test]
fn the_error_for_a_missing_secret_lists_its_places_and_the_command_that_creates_it() {
    insta::assert_snapshot!(run("run t1 --expected x"), @"
    exit code 1
    -- stderr
    error: task `t1` failed: secret `my_secret` of task `t1` was not found in $_FSEC_MY_SECRET, $MY_SECRET, /etc/secrets/my_secret, $_UNION_MY_SECRET, /etc/flyte/secrets/my_secret or the store /nonexistent/.local/share/sealkit/secrets
    hint: create it: sealkit create secret my_secret; for this run: read -rs MY_SECRET && export MY_SECRET
    ");
}

#[test]
fn a_task_gets_the_name_of_its_declared_variable() {
    let program = Program::new(env!("CARGO_BIN_EXE_fixture")).args("run variable").env("HF_TOKEN", "t0k3n");
    insta::assert_snapshot!(program.run().unwrap(), @r#"
    exit code 0
    -- stdout
    "HF_TOKEN"
    -- stderr
    warning: secret `hub/token` is too short (5 bytes): it is redacted only as a whole word
    "#);
}

#[test]
fn a_failed_task_has_exit_code_1() {
    insta::assert_snapshot!(run("run failing"), @"
    exit code 1
    -- stderr
    error: task `failing` failed: the warehouse cannot be reached
    caused by: connection refused
    ");
    insta::assert_snapshot!(run("run enormous"), @"
    exit code 1
    -- stderr
    error: output of task `enormous`: `o0` is too large: integers in Flyte are signed and have 64 bits
    ");
    let panicked = run("run panicking");
    assert_eq!(panicked.code, Some(1));
    assert!(panicked.stderr.contains("out of luck"), "{panicked}");
    assert!(panicked.stderr.ends_with("error: task `panicking` panicked: out of luck\n"), "{panicked}");
}

#[test]
fn outputs_errors_and_panics_do_not_leak_secrets() {
    let leaking = |way: &str, secret: &str| {
        let program = Program::new(env!("CARGO_BIN_EXE_fixture")).args("run leaking --way").arg(way);
        let finished = program.env("MY_SECRET", secret).env("RUST_BACKTRACE", "1").run().unwrap();
        assert!(secret.len() < 6 || !finished.to_string().contains(secret), "{finished}");
        finished.to_string()
    };
    insta::assert_snapshot!(leaking("output", "Zx81-Spectrum"), @r#"
    exit code 1
    -- stderr
    error: task `leaking` failed: output `o0` of task `leaking` contains secret `my_secret` (in plain text, at byte 0 of 13)
    hint: return what was made with the secret, not the secret; to allow it, add to task `leaking`: allow_secret_in(output = "o0", secret = "my_secret", because = "...")
    "#);
    insta::assert_snapshot!(leaking("error", "Zx81-Spectrum"), @"
    exit code 1
    -- stderr
    error: task `leaking` failed: no access for [REDACTED:my_secret]
    ");
    let place = |told: String| {
        let is_place = |line: &str| line.starts_with("thread");
        let line =
            |line: &str| if is_place(line) { line.replace(char::is_numeric, "0") } else { line.into() };
        told.lines().map(line).collect::<Vec<String>>().join("\n")
    };
    insta::assert_snapshot!(place(leaking("panic", "Zx81-Spectrum")), @"
    exit code 1
    -- stderr
    thread 'main' panicked at tests/support/fixture.rs:00:00:
    no access for [REDACTED:my_secret]
    error: task `leaking` panicked: no access for [REDACTED:my_secret]
    ");
    insta::assert_snapshot!(place(leaking("thread", "Zx81-Spectrum")), @r#"
    exit code 0
    -- stdout
    "all well"
    -- stderr
    thread '<unnamed>' panicked at tests/support/fixture.rs:00:00:
    no access for [REDACTED:my_secret]
    "#);
    // An allowed secret is returned, and the allowance is in the description.
    let signed =
        Program::new(env!("CARGO_BIN_EXE_fixture")).args("run signed").env("MY_SECRET", "Zx81-Spectrum");
    insta::assert_snapshot!(signed.run().unwrap(), @r#"
    exit code 0
    -- stdout
    "https://example.com/?signature=Zx81-Spectrum"
    "#);
    insta::assert_snapshot!(run("describe signed"), @"
    exit code 0
    -- stdout
    signed (task in fixture)
      Returns a URL with its secret, which is allowed.
      output  o0: string
      secret  my_secret as ANY
      allowed my_secret in output o0, because it is signed for an hour
    ");
    // A weak secret is not guarded, which is a warning.
    insta::assert_snapshot!(leaking("error", "1234"), @"
    exit code 1
    -- stderr
    warning: secret `my_secret` is too short (4 bytes): outputs, errors and logs are not searched for it
    error: task `leaking` failed: no access for 1234
    ");
    insta::assert_snapshot!(leaking("nothing", "x7Kq2"), @r#"
    exit code 0
    -- stdout
    "all well"
    -- stderr
    warning: secret `my_secret` is too short (5 bytes): it is redacted only as a whole word
    "#);
}

#[test]
fn an_invalid_command_line_has_exit_code_2_and_a_hint() {
    insta::assert_snapshot!(run("run t3"), @"
    exit code 2
    -- stderr
    error: no task is named `t3`
    hint: did you mean `t1`?
    ");
    insta::assert_snapshot!(run("run warehouse_export"), @"
    exit code 2
    -- stderr
    error: no task is named `warehouse_export`
    hint: the tasks of this program: `enormous`, `variable`, `all.types`, `from_environment`, `nosy`, `failing` and 7 more; to link a crate that only contains tasks: `use my_tasks as _;`
    ");
    insta::assert_snapshot!(run("describe all_types"), @"
    exit code 2
    -- stderr
    error: no task is named `all_types`
    hint: did you mean `all.types`?
    ");
    insta::assert_snapshot!(run("run t1"), @"
    exit code 2
    -- stderr
    error: missing inputs of task `t1`: `--expected` (string)
    hint: see `fixture run t1 --help`
    ");
    insta::assert_snapshot!(run("run t1 --expectd x"), @"
    exit code 2
    -- stderr
    error: unknown input `expectd` of task `t1`
    hint: did you mean `--expected`?
    ");
    insta::assert_snapshot!(run("run t1 --expected x --expected y"), @"
    exit code 2
    -- stderr
    error: input `expected` is given more than once
    hint: see `fixture run t1 --help`
    ");
    insta::assert_snapshot!(run("run t1 x"), @"
    exit code 2
    -- stderr
    error: expected `--INPUT VALUE`, found a value without `--INPUT`
    hint: usage: fixture run TASK [--INPUT VALUE ...]
    ");
    insta::assert_snapshot!(run("runn t1"), @"
    exit code 2
    -- stderr
    error: unknown command `runn`
    hint: did you mean `run`?
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("-5", "300")), @"
    exit code 2
    -- stderr
    error: input `small` is out of range: expected -128 to 127
    hint: see `fixture run all.types --help`
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("1e3", "much")), @"
    exit code 2
    -- stderr
    error: input `ratio` expected a float, such as `1.5`
    hint: see `fixture run all.types --help`
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("true", "maybe")), @"
    exit code 2
    -- stderr
    error: input `flag` expected `true` or `false`
    hint: see `fixture run all.types --help`
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("DarkGreen", "DarkGren")), @"
    exit code 2
    -- stderr
    error: input `colour` expected one of `Red`, `DarkGreen`
    hint: see `fixture run all.types --help`
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("\"x\":1", "\"z\":1")), @"
    exit code 2
    -- stderr
    error: unknown field `z` in input `point`
    hint: did you mean `x`?
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("\"x\":1", "\"y\":1")), @"
    exit code 2
    -- stderr
    error: input `point.x` is missing
    hint: see `fixture run all.types --help`
    ");
    insta::assert_snapshot!(run(&EVERYTHING.replace("\"b\":2", "\"b\":[]")), @"
    exit code 2
    -- stderr
    error: input `limits.b` expected an integer, found a list
    hint: see `fixture run all.types --help`
    ");
    assert!(run(&EVERYTHING.replace("90s", "1.5m")).stdout.contains(" None 90s"));
    insta::assert_snapshot!(run(&EVERYTHING.replace("90s", "soon")), @"
    exit code 2
    -- stderr
    error: input `wait` expected a duration such as `86400.5s` or `5m`
    hint: see `fixture run all.types --help`
    ");
}

#[test]
fn arguments_that_are_not_unicode_are_rejected() {
    let argument: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    let program = Program::new(env!("CARGO_BIN_EXE_fixture")).args("run t1 --expected").arg(argument);
    insta::assert_snapshot!(program.run().unwrap(), @"
    exit code 2
    -- stderr
    error: an argument is not UTF-8 text
    hint: write it in UTF-8
    ");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    for line in ["run failing --help", "describe --json", "spec failing"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fixture"));
        let finished = command.args(line.split(' ')).stdout(full).output().unwrap();
        let error = String::from_utf8(finished.stderr).unwrap();
        assert_eq!(finished.status.code(), Some(1), "{line}: {error}");
        assert_eq!(error, "error: cannot write to standard output: No space left on device\n", "{line}");
    }
}
