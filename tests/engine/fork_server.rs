//! Pods are forked by a process of the program, which knows nothing of them.

use std::{fs, os::unix::process::ExitStatusExt as _};

use rustix::process::{Pid, Signal, kill_process};
use support::runs::{LOOT, children, mask, pods, wait_for};

use crate::home;

/// Returns the subcommand that the program of the first pod of a run was started with.
fn started_with(options: &str) -> String {
    let home = home();
    let mut run = home.start_with(options, "waits").unwrap();
    wait_for(&mut run, "waits | waiting");
    let line = fs::read_to_string(format!("/proc/{}/cmdline", pods(run.id())[0])).unwrap();
    kill_process(Pid::from_child(&run), Signal::TERM).unwrap();
    run.wait().unwrap();
    line.split('\0').nth(1).unwrap().to_owned()
}

#[test]
fn a_pod_is_forked_unless_its_libraries_read_other_variables_or_it_may_be_debugged() {
    for options in ["", "--env LEVEL=debug", "--inherit-env"] {
        assert_eq!(started_with(options), "answer", "{options}");
    }
    for options in ["--env LD_LIBRARY_PATH=/opt/lib", "--debuggable", "--process-isolation"] {
        assert_eq!(started_with(options), "execute", "{options}");
    }
}

#[test]
fn the_memory_of_a_pod_has_no_variables_that_it_does_not_inherit() {
    let home = home();
    let theft = |value: &str, options: &str| {
        let run = home.program(options).args(&format!("theft --masked {}", mask(value)));
        run.env("CANARY", "c4nary-of-the-mine").run().unwrap()
    };
    let finished = theft("c4nary-of-the-mine", "");
    assert_eq!(finished.stdout, "[]\n", "{finished}");
    // The search works.
    let finished = theft("c4nary-of-the-mine", "--inherit-env");
    assert!(finished.stdout.contains("CANARY"), "{finished}");
    let finished = theft(LOOT, "");
    assert!(finished.stdout.contains("its own memory"), "{finished}");
}

#[test]
fn a_run_goes_on_if_its_fork_server_is_killed_or_stopped() {
    for signal in [Signal::KILL, Signal::STOP] {
        let home = home();
        let mut run = home.start("fan_out --width 100").unwrap();
        wait_for(&mut run, "add_one[10] succeeded");
        let pods = pods(run.id());
        let server = children(run.id()).into_iter().find(|id| !pods.contains(id)).unwrap();
        kill_process(Pid::from_raw(server.cast_signed()).unwrap(), signal).unwrap();
        let status = run.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(0), None), "{signal:?}");
    }
}
