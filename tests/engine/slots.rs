//! Slots: how many pods work at the same time, what waits for them, and how long.

use std::{
    env, fs,
    io::{self, Read as _},
    path::Path,
    thread,
    time::Duration,
};

use support::runs::{until, wait_for};

use crate::home;

/// A pod lives between its `started` and its `succeeded`: the engine prints the first before it starts the process, and the second
/// after it has reaped it.
#[test]
fn a_thousand_calls_at_once_are_a_few_processes() {
    let width: i64 = env::var("SEALKIT_TEST_CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let finished = home().run(&format!("fan_out --width {width}"));
    assert_eq!(finished.stdout, format!("{}\n", width * (width + 1) / 2));
    let most = most_live(&finished.stderr, "add_one");
    assert!((1..=slots()).contains(&most), "{most} processes for {} slots", slots());
}

/// Returns how many pods may work at the same time.
fn slots() -> usize {
    thread::available_parallelism().map_or(2, usize::from) * 2
}

/// Returns how many pods of a task were live at the same time.
fn most_live(progress: &str, task: &str) -> usize {
    let (mut live, mut most) = (0, 0);
    for line in progress.lines().filter(|line| line.trim_start().starts_with(task)) {
        if line.contains(" started") {
            live += 1;
        } else {
            live -= 1;
        }
        most = most.max(live);
    }
    most
}

#[test]
fn the_calls_of_a_task_come_before_other_calls_of_its_caller() {
    for (workflow, task) in [("spawns_callers", "add_two"), ("spawns_callers_in_time", "add_two_in_time")] {
        let finished = home().run(&format!("{workflow} --width 60"));
        assert_eq!(finished.stdout, format!("{}\n", 60 * 63 / 2));
        let most = most_live(&finished.stderr, task);
        // One of them gets a slot whenever another one resumes.
        assert!((1..=2 * slots()).contains(&most), "{most} callers for {} slots", slots());
    }
}

#[test]
fn calls_that_wait_for_a_slot_take_no_threads() {
    let home = home();
    for (run, task) in
        [("fan_out --width 500", "add_one"), ("spawns_callers_in_time --width 300", "add_two_in_time")]
    {
        let mut run = home.start(run).unwrap();
        wait_for(&mut run, &format!("{task}[10] succeeded"));
        let threads = fs::read_dir(format!("/proc/{}/task", run.id())).unwrap().count();
        assert!(run.wait().unwrap().success());
        // Each pod has a few, and some are idle.
        assert!(threads < 50 + 8 * slots(), "{threads} threads for {} slots", slots());
    }
}

#[test]
fn calls_that_have_no_slot_in_time_fail_and_take_no_threads() {
    let late = 1000 + 10 * slots();
    let mut run = home().start(&format!("spawns_workers --width {}", slots() + late)).unwrap();
    let (threads, mut most) = (format!("/proc/{}/task", run.id()), 0);
    while run.try_wait().unwrap().is_none() {
        most = most.max(fs::read_dir(&threads).map_or(0, Iterator::count));
        thread::sleep(Duration::from_millis(2));
    }
    let mut output = String::new();
    run.stdout.unwrap().read_to_string(&mut output).unwrap();
    let errors = vec!["task `works_soon` did not start within 2s"; late];
    assert_eq!(output, serde_json::to_string(&errors).unwrap() + "\n");
    assert!(most < 50 + 8 * slots(), "{most} threads for {} slots", slots());
}

#[test]
fn an_equal_call_is_not_waited_for_beyond_the_limit() {
    let finished = home().run("works_alone_twice");
    assert_eq!(finished.stdout, "[\"task `works_alone` did not start within 1s\"]\n", "{finished}");
}

#[test]
fn a_timeout_ends_a_task_although_nothing_reads_the_output() {
    let home = home();
    let file = home.home.path().join("number");
    let mut run = home.start_with("--grace-period 1s", &format!("floods --path {}", file.display())).unwrap();
    until("the task runs", || file.exists());
    let process = || fs::read_to_string(&file).map(|number| format!("/proc/{number}"));
    until("the task has ended", || process().is_ok_and(|process| !Path::new(&process).exists()));
    let stderr = run.stderr.take().unwrap();
    let reader = thread::spawn(|| io::read_to_string(stderr).unwrap());
    let output = run.wait_with_output().unwrap();
    let expected =
        ["task `ignores_sigterm` timed out after 1s", "task `leaves_its_number` timed out after 4s"];
    assert_eq!(String::from_utf8(output.stdout).unwrap(), serde_json::to_string(&expected).unwrap() + "\n");
    let printed = reader.join().unwrap();
    assert!(printed.contains("killed"), "{printed}");
}
