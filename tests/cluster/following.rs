//! `run --remote` shows all actions of a run, and reports only real losses of the connection.

use std::{thread, time::Duration};

use serde_json::{Value as Json, json};

use crate::run::{normalize, run_remote, start};

/// Returns the log lines of a task without their prefix.
fn lines_of(output: &str, label: &str) -> Vec<String> {
    let prefix = format!("{label} | ");
    output.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_actions_and_the_lines_of_children_are_printed() {
    let (plane, home) = start(&["--lockstep"]);
    let finished = run_remote(&home, "main");
    assert_eq!(lines_of(&finished.stderr, "main"), ["main has started"], "{finished}");
    assert_eq!(lines_of(&finished.stderr, "t1"), ["t1 has started"], "{finished}");
    // The order of the lines of different actions is not fixed.
    let normalized = normalize(&finished, &plane);
    let (mut children, first): (Vec<_>, Vec<_>) = normalized.lines().partition(|line| line.starts_with("  "));
    children.sort_unstable();
    assert_eq!(
        children,
        ["  t1 running", "  t1 succeeded in TIME", "  t2 running", "  t2 succeeded in TIME"],
        "{finished}"
    );
    insta::assert_snapshot!(first.join("\n"), @r#"
    exit code 0
    -- stdout
    36
    -- stderr
    Started run NAME: PLANE/v2/domain/development/project/flytesnacks/runs/NAME
    main queued
    main initializing
    main running
    main succeeded in TIME
    "#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_lines_of_a_hundred_children_are_complete_and_in_order() {
    // The snapshot of the run has several pages.
    let (plane, home) = start(&["--page=7"]);
    let finished = run_remote(&home, "crowd --children 100 --lines 5");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "4950\n"), "{finished}");
    let mut numbers = Vec::new();
    for call in 1..=100 {
        let label = if call == 1 { "chatty".to_owned() } else { format!("chatty[{call}]") };
        let lines = lines_of(&finished.stderr, &label);
        let number: i64 = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let expected: Vec<_> = (0..5).map(|line| format!("child {number} line {line}")).collect();
        assert_eq!(lines, expected, "{label}");
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    assert_eq!(finished.stderr.matches("] succeeded in ").count(), 99, "{finished}");
    assert!(!finished.stderr.contains("connection was lost"), "{finished}");
    assert!(plane.requests("TailLogs").unwrap().len() >= 101);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_stream_that_the_server_closes_is_not_a_lost_connection() {
    // The stream of the details closes with the last attempt, before the action has ended.
    let (_plane, home) = start(&[]);
    for task in ["t1", "unstable", "main"] {
        let finished = run_remote(&home, task);
        assert_eq!(finished.code, Some(0), "{finished}");
        assert!(!finished.stderr.contains("connection was lost"), "{finished}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn each_lost_connection_is_reported_once() {
    let (plane, home) = start(&["--lockstep"]);
    let lost = json!({"method": "WatchActionDetails", "cut_after": 0, "code": "unavailable", "times": 4});
    plane
        .fail(&json!({"method": "WatchActionDetails", "cut_after": 1, "code": "internal", "times": 1}))
        .unwrap();
    plane.fail(&lost).unwrap();
    plane
        .fail(&json!({"method": "WatchActions", "cut_after": 1, "code": "unavailable", "times": 1}))
        .unwrap();
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    assert_eq!(finished.stderr.matches("the connection was lost, reconnecting").count(), 1, "{finished}");
    assert_eq!(lines_of(&finished.stderr, "t1"), ["t1 has started"], "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn without_a_list_of_actions_only_the_first_one_is_followed() {
    let (plane, home) = start(&[]);
    plane.fail(&json!({"method": "WatchActions", "code": "unimplemented"})).unwrap();
    let finished = run_remote(&home, "main");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "36\n"), "{finished}");
    assert_eq!(lines_of(&finished.stderr, "main"), ["main has started"], "{finished}");
    let warning = "warning: cannot watch the tasks that the run calls: `";
    assert_eq!(finished.stderr.matches(warning).count(), 1, "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_call_without_a_context_is_an_action_with_its_secrets() {
    let (_plane, home) = start(&[]);
    let call = |place: &str| run_remote(&home, &format!("calls_without_context --place {place}"));
    for (place, task, output) in [
        ("spawn", "t2", "19\n"),
        ("async_block", "t2", "19\n"),
        ("spawn_blocking", "t1", "18\n"),
        ("session", "t1", "18\n"),
    ] {
        let finished = call(place);
        assert_eq!((finished.code, &*finished.stdout), (Some(0), output), "{place}: {finished}");
        assert!(finished.stderr.contains(&format!("  {task} succeeded")), "{place}: {finished}");
    }
    let leak = call("leak");
    assert!(leak.code == Some(1) && leak.stderr.contains("input `text`"), "{leak}");
    assert!(leak.stderr.contains("secret `my_secret`") && !leak.stderr.contains("measure running"), "{leak}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_task_that_aborts_or_hangs_fails_although_the_backend_starts_such_pods_again() {
    let (_plane, home) = start(&["--relaunch"]);
    let aborted = "task `aborting` was terminated by SIGABRT";
    let late = "task `hanging` timed out after 1s";
    for (run, error, attempts) in [
        ("aborting", aborted, 2),
        ("hanging", late, 1),
        ("calls_from_a_thread --task aborting", aborted, 2),
        ("calls_from_a_thread --task hanging", late, 1),
    ] {
        let finished = run_remote(&home, run);
        assert!(finished.code == Some(1) && finished.stderr.contains(error), "{run}: {finished}");
        if error == aborted {
            assert_eq!(finished.stderr.matches("about to abort").count(), attempts, "{run}: {finished}");
        }
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_user_is_warned_once_of_a_pod_that_keeps_ending() {
    let (plane, home) = start(&["--relaunch"]);
    for task in ["crashing", "crashing_child"] {
        plane.admin("DELETE", "/requests", &Json::Null).unwrap();
        let finished = thread::scope(|scope| {
            let running = scope.spawn(|| run_remote(&home, task));
            // The run never ends by itself.
            let name = loop {
                let created = plane.requests("CreateRun").unwrap();
                if let Some(request) = created.first() {
                    break request["request"]["run_id"]["name"].as_str().unwrap().to_owned();
                }
            };
            let pods = || plane.admin("GET", "/pods", &Json::Null).unwrap();
            let of_run = || pods().iter().filter(|pod| pod["run"] == *name).count();
            // The details of a child are requested whenever its log ends.
            let looks = || plane.requests("GetActionDetails").unwrap().len();
            while of_run() < 10 || (task == "crashing_child" && looks() < 6) {
                thread::sleep(Duration::from_millis(100));
            }
            let aborted = home.run(&format!("abort run {name} -y")).unwrap();
            assert_eq!(aborted.code, Some(0), "{aborted}");
            running.join().unwrap()
        });
        assert_eq!(finished.code, Some(1), "{finished}");
        let warning = "warning: the pod of `crashing` keeps ending, and the cluster starts it again and again\n\
                       hint: read its log: sealkit logs ";
        assert_eq!(finished.stderr.matches(warning).count(), 1, "{finished}");
    }
}
