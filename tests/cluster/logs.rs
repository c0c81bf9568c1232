//! `sealkit logs`.

use serde_json::Value as Json;
use support::Home;

use crate::run::{run_name, run_remote, start, start_detached};

fn finished_run(home: &Home, task: &str) -> String {
    run_name(&run_remote(home, task))
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_logs_of_a_finished_run_are_printed_task_by_task() {
    let (_plane, home) = start(&[]);
    let run = finished_run(&home, "main");
    for follow in ["", "-f"] {
        let printed = home.run(&format!("logs {run} {follow}")).unwrap();
        assert_eq!(printed.code, Some(0), "{printed}");
        assert!(printed.stdout.contains("main | main has started\n"), "{printed}");
        assert!(printed.stdout.contains("t1 | t1 has started\n"), "{printed}");
        let printed = home.run(&format!("logs {run} t1 -o raw {follow}")).unwrap();
        assert_eq!(printed.stdout, "t1 has started\n", "{printed}");
    }
    let printed = home.run(&format!("logs {run} t1 -o json")).unwrap();
    let line: Json = serde_json::from_str(printed.stdout.trim()).unwrap();
    assert_eq!((&line["task"], &line["attempt"]), (&"t1".into(), &1.into()), "{printed}");
    assert_eq!(line["line"], "t1 has started");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_logs_of_a_running_pod_end_without_follow() {
    let (_plane, home) = start(&[]);
    let run = start_detached(&home, "slow --seconds 1000");
    // The pod may not have printed its line yet.
    loop {
        let printed = home.run(&format!("logs {run}")).unwrap();
        assert_eq!(printed.code, Some(0), "{printed}");
        if printed.stdout == "slow | sleeping\n" {
            break;
        }
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn unknown_runs_and_tasks_and_missing_logs_have_messages() {
    let (plane, home) = start(&[]);
    let run = finished_run(&home, "main");
    let aborted = start_detached(&home, "slow --seconds 1000");
    assert_eq!(home.run(&format!("abort run {aborted} -y")).unwrap().code, Some(0));
    let mut all = String::new();
    for line in
        ["logs rmissing", "logs rmissing -f", "logs RUN t3", "logs RUN t3 -f", "logs ABORTED", "logs a/b"]
    {
        let finished = home.run(&line.replace("RUN", &run).replace("ABORTED", &aborted)).unwrap();
        let finished = finished.to_string().replace(&run, "RUN").replace(plane.endpoint(), "PLANE");
        all.extend(["$ sealkit ", line, "\n", &finished, "\n"]);
    }
    insta::assert_snapshot!(all, @r#"
    $ sealkit logs rmissing
    exit code 1
    -- stderr
    error: run `rmissing` not found in project `flytesnacks`, domain `development` on `PLANE`
    hint: list the runs: sealkit get run

    $ sealkit logs rmissing -f
    exit code 1
    -- stderr
    error: run `rmissing` not found in project `flytesnacks`, domain `development` on `PLANE`
    hint: list the runs: sealkit get run

    $ sealkit logs RUN t3
    exit code 1
    -- stderr
    error: no task of run `RUN` is named `t3`
    hint: did you mean `t1`?

    $ sealkit logs RUN t3 -f
    exit code 1
    -- stderr
    error: no task of run `RUN` is named `t3`
    hint: did you mean `t1`?

    $ sealkit logs ABORTED
    exit code 0
    -- stderr
    note: `slow` has no log: its pod has not started, was aborted or was deleted

    $ sealkit logs a/b
    exit code 2
    -- stderr
    error: the name of a run has only letters, digits and `-`
    hint: list the runs: sealkit get run
    "#);
}
