//! The inputs of a run, from arguments and files.

use std::fs;

use crate::{home, without_secrets};

#[test]
fn inputs_may_have_the_names_of_options_of_the_run() {
    let home = without_secrets();
    let mail = |line: &str| home.run(&format!("mail {line}")).stdout;
    assert_eq!(mail("--domain development"), "\"Some(\\\"development\\\") None None\"\n");
    assert_eq!(mail("--env A=B --remote"), "\"None Some(\\\"A=B\\\") Some(true)\"\n");
    let short = home.run("mail -d development");
    assert!(short.code == Some(2) && short.stderr.contains("unknown option `-d`"), "{short}");
}

#[test]
fn inputs_come_from_files() {
    let home = without_secrets();
    let directory = home.home.path();
    let write = |name: &str, text: &str| {
        fs::write(directory.join(name), text).unwrap();
        directory.join(name).display().to_string()
    };
    let length = |text: &str| home.run(&format!("measure --text {text}"));
    let text = write("text", "one line\n");
    assert_eq!(length(&format!("@{text}")).stdout, "9\n");
    assert_eq!(length("@@home").stdout, "5\n");
    let missing = length("@/nowhere");
    insta::assert_snapshot!(missing, @"
    exit code 2
    -- stderr
    error: cannot read the file `/nowhere` of input `text` of task `measure`: No such file or directory
    hint: for text that begins with `@`, write `--text @@…`
    ");
    let number = write("number", "20\n");
    assert_eq!(home.run(&format!("add_one --n @{number}")).stdout, "21\n");

    let inputs = write("inputs.yaml", "domain: \"@me\"\nremote: true\nenv:\n");
    let from_file = |line: &str| home.run_with(&format!("--inputs-file {inputs}"), line);
    assert_eq!(from_file("mail").stdout, "\"Some(\\\"@me\\\") None Some(true)\"\n");
    assert_eq!(from_file("mail --env x").stdout, "\"Some(\\\"@me\\\") Some(\\\"x\\\") Some(true)\"\n");
    let twice = from_file("mail --domain x");
    assert!(
        twice.code == Some(2) && twice.stderr.contains("input `domain` is given more than once"),
        "{twice}"
    );
}

#[test]
fn all_errors_of_inputs_are_reported_at_once() {
    let home = without_secrets();
    let errors = home.run("prints --number x --colour red").stderr;
    let (errors, hint) = errors.split_once("\nhint: ").unwrap();
    insta::assert_snapshot!(errors, @"
    error: 3 errors in the inputs of task `prints`:
      input `number` expected a 64-bit integer, such as `-5`
      unknown input `colour` of task `prints`
      missing inputs of task `prints`: `--lines` (integer)
    ");
    assert!(hint.starts_with("see `sealkit run") && hint.ends_with("prints --help`\n"), "{hint}");
}

#[test]
fn the_task_of_a_run_reads_standard_input_if_it_is_asked_for() {
    let home = home();
    let read =
        |options: &str, task: &str| home.program(options).arg(task).input("a\nb").run().unwrap().stdout;
    assert_eq!(read("", "reads_stdin"), "\"\"\n");
    assert_eq!(read("--stdin", "reads_stdin"), "\"a\\nb\"\n");
    assert_eq!(read("--stdin --process-isolation", "reads_stdin"), "\"a\\nb\"\n");
    assert_eq!(read("--stdin --debuggable", "reads_stdin"), "\"a\\nb\"\n");
    // That of a called task is empty.
    assert_eq!(read("--stdin", "reads_stdin_last"), "[\"\",\"a\\nb\"]\n");
    for options in ["--stdin --inputs-file -", "--stdin --secret my_secret=-", "--secret a=- --secret b=-"] {
        let refused = home.program(options).arg("reads_stdin").input("a").run().unwrap();
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(refused.stderr.contains("standard input can be read only once"), "{refused}");
    }
}
