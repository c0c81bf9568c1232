//! `sealkit abort run`.

use serde_json::json;
use support::Terminal;

use crate::run::{run_name, run_remote, start, start_detached};

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_finished_run_is_not_aborted() {
    let (plane, home) = start(&[]);
    let run = run_name(&run_remote(&home, "t1"));
    let refused = home.run(&format!("abort run {run} -y")).unwrap();
    insta::assert_snapshot!(refused.to_string().replace(&run, "RUN"), @r#"
    exit code 1
    -- stderr
    error: cannot abort run `RUN`: it has already ended: succeeded
    hint: see its outcome: sealkit get run RUN
    "#);
    assert!(plane.requests("AbortRun").unwrap().is_empty());
    let unknown = home.run("abort run rmissing -y").unwrap();
    assert_eq!(unknown.code, Some(1), "{unknown}");
    assert!(
        unknown.stderr.starts_with("error: run `rmissing` not found in project `flytesnacks`"),
        "{unknown}"
    );
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_run_is_aborted_after_confirmation() {
    let (plane, home) = start(&[]);
    let run = start_detached(&home, "slow --seconds 1000");
    let refused = home.run(&format!("abort run {run}")).unwrap();
    insta::assert_snapshot!(refused.to_string().replace(&run, "RUN"), @r#"
    exit code 2
    -- stderr
    error: cannot ask for confirmation: standard input is not a terminal
    hint: to continue without it: sealkit abort run RUN -y
    "#);
    let home_path = home.path().to_string_lossy().into_owned();
    for (answer, code) in [("n\n", 1), ("y\n", 0)] {
        let arguments = ["abort", "run", &run, "--reason", "wrong input"];
        let mut terminal = Terminal::start(home.command(), arguments, &[("HOME", &*home_path)], 200).unwrap();
        terminal.until("[y/N]").unwrap();
        terminal.send(answer).unwrap();
        let (finished, seen, _) = terminal.finish().unwrap();
        assert_eq!(finished, Some(code), "{seen}");
    }
    let requests = plane.requests("AbortRun").unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["request"]["reason"], json!("wrong input"));
    let shown = home.run(&format!("get run {run}")).unwrap();
    assert!(shown.stdout.contains("aborted") && shown.stdout.contains("wrong input"), "{shown}");
}
