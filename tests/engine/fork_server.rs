//! The fork server of a program forks pods, and has no variables but theirs.

use std::{fs, os::unix::process::ExitStatusExt as _};

use rustix::process::{Pid, Signal, kill_process};
use support::runs::{LOOT, Runs, children, mask, pods, wait_for};

use crate::home;

/// Returns the subcommand that the program of the first pod of a run was started with.
fn started_with(home: &Runs, options: &str, variable: (&str, &str)) -> String {
    let mut command = home.command(options, "waits");
    let mut run = command.env(variable.0, variable.1).spawn().unwrap();
    wait_for(&mut run, "waits | waiting");
    let line = fs::read_to_string(format!("/proc/{}/cmdline", pods(run.id())[0])).unwrap();
    kill_process(Pid::from_child(&run), Signal::TERM).unwrap();
    run.wait().unwrap();
    line.split('\0').nth(1).unwrap().to_owned()
}

#[test]
fn a_pod_is_forked_unless_it_has_variables_of_its_own_or_may_be_debugged() {
    let home = home();
    let of_file = home.home.path().join("variables.env");
    fs::write(&of_file, "LEVEL=debug\n").unwrap();
    let of_file = format!("--env-file {}", of_file.display());
    let (none, libraries) = (("LEVEL", "info"), ("LD_LIBRARY_PATH", "/opt/lib"));
    for (options, variable) in [
        ("", none),
        ("--env LEVEL=debug", none),
        ("--env LD_LIBRARY_PATH=/opt/lib", none),
        ("--inherit-env", libraries),
        ("--inherit-env", ("=C:", "")),
    ] {
        assert_eq!(started_with(&home, options, variable), "answer", "{options}, {variable:?}");
    }
    // Libraries may read variables before the fork.
    for (options, variable) in
        [("", libraries), (&*of_file, none), ("--debuggable", none), ("--process-isolation", none)]
    {
        assert_eq!(started_with(&home, options, variable), "execute", "{options}, {variable:?}");
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
