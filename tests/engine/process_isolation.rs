//! Runs on systems other than Linux, where a pod is a process and nothing more. `--process-isolation` runs tasks like that on Linux.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use support::runs::{CERTIFICATE, LOOT, SECRET, children, mask, until, wait_for};

use crate::home;

const OPTION: &str = "--process-isolation";

#[test]
fn a_workflow_runs_with_a_warning_about_what_is_not_private() {
    insta::assert_snapshot!(home().run_with(OPTION, "main"), @"
    exit code 0
    -- stdout
    62
    -- stderr
    warning: other processes of the same user may read the secrets of running tasks
    hint: run the tasks on Linux, where their secrets are private
    main started
      t1 started with my_secret
      t1 succeeded in 0 ms
      t2 started with certs/my_file_secret
      t2 succeeded in 0 ms
    main succeeded in 0 ms
    3 tasks succeeded in 0 ms
    ");
    let finished = crate::without_secrets().run_with(OPTION, "recurse --depth 2");
    assert!(finished.stdout == "2\n" && !finished.stderr.contains("warning: "), "{finished}");
}

#[test]
fn each_pod_has_its_own_secrets_only_but_can_read_the_files_of_others() {
    let home = home();
    let look = |task: &str, value: &str| home.run_with(OPTION, &format!("{task} --masked {}", mask(value)));
    let finished = look("theft", SECRET);
    assert_eq!(finished.stdout, "[]\n", "{finished}");
    let finished = look("theft", LOOT);
    assert!(finished.stdout.contains("its own memory"), "{finished}");
    // What the warning is about. It also shows that the option has an effect.
    let finished = look("theft_beside", CERTIFICATE);
    assert!(finished.stdout.contains("my_file_secret"), "{finished}");
}

#[test]
fn output_is_redacted_and_every_end_of_a_pod_is_reported() {
    let home = home();
    let ends = |way: &str| home.run_with(OPTION, &format!("ends --way {way}"));
    for (way, expected) in [
        ("panic", "error: task `ends` panicked: [REDACTED:my_secret] is wrong\n"),
        ("abort", "error: task `ends` was terminated by SIGABRT\n"),
        ("exit", "error: task `ends` exited with code 7 before it returned a result\n"),
        ("kill", "error: task `ends` was killed (SIGKILL), possibly because it ran out of memory\n"),
    ] {
        let finished = ends(way);
        assert!(finished.code == Some(1) && finished.stderr.ends_with(expected), "{finished}");
    }
    let finished = ends("split");
    assert!(finished.code == Some(0), "{finished}");
    assert!(finished.stderr.contains("ends | [REDACTED:my_secret]\n"), "{finished}");
    let finished = home.run_with(OPTION, "hangs");
    assert!(finished.stderr.ends_with("error: task `hangs` timed out after 1s\n"), "{finished}");
}

#[test]
fn child_processes_are_killed_with_the_process_group_of_their_pod() {
    let finished = home().run_with(OPTION, "leaves_a_child");
    let id = finished.stdout.trim().parse().unwrap();
    until("the child has ended", || !is_running(id));
}

#[test]
fn interrupted_and_killed_runs_leave_no_process_and_no_file() {
    let home = home();
    for signal in [Signal::INT, Signal::KILL] {
        let mut run = home.start_with(OPTION, "waits_for_it").unwrap();
        wait_for(&mut run, "waits | waiting");
        let pods = children(run.id());
        assert_eq!(pods.len(), 2, "{pods:?}");
        // A pod is one process: it does not continue in a child.
        assert!(pods.iter().all(|pod| children(*pod).is_empty()));
        let directory = pods.iter().find_map(|pod| run_directory(*pod)).expect("a pod with a secret file");
        assert!(fs::exists(&directory).unwrap(), "{directory}");
        kill_process(Pid::from_child(&run), signal).unwrap();
        run.wait().unwrap();
        until("its pods have ended", || !pods.iter().any(|pod| is_running(*pod)));
        home.home.run("get secret").unwrap();
        assert!(!fs::exists(&directory).unwrap(), "{directory}");
    }
}

/// Returns whether a process runs. A zombie has no command line.
fn is_running(id: u32) -> bool {
    fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// Returns the directory of the secret files of a pod, if it has any.
fn run_directory(pod: u32) -> Option<String> {
    let environment = String::from_utf8(fs::read(format!("/proc/{pod}/environ")).unwrap()).unwrap();
    let mut variables = environment.split('\0').filter_map(|variable| variable.split_once('='));
    variables.find(|(name, _)| *name == "SEALKIT_MOUNTS").map(|(_, directory)| directory.to_owned())
}
