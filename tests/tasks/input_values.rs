//! Values of inputs that a task cannot take, and the documentation of inputs and schedules.

use support::{Finished, Program};

fn run(line: &str) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_input_tasks")).args(line).run().unwrap()
}

#[test]
fn the_first_paragraph_of_a_doc_comment_is_shown_as_one_line() {
    let list = run("--help").stdout;
    assert!(list.contains("  task      Takes numbers, and values that contain numbers.\n"), "{list}");
    let line = "optional integer: A whole number, which may be negative.\n";
    for shown in [run("run numbers --help").stdout, run("describe numbers").stdout] {
        assert!(shown.contains(line), "{shown}");
    }
}

/// Asserts that each of the inputs is an error.
#[track_caller]
fn are_errors(cases: &[(&str, String)]) {
    for (arguments, expected) in cases {
        let finished = run(&format!("run numbers {arguments}"));
        assert_eq!(finished.code, Some(2), "{arguments}: {finished}");
        let expected = format!("error: input {expected}\nhint: see `input_tasks run numbers --help`\n");
        assert_eq!(finished.stderr, expected, "{arguments}");
    }
}

const FLOATS: &str = "-1.7976931348623157e308 to 1.7976931348623157e308";

#[test]
fn a_number_out_of_range_is_reported_with_its_range() {
    let integers = "-9223372036854775808 to 9223372036854775807";
    are_errors(&[
        ("--n 9223372036854775808", format!("`n` is out of range: expected {integers}")),
        ("--n -9223372036854775809", format!("`n` is out of range: expected {integers}")),
        ("--n 1.5", "`n` expected a 64-bit integer, such as `-5`".to_owned()),
        (
            r#"--j {"a":12345678901234567890}"#,
            format!("`j` is invalid at line 1, column 25: an integer is out of range: expected {integers}"),
        ),
        (
            "--list [9223372036854775808]",
            format!(
                "`list` is invalid at line 1, column 20: an integer is out of range: expected {integers}"
            ),
        ),
        ("--list [99999999999999999999]", format!("`list.0` is out of range: expected {integers}")),
        (
            r#"--map {"a":1e999}"#,
            format!("`map` is invalid at line 1, column 10: a float is out of range: expected {FLOATS}"),
        ),
    ]);
}

#[test]
fn a_float_that_would_be_infinite_is_out_of_range() {
    let short = "-3.4028235e38 to 3.4028235e38";
    are_errors(&[
        ("--d 1e400", format!("`d` is out of range: expected {FLOATS}")),
        ("--d -1e400", format!("`d` is out of range: expected {FLOATS}")),
        ("--c 1e400", format!("`c` is out of range: expected {FLOATS}")),
        ("--c 1e40", format!("`c` is out of range: expected {short}")),
        ("--many [1,-1e40]", format!("`many.1` is out of range: expected {short}")),
    ]);
}

#[test]
fn infinity_is_a_float() {
    let finished = run("run numbers --d inf --c -Infinity");
    assert_eq!(finished.stdout, "\"None Some(inf) Some(-inf) None None None None\"\n", "{finished}");
    let finished = run(r#"run numbers --map {"a":"Infinity"} --many ["-Infinity"]"#);
    assert_eq!(finished.code, Some(0), "{finished}");
}

#[test]
fn json_that_is_no_value_is_not_called_a_syntax_error() {
    let finished = run(r#"run numbers --map {"a":1,"a":2}"#);
    let expected = "error: input `map` is invalid at line 1, column 13: key `a` occurs twice\n";
    assert!(finished.stderr.starts_with(expected), "{finished}");
    let key = "k".repeat(1000);
    let finished = run(&format!(r#"run numbers --j {{"x":[{{"{key}":1,"{key}":2}}]}}"#));
    let expected = format!(": key `{}…` occurs twice\n", "k".repeat(200));
    assert!(finished.stderr.contains(&expected), "{finished}");
    let finished = run(&format!("run numbers --list {}", "[".repeat(200)));
    assert!(
        finished.stderr.contains(": it is nested too deeply: expected less than 128 levels\n"),
        "{finished}"
    );
    // A value is never shown.
    let finished = run(r#"run numbers --j {"a":"hunter2"#);
    assert!(finished.stderr.contains("expected JSON, such as `{…}`: syntax error at line 1"), "{finished}");
    assert!(!finished.stderr.contains("hunter2"), "{finished}");
}

#[test]
fn a_default_that_fails_is_reported_as_a_default() {
    insta::assert_snapshot!(run("inputs large_default"), @"
    exit code 2
    -- stderr
    error: the default of input `n` is too large: integers in Flyte are signed and have 64 bits
    hint: pass a value: --n VALUE
    ");
    insta::assert_snapshot!(run("inputs large_default --n 1"), @"
    exit code 2
    -- stderr
    error: the default of input `many.1` is too large: integers in Flyte are signed and have 64 bits
    hint: pass a value: --many VALUE
    ");
    for command in ["run", "inputs"] {
        let finished = run(&format!("{command} panicking_default"));
        assert_eq!(finished.code, Some(2), "{finished}");
        let expected = "\nerror: the default of input `name` panicked\nhint: pass a value: --name VALUE\n";
        assert!(finished.stderr.ends_with(expected), "{finished}");
    }
    assert_eq!(run("run panicking_default --name x").stdout, "\"x\"\n");
}

#[test]
fn all_malformed_values_are_reported_at_once() {
    let line = r#"--small 300 --colour Blue --wait soon --bytes [1,256,257] --pages {"first":1,"last":-1} --times x --txet y"#;
    for command in ["run", "inputs"] {
        let finished = run(&format!("{command} converted {line}"));
        assert_eq!(finished.code, Some(2), "{finished}");
        assert_eq!(
            finished.stderr,
            "error: 7 errors in the inputs of task `converted`:\n  \
             input `times` expected a 64-bit integer, such as `-5`\n  \
             unknown input `txet` of task `converted`\n  \
             input `small` is out of range: expected 0 to 255\n  \
             input `colour` expected one of `Red`, `Green`\n  \
             input `wait` expected a duration such as `86400.5s` or `5m`\n  \
             input `bytes.1` is out of range: expected 0 to 255\n  \
             input `pages.last` is out of range: expected 0 to 65535\n\
             hint: did you mean `--text`?\n"
        );
    }
}

#[test]
fn schedules_are_described_with_their_names_and_settings() {
    insta::assert_snapshot!(run("describe scheduled"), @"
    exit code 0
    -- stdout
    scheduled (task in input_tasks)
      Is started by several schedules.
      input   time: optional datetime
      output  o0: boolean
      schedule nightly: @daily (UTC), inactive
      schedule schedule: 0 9 * * mon-fri (Europe/Berlin), time in input `time`
      schedule often: every 6 hours, from 2026-01-01
      schedule later: every 15 minutes, inactive, from 2026-01-01T09:30:00Z
    ");
}
