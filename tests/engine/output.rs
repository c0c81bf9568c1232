//! The output of pods, line by line.

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
