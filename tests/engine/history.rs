//! The history of runs: what `sealkit get run` and `sealkit logs` show of runs on this machine.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::runs::{Runs, SECRET, until, wait_for};

use crate::{home, without_secrets};

fn directory(runs: &Runs) -> PathBuf {
    runs.home.path().join(".local/state/sealkit/runs")
}

/// Returns the names of all runs, the newest first.
fn names(runs: &Runs) -> Vec<String> {
    let listed = runs.home.run("get run --local --limit 100 -o name").unwrap();
    assert_eq!(listed.code, Some(0), "{listed}");
    listed.stdout.lines().map(str::to_owned).collect()
}

/// Returns the report of the only run.
fn report(runs: &Runs) -> Value {
    let names = names(runs);
    assert_eq!(names.len(), 1, "{names:?}");
    let shown = runs.home.run(&format!("get run {} -o json", names[0])).unwrap();
    assert_eq!(shown.code, Some(0), "{shown}");
    serde_json::from_str(&shown.stdout).unwrap()
}

fn log(runs: &Runs, arguments: &str) -> String {
    let name = names(runs).remove(0);
    let printed = runs.home.run(&format!("logs {name} {arguments}")).unwrap();
    assert_eq!(printed.code, Some(0), "{printed}");
    printed.stdout
}

/// Returns the content of every file below `directory`.
fn contents(directory: &Path) -> Vec<u8> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { contents(&path) } else { fs::read(path).unwrap() }).collect()
}

#[test]
fn a_run_is_recorded_with_its_tasks_and_values() {
    let runs = home();
    let finished = runs.run("main");
    assert_eq!(finished.code, Some(0), "{finished}");
    let report = report(&runs);
    assert_eq!(report["phase"], "succeeded");
    assert_eq!((&report["task"], &report["exit_code"]), (&json!("main"), &json!(0)));
    let actions: Vec<Value> = report["actions"].as_array().unwrap().clone();
    let tasks: Vec<[&Value; 5]> = actions
        .iter()
        .map(|action| ["name", "parent", "task", "inputs", "outputs"].map(|member| &action[member]))
        .collect();
    assert_eq!(
        json!(tasks),
        json!([
            ["a0", null, "main", {}, {"o0": 62}],
            ["a1", "a0", "t1", {}, {"o0": 17}],
            ["a2", "a0", "t2", {"rows": 17}, {"o0": 62}],
        ])
    );
    assert_eq!(actions[2]["secrets"], json!(["certs/my_file_secret"]));
    let table = runs.home.run("get run --local").unwrap();
    assert!(table.stdout.starts_with("NAME"), "{table}");
    let shown = runs.home.run(&format!("get run {}", names(&runs)[0])).unwrap().stdout;
    assert!(shown.contains("\n  t2 ") && shown.contains("inputs:  rows = 17"), "{shown}");
}

#[test]
fn the_files_of_the_history_are_private() {
    let runs = home();
    runs.run("says");
    let (directory, name) = (directory(&runs), names(&runs).remove(0));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for extension in ["jsonl", "log"] {
        assert_eq!(mode(&directory.join(format!("{name}.{extension}"))), 0o600);
    }
}

#[test]
fn a_failed_run_names_its_log_and_no_secret() {
    let runs = home();
    for way in ["panic", "binary", "split", SECRET] {
        let finished = runs.program("").args("ends --way").arg(way).run().unwrap();
        if way == "panic" {
            let path = directory(&runs).join(names(&runs).remove(0) + ".log");
            let note = format!("note: the log of this run: {}\n", path.display());
            assert!(finished.stderr.contains(&note) && path.exists(), "{finished}");
        }
    }
    // A task that prints nothing has no log.
    let finished = runs.program("").args("ends --way kill").run().unwrap();
    let shown =
        finished.stderr.lines().find_map(|line| line.strip_prefix("note: show this run again: sealkit "));
    let shown = runs.home.sealkit(shown.unwrap_or_else(|| panic!("{finished}"))).run().unwrap();
    assert!(shown.code == Some(0) && !shown.stdout.contains("\nlog: "), "{shown}");
    let name = names(&runs).remove(0);
    let logs = runs.home.sealkit("logs").arg(&name).run().unwrap();
    let note = format!("note: the tasks of run `{name}` have printed nothing\n");
    assert_eq!((logs.code, &*logs.stdout, &*logs.stderr), (Some(0), "", &*note));
    let recorded = contents(&directory(&runs));
    let text = String::from_utf8_lossy(&recorded);
    assert!(!text.contains(SECRET), "{text}");
    // The log, the error and the input have the name in its place.
    assert!(text.matches("my_secret").count() > 4, "{text}");
    assert!(text.contains(r#""inputs":{"way":""#), "{text}");
}

#[test]
fn attempts_and_errors_are_recorded() {
    let runs = without_secrets();
    let count = runs.home.path().join("count");
    let finished = runs.run(&format!("retried --count {} --until 3", count.display()));
    assert_eq!(finished.code, Some(0), "{finished}");
    let action = report(&runs)["actions"][0].clone();
    let attempts: Vec<&Value> =
        action["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["phase"]).collect();
    assert_eq!(json!(attempts), json!(["failed", "failed", "succeeded"]));
    assert!(action["attempts"][0]["error"].is_string() && action["error"].is_null(), "{action}");
}

#[test]
fn the_log_is_printed_like_the_live_one() {
    let runs = without_secrets();
    let live = runs.run("says").stderr;
    let live: BTreeSet<&str> = live.lines().filter(|line| line.contains(" | ")).collect();
    let printed = log(&runs, "");
    assert!(!live.is_empty());
    assert_eq!(printed.lines().collect::<BTreeSet<_>>(), live);
    let second = log(&runs, "say[2] -o raw");
    assert!(!second.is_empty() && !second.contains(" | "), "{second}");
    let entry: Value = serde_json::from_str(log(&runs, "say[2] -o json").lines().next().unwrap()).unwrap();
    assert_eq!((&entry["task"], &entry["call"]), (&json!("say"), &json!(2)));
    let name = &names(&runs)[0];
    let unknown = runs.home.run(&format!("logs {name} sya")).unwrap().to_string().replace(name, "RUN");
    insta::assert_snapshot!(unknown, @"
    exit code 1
    -- stderr
    error: no task of run `RUN` is named `sya`
    hint: did you mean `say`?
    ");
}

#[test]
fn a_killed_run_is_interrupted_and_a_live_one_runs() {
    let runs = home();
    let mut child = runs.start("waits_for_it").unwrap();
    wait_for(&mut child, "waits started");
    let count = || report(&runs)["actions"].as_array().map_or(0, Vec::len);
    until("both tasks are recorded", || names(&runs).len() == 1 && count() == 2);
    assert_eq!(report(&runs)["phase"], "running");
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    until("the killed run is interrupted", || report(&runs)["phase"] == "interrupted");
    let phases = report(&runs)["actions"].as_array().unwrap().iter().map(|a| a["phase"].clone()).collect();
    assert_eq!(Value::Array(phases), json!(["interrupted", "interrupted"]));
}

#[test]
fn an_aborted_run_is_recorded() {
    let runs = home();
    let mut child = runs.start("waits_for_it").unwrap();
    wait_for(&mut child, "waits started");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    child.wait().unwrap();
    let report = report(&runs);
    assert_eq!((&report["phase"], &report["exit_code"]), (&json!("aborted"), &json!(130)));
}

#[test]
fn twenty_runs_are_kept_also_when_they_run_in_parallel() {
    let runs = without_secrets();
    let mut oldest = runs.start("waits_async").unwrap();
    wait_for(&mut oldest, "waits_async started");
    until("it is recorded", || !names(&runs).is_empty());
    let oldest_name = names(&runs).remove(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..12 {
                    assert_eq!(runs.run("exits --code 1").code, Some(1));
                }
            });
        }
    });
    // A run that has not ended is not deleted.
    assert_eq!((names(&runs).len(), names(&runs).last()), (21, Some(&oldest_name)));
    kill_process(Pid::from_child(&oldest), Signal::KILL).unwrap();
    oldest.wait().unwrap();
    until("the killed run is deleted", || {
        runs.run("whereabouts");
        names(&runs).len() == 20
    });
    let newest = runs.home.run(&format!("get run {} -o name", names(&runs)[0])).unwrap();
    assert_eq!(newest.stdout, "whereabouts\n");
    let two = runs.home.run("get run --local --limit 2 -o json").unwrap();
    assert_eq!(serde_json::from_str::<Vec<Value>>(&two.stdout).unwrap().len(), 2);
}

#[test]
fn no_history_is_kept_on_request() {
    let runs = without_secrets();
    let finished = runs.run_with("--no-history", "whereabouts");
    assert_eq!(finished.code, Some(0), "{finished}");
    assert!(!directory(&runs).exists());
    insta::assert_snapshot!(runs.home.run("get run --local").unwrap(), @"
    exit code 0
    -- stderr
    No runs found on this machine
    hint: start one: sealkit run TARGET TASK
    ");
}

#[test]
fn a_history_that_cannot_be_written_is_no_failure() {
    let runs = without_secrets();
    let run = |home: &str, state: &str| {
        runs.program("").arg("whereabouts").env("HOME", home).env("XDG_STATE_HOME", state).run().unwrap()
    };
    for state in ["/proc/none", "/dev/null/x"] {
        let finished = run("/nonexistent", state);
        assert_eq!(finished.code, Some(0), "{finished}");
        assert_eq!(finished.stderr.matches("warning: cannot record the run in").count(), 1, "{finished}");
    }
    let nowhere = run("/nonexistent", "");
    assert!(nowhere.code == Some(0) && !nowhere.stderr.contains("warning"), "{nowhere}");
    assert!(!Path::new("/nonexistent").exists());
}

#[test]
fn an_unknown_or_damaged_run_is_an_error() {
    let runs = without_secrets();
    insta::assert_snapshot!(runs.home.run("get run local-none").unwrap(), @"
    exit code 1
    -- stderr
    error: no local run is named `local-none`
    hint: list the runs of this machine: sealkit get run --local
    ");
    runs.run("whereabouts");
    let name = names(&runs).remove(0);
    let path = directory(&runs).join(format!("{name}.jsonl"));
    let text = fs::read_to_string(&path).unwrap();
    // A killed command may leave a part of a line.
    fs::write(&path, &text[..text.len() - 5]).unwrap();
    assert_eq!(report(&runs)["phase"], "interrupted");
    fs::write(&path, text.replace(r#""version":1"#, r#""version":99"#)).unwrap();
    let newer = runs.home.run(&format!("logs {name}")).unwrap().to_string().replace(&name, "RUN");
    insta::assert_snapshot!(newer, @"
    exit code 1
    -- stderr
    error: cannot read the history of run `RUN`: a newer version of sealkit wrote it
    ");
}
