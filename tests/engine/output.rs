//! The output of pods, line by line.

use support::runs::Runs;

use crate::home;

#[test]
fn lines_of_pods_that_print_at_the_same_time_are_whole() {
    let finished = home().run("prints_side_by_side --lines 300");
    assert_eq!(finished.code, Some(0));
    let lines: Vec<&str> = finished.stderr.lines().filter(|line| line.contains(" | ")).collect();
    assert_eq!(lines.len(), 600);
    for line in lines {
        let (label, text) = line.split_once(" | ").unwrap();
        assert!(["prints", "prints[2]"].contains(&label), "{line:?}");
        assert!(
            text.starts_with("line ") && text.ends_with(&format!("several pieces {}", "x".repeat(20))),
            "{line:?}"
        );
    }
}

#[test]
fn a_line_in_pieces_is_one_line_and_progress_keeps_its_last_state() {
    let finished = home().run("prints_slowly");
    let output: Vec<&str> = finished.stderr.lines().filter(|line| line.contains(" | ")).collect();
    assert_eq!(output, ["prints_slowly | one two three", "prints_slowly | without an end\r100 %"]);
}

#[test]
fn the_mode_of_a_secret_decides_how_it_is_guarded_and_ordinary_text_is_reported_once() {
    let home = Runs::without_secrets(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_requests")).unwrap();
    for (name, value) in [("warehouse", "COMPUTE_WH_EU"), ("stage", "deploy"), ("pin", "4711")] {
        let created = home.home.sealkit("create secret").args(name).args("-f -").input(value).run().unwrap();
        let is_noted = created.stderr.contains("note: the value is one word");
        assert_eq!((created.code, is_noted), (Some(0), name == "stage"), "{created}");
    }
    let run = |returned: &str| home.run(&format!("guards_in_modes --returned {returned}"));
    insta::assert_snapshot!(run("warehouse"), @r#"
    exit code 0
    -- stdout
    "COMPUTE_WH_EU"
    -- stderr
    guards_in_modes started with warehouse, stage, pin
    guards_in_modes | COMPUTE_WH_EU, deployd [REDACTED:stage], 0[REDACTED:pin]0, 4
    warning: secret `stage` has a value that ordinary text contains, and was redacted where a task printed it
    hint: if it is no secret, request it with guard = "off"
    guards_in_modes succeeded in 0 ms
    1 task succeeded in 0 ms
    "#);
    let finished = run("stage");
    assert_eq!(finished.stdout, "\"deployed\"\n", "{finished}");
    for returned in ["pin", "digits"] {
        let finished = run(returned);
        assert!(finished.code == Some(1) && finished.stderr.contains("contains secret `pin`"), "{finished}");
    }
}
