//! Runs on a terminal, which is afterwards as it was before.

use std::{fs, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use support::{
    Terminal,
    runs::{children, pods, until, wait_for},
};

use crate::home;

#[test]
fn a_task_that_asks_at_the_terminal_fails_at_once() {
    let home = home();
    let on_a_pipe = home.run("asks");
    let (code, on_a_terminal, _) = home.at_terminal("asks").unwrap().finish().unwrap();
    assert_eq!((on_a_pipe.code, code), (Some(1), Some(1)));
    for seen in [on_a_pipe.stderr, on_a_terminal] {
        assert!(
            seen.contains("cannot ask for the password") && seen.contains("No such device or address"),
            "{seen}"
        );
    }
}

#[test]
fn the_terminal_of_a_pod_has_the_size_of_the_terminal_of_the_user() {
    let mut terminal = home().at_terminal("watches_its_width").unwrap();
    terminal.until("width 100").unwrap();
    terminal.resize(123).unwrap();
    let (code, seen, _) = terminal.finish().unwrap();
    assert!(code == Some(0) && seen.contains("width 123"), "{seen}");
}

#[test]
fn what_a_pod_has_changed_of_the_terminal_is_undone() {
    for by_a_kill in [false, true] {
        let line = format!("changes_the_terminal --by-a-kill={by_a_kill}");
        let (_, seen, _) = home().at_terminal(&line).unwrap().finish().unwrap();
        let (_, after) = seen.split_once("red").unwrap();
        let (undone, _) = after.split_once("changes_the_terminal").unwrap();
        assert!(undone.contains("\u{1b}[0m\u{1b}[?25h"), "{seen:?}");
    }
}

#[test]
fn a_run_is_stopped_and_continued_with_its_pods_by_a_shell() {
    let home = home();
    let path = std::env::var("PATH").unwrap_or_default();
    let directory = home.home.path().to_string_lossy().into_owned();
    let environment = [("HOME", &*directory), ("PATH", &*path), ("TERM", "xterm"), ("PS1", "shell> ")];
    let mut shell = Terminal::start("/bin/bash", ["--norc", "--noprofile", "-i"], &environment, 100).unwrap();
    shell.until("shell> ").unwrap();
    shell
        .send(&format!("{} run {} counts --to 40\n", home.home.command(), env!("CARGO_BIN_EXE_pods")))
        .unwrap();
    shell.until("number 5.").unwrap();
    shell.send("\u{1a}").unwrap();
    shell.until("Stopped").unwrap();
    let stopped = shell.until("Stopped").unwrap().matches("number").count();
    thread::sleep(Duration::from_millis(500));
    shell.send("echo idle $((20 + 3))\n").unwrap();
    let seen = shell.until("idle 23").unwrap();
    assert!(seen.matches("number").count() <= stopped + 1, "{seen}");
    shell.send("fg\n").unwrap();
    let seen = shell.until("task succeeded").unwrap();
    assert!(seen.contains("number 39.") && !seen.contains("is stopped by"), "{seen}");
    shell.send("exit\n").unwrap();
    shell.finish().unwrap();
}

#[test]
fn a_pod_that_is_stopped_by_others_is_reported_and_continues() {
    let home = home();
    for is_supervisor in [true, false] {
        let mut run = home.start("counts --to 20").unwrap();
        wait_for_pod(run.id());
        let supervisor = pods(run.id())[0];
        let target = if is_supervisor { supervisor } else { children(supervisor)[0] };
        let target = Pid::from_raw(target.cast_signed()).unwrap();
        kill_process(target, Signal::STOP).unwrap();
        wait_for(
            &mut run,
            &format!("counts is stopped by SIGSTOP: continue it with `kill -CONT -{supervisor}`"),
        );
        let group = Pid::from_raw(supervisor.cast_signed()).unwrap();
        rustix::process::kill_process_group(group, Signal::CONT).unwrap();
        // The rest of its output is not read.
        until("the pod has ended", || children(run.id()).is_empty());
        run.wait().unwrap();
    }
}

#[test]
fn a_stopped_task_ends_at_its_timeout() {
    let home = home();
    let mut run = home.start("hangs").unwrap();
    wait_for_pod(run.id());
    let task = children(pods(run.id())[0])[0];
    kill_process(Pid::from_raw(task.cast_signed()).unwrap(), Signal::STOP).unwrap();
    wait_for(&mut run, "task `hangs` timed out after 1s");
    assert_eq!(run.wait().unwrap().code(), Some(1));
}

/// Waits until the task of the first pod of a run has started.
fn wait_for_pod(run: u32) {
    until("the task has started", || {
        let task = pods(run).first().and_then(|pod| children(*pod).first().copied());
        // Its standard input is no socket any more.
        let stdin = task.and_then(|task| fs::read_link(format!("/proc/{task}/fd/0")).ok());
        stdin.is_some_and(|stdin| stdin.ends_with("null"))
    });
}
