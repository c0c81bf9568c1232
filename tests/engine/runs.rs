//! Runs of tasks: calls, failures, retries, timeouts and missing secrets.

use std::{
    env, fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use support::runs::{CERTIFICATE, SECRET, wait_for};

use crate::{home, without_secrets};

#[test]
fn a_workflow_runs_its_tasks_as_pods_with_their_secrets() {
    insta::assert_snapshot!(home().run("main"), @"
    exit code 0
    -- stdout
    62
    -- stderr
    main started
      t1 started with my_secret
      t1 succeeded in 0 ms
      t2 started with certs/my_file_secret
      t2 succeeded in 0 ms
    main succeeded in 0 ms
    3 tasks succeeded in 0 ms
    ");
}

#[test]
fn the_examples_run_from_their_sources() {
    let home = without_secrets();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let sealkit = |line: &str| home.home.with_cargo(line);
    let source = |name: &str| format!("{root}/examples/{name}.rs");
    // A build prints one line, and none if the program is up to date.
    let built = sealkit("describe").arg(source("using_secrets")).arg("t1").run().unwrap();
    let again = sealkit("describe").arg(source("using_secrets")).arg("t1").run().unwrap();
    let announcements = |stderr: &str| stderr.matches("Building `using_secrets` ...\n").count();
    assert!(announcements(&built.stderr) <= 1 && announcements(&again.stderr) == 0, "{built}{again}");
    assert!(built.stdout.starts_with("t1 (task in using_secrets)\n"), "{built}");
    insta::assert_snapshot!(sealkit("run").arg(source("using_secrets")).arg("t1").run().unwrap(), @"
    exit code 1
    -- stderr
    error: cannot start task `t1`: secret `my_secret` (task `t1`) was not found
    hint: create it: sealkit create secret my_secret; or pass it to this run: --secret my_secret=env:MY_SECRET
    ");
    sealkit("create secret my_secret -f -").input(SECRET).run().unwrap();
    let finished = sealkit("run").arg(source("using_secrets")).arg("main").run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "17\n"), "{finished}");

    let file = home.home.path().join("certificate");
    fs::write(&file, CERTIFICATE).unwrap();
    sealkit("describe").arg(source("using_secrets_file")).run().unwrap();
    sealkit("create secret my_file_secret -f").arg(&file).run().unwrap();
    let finished = sealkit("run").arg(source("using_secrets_file")).arg("main").run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "45\n"), "{finished}");

    insta::assert_snapshot!(sealkit("describe --check").arg(source("using_secrets")).run().unwrap(), @"
    exit code 0
    -- stdout
    main (workflow)
    t1 (task)
      secret  my_secret as ANY: from the store, `my_secret` (version 1)
    ");
    let wrong = sealkit("run").arg(source("using_secretz")).arg("main").run().unwrap();
    insta::assert_snapshot!(wrong.to_string().replace(root, "ROOT"), @"
    exit code 2
    -- stderr
    error: cannot open `ROOT/examples/using_secretz.rs`: No such file or directory
    hint: TARGET is a source file, the name of a cargo target, or the path of a program
    ");
}

#[test]
fn every_way_to_end_is_reported_without_leaks_or_hangs() {
    let home = home();
    // The processes that tasks leave behind sleep for a quarter of an hour: a run that waited for them would hang.
    let ends = |way: &str| home.run(&format!("ends --way {way}"));
    let panicked = ends("panic").to_string();
    let panicked: Vec<&str> = panicked.lines().filter(|line| !line.contains("panicked at")).collect();
    insta::assert_snapshot!(panicked.join("\n"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends | [REDACTED:my_secret] is wrong
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` panicked: [REDACTED:my_secret] is wrong
    ");
    insta::assert_snapshot!(ends("abort"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` was terminated by SIGABRT
    ");
    insta::assert_snapshot!(ends("exit"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` exited with code 7 before it returned a result
    ");
    insta::assert_snapshot!(ends("kill"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` was killed (SIGKILL), possibly because it ran out of memory
    ");
    let hungry = ends("memory").to_string();
    assert!(
        hungry.contains("memory allocation of")
            && hungry.ends_with("error: task `ends` was terminated by SIGABRT\n")
    );
    insta::assert_snapshot!(ends("close"), @r#"
    exit code 0
    -- stdout
    "ended"
    -- stderr
    ends started with my_secret
    ends succeeded in 0 ms
    1 task succeeded in 0 ms
    "#);
    insta::assert_snapshot!(ends("split"), @r#"
    exit code 0
    -- stdout
    "ended"
    -- stderr
    ends started with my_secret
    ends | [REDACTED:my_secret]
    ends succeeded in 0 ms
    1 task succeeded in 0 ms
    "#);
    insta::assert_snapshot!(ends("leave"), @r#"
    exit code 0
    -- stdout
    "ended"
    -- stderr
    ends started with my_secret
    ends succeeded in 0 ms
    1 task succeeded in 0 ms
    "#);
    insta::assert_snapshot!(ends("fork"), @r#"
    exit code 0
    -- stdout
    "ended"
    -- stderr
    ends started with my_secret
    ends succeeded in 0 ms
    1 task succeeded in 0 ms
    "#);
    assert!(ends("binary").stderr.contains("\u{fffd}\0\u{1b}[31m[REDACTED:my_secret]\n"));
    // A process in another group is killed, too.
    assert_eq!(sleepers(), 0);
    let flood = ends("flood");
    assert_eq!(flood.stdout, "\"ended\"\n");
    assert_eq!(flood.stderr.matches("x[REDACTED:my_secret]\n").count(), 20_000);
    insta::assert_snapshot!(home.run("hangs"), @"
    exit code 1
    -- stderr
    hangs started
    hangs failed in 0 ms
    1 task failed in 0 ms
    error: task `hangs` timed out after 1s
    ");
}

/// Counts the processes that `ends` leaves behind.
fn sleepers() -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.starts_with(b"sleep\x001000\0")).count()
}

#[test]
fn the_file_of_a_step_is_there_in_the_next_attempt() {
    let home = home();
    let finished = home.run("keeps_the_file_of_a_step");
    assert_eq!(finished.stdout, "\"paid 10\"\n", "{finished}");
}

#[test]
fn a_failed_task_is_retried_as_often_as_declared() {
    let home = home();
    let retried = |until: usize| {
        let count = home.home.path().join(format!("count-{until}"));
        let finished = home.run(&format!("retried --until {until} --count {}", count.display()));
        finished.to_string().replace(home.home.path().to_str().unwrap(), "~")
    };
    insta::assert_snapshot!(retried(2), @"
    exit code 0
    -- stdout
    2
    -- stderr
    retried started
    retried failed in 0 ms, retrying in 0 ms (attempt 2 of 4): task `retried` failed: not yet
    retried started (attempt 2)
    retried succeeded in 0 ms
    1 task succeeded in 0 ms
    ");
    insta::assert_snapshot!(retried(9), @"
    exit code 1
    -- stderr
    retried started
    retried failed in 0 ms, retrying in 0 ms (attempt 2 of 4): task `retried` failed: not yet
    retried started (attempt 2)
    retried failed in 0 ms, retrying in 0 ms (attempt 3 of 4): task `retried` failed: not yet
    retried started (attempt 3)
    retried failed in 0 ms, retrying in 0 ms (attempt 4 of 4): task `retried` failed: not yet
    retried started (attempt 4)
    retried failed in 0 ms
    1 task failed in 0 ms
    error: task `retried` failed: not yet (after 4 attempts)
    ");
}

#[test]
fn the_delay_before_a_retry_is_half_a_second_or_more() {
    let started = Instant::now();
    let finished = home().run("unlucky");
    assert!(
        finished.stderr.contains("error: task `unlucky` failed: not yet (after 2 attempts)"),
        "{finished}"
    );
    assert!(started.elapsed() >= Duration::from_millis(500), "{finished}");
}

#[test]
fn a_run_that_waits_for_its_next_attempt_is_cancelled_at_once() {
    let home = home();
    let mut run = home.start("patient").unwrap();
    wait_for(&mut run, "(attempt 2 of 2): task `patient` failed: not yet");
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    // Without the cancellation, the run would wait for half an hour.
    assert_eq!(run.wait().unwrap().code(), Some(130));
}

#[test]
fn a_deadline_ends_a_running_attempt_and_prevents_further_ones() {
    let home = home();
    insta::assert_snapshot!(home.run("late"), @"
    exit code 1
    -- stderr
    late started
    late failed in 0 ms
    1 task failed in 0 ms
    error: task `late` exceeded its deadline of 300ms
    ");
    insta::assert_snapshot!(home.run("hopeless"), @"
    exit code 1
    -- stderr
    hopeless started
    hopeless failed in 0 ms
    1 task failed in 0 ms
    error: task `hopeless` failed: not yet
    ");
}

#[test]
fn tasks_call_tasks_and_their_errors_come_back() {
    let home = home();
    let finished = home.run("on_threads");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "68\n"), "{finished}");
    for way in ["exit", "panic", "none"] {
        let finished = home.run(&format!("asks_a_failing_one --way {way}"));
        assert_eq!(finished.code, Some(0), "{finished}");
        let expected = match way {
            "exit" => "\"other: task `ends` exited with code 7 before it returned a result\"\n",
            "panic" => "\"other: task `ends` panicked: [REDACTED:my_secret] is wrong\"\n",
            _ => "\"ended\"\n",
        };
        assert_eq!(finished.stdout, expected);
    }
    let finished = home.run("recurse --depth 20");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "20\n"), "{finished}");
    let finished = home.run("recurse --depth 1000");
    assert!(
        finished.stderr.contains("error: ") && finished.stderr.contains("nested deeper than 64"),
        "{finished}"
    );
    let finished = home.run("gives_up");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"given up\"\n"), "{finished}");
    // The call is aborted, before or after the task ends.
    assert!(!finished.stderr.contains("failed"), "{finished}");
}

#[test]
fn on_a_terminal_pods_get_a_pty_and_secrets_are_redacted() {
    let (code, seen, _) = home().at_terminal("ends --way terminal").unwrap().finish().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("[true, true, false] \u{1b}[1m[REDACTED:my_secret]\u{1b}[0m"), "{seen:?}");
    assert!(seen.contains("✔") && seen.contains("\"ended\""), "{seen}");
}
