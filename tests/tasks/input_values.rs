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

#[test]
fn infinity_is_a_float() {
    let finished = run("run numbers --d inf --c -Infinity");
    assert_eq!(finished.stdout, "\"None Some(inf) Some(-inf) None None None None\"\n", "{finished}");
    let finished = run(r#"run numbers --map {"a":"Infinity"} --many ["-Infinity"]"#);
    assert_eq!(finished.code, Some(0), "{finished}");
}
