//! Pods of a cluster that end without an answer of their task: the supervisor writes one.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use rustix::process::{Pid, Signal, kill_process};
use sealkit::{Type, Value};
use sealkit_idl::prost_types::Timestamp;
use support::{Finished, runs::children};

use crate::pod::{error, output, pod_of, text, write_inputs};

const PODS: &str = env!("CARGO_BIN_EXE_pods");

/// Runs a task with one input in a pod, and returns its error.
fn ended(task: &str, inputs: &[(&str, (Type, Value))], variables: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), inputs);
    let mut pod = pod_of(PODS, directory.path(), task).env("_UNION_MY_SECRET", "Zx81-Spectrum-48K");
    for (name, value) in variables {
        pod = pod.env(name, value);
    }
    error(directory.path(), &pod.run().unwrap())
}

#[test]
fn every_exit_code_is_an_answer() {
    for code in 0..=255_i32 {
        let expected = match code {
            0 => "exited without returning a result".to_owned(),
            _ => format!("exited with code {code} before it returned a result"),
        };
        let inputs = [("code", (Type::Integer, Value::Integer(code.into())))];
        assert_eq!(ended("exits", &inputs, &[]), format!("ended Recoverable User: task `exits` {expected}"));
    }
}

#[test]
fn every_way_to_end_is_an_answer() {
    for (way, expected) in [
        ("abort", "was terminated by SIGABRT"),
        ("memory", "was terminated by SIGABRT"),
        ("overflow", "was terminated by SIGABRT"),
        ("kill", "was killed (SIGKILL), possibly because it ran out of memory"),
    ] {
        let error = ended("ends", &[("way", text(way))], &[]);
        assert_eq!(error, format!("ended Recoverable User: task `ends` {expected}"), "{way}");
    }
}

#[test]
fn a_program_that_ends_before_its_task_starts_is_an_answer() {
    let error =
        |how: &str| ended("t1", &[], &[("BEFORE_MAIN", how), ("SEALKIT_TASK_TIMEOUT_SECONDS", "1.5")]);
    assert_eq!(
        error("panic"),
        "ended Recoverable User: task `t1` exited with code 101 before it returned a result"
    );
    assert_eq!(error("return"), "ended Recoverable User: task `t1` exited without returning a result");
    assert_eq!(error("hang"), "timeout Recoverable User: task `t1` timed out after 1.5s");
}

#[test]
fn the_time_limits_of_the_first_task_of_a_run_count_from_the_start_of_the_run() {
    let run = |task: &str, seconds, action: &str| {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), &[]);
        let start = SystemTime::now() - Duration::from_secs(seconds);
        let pod = pod_of(PODS, directory.path(), task).args("--name").arg(action).args("--run-start-time");
        let finished = pod.arg(Timestamp::from(start).to_string()).run().unwrap();
        let succeeded = directory.path().join("outputs/outputs.pb").exists();
        if succeeded { "succeeded".to_owned() } else { error(directory.path(), &finished) }
    };
    let late = run("late", 0, "a0");
    assert_eq!(late, "timeout NonRecoverable User: task `late` exceeded its deadline of 300ms");
    let impatient = run("impatient", 90, "a0");
    let expected = "timeout NonRecoverable User: task `impatient` did not start within 60s\n";
    assert!(impatient.starts_with(expected), "{impatient}");
    let impatient = run("impatient", 4000, "a0");
    assert_eq!(impatient, "timeout NonRecoverable User: task `impatient` exceeded its deadline of 3600s");
    assert_eq!(run("impatient", 5, "a0"), "succeeded");
    // Callers enforce the limits of the tasks that they call.
    assert_eq!(run("impatient", 4000, "a1"), "succeeded");
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_task_that_runs_out_of_the_memory_of_its_cgroup_is_an_answer() {
    let Some(cgroup) = MemoryCgroup::create(64 << 20) else { return };
    let directory = tempfile::tempdir().unwrap();
    let launcher = format!("echo $$ > {} && exec \"$@\"", cgroup.0.join("cgroup.procs").display());
    let child = start(directory.path(), "fills_memory", &["sh", "-c", &launcher, "sh"]);
    let error = finish(directory.path(), child);
    let expected = "was killed (SIGKILL), possibly because it ran out of memory";
    assert_eq!(error, format!("ended Recoverable User: task `fills_memory` {expected}"));
}

/// A control group with limited memory, below that of this process.
struct MemoryCgroup(PathBuf);

impl MemoryCgroup {
    /// Returns `None` on a machine that delegates no control group to this process.
    fn create(limit: u64) -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap();
        let line = |prefix: &str| groups.lines().find_map(|line| line.split_once(prefix));
        let (root, file, group) = match line(":memory:") {
            Some((_, group)) => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", group),
            None => ("/sys/fs/cgroup", "memory.max", line("0::")?.1),
        };
        let name = format!("sealkit-test-{}", std::process::id());
        let group = Self(Path::new(root).join(group.trim_start_matches('/')).join(name));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join(file), limit.to_string()).ok()?;
        // Swap is limited by another file, which is missing where there is none.
        let _ = fs::write(group.0.join("memory.swap.max"), "0");
        Some(group)
    }
}

impl Drop for MemoryCgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_task_ends_at_its_timeout() {
    assert_eq!(ended("hangs", &[], &[]), "timeout Recoverable User: task `hangs` timed out after 1s");
    let started = Instant::now();
    let stubborn = ended("ignores_sigterm", &[], &[]);
    assert_eq!(stubborn, "timeout Recoverable User: task `ignores_sigterm` timed out after 1s");
    assert!(started.elapsed() > Duration::from_secs(30), "it has to get time to end");
}

#[test]
fn processes_that_a_task_leaves_behind_do_not_hold_its_output_open() {
    for way in ["leave", "fork"] {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), &[("way", text(way))]);
        // The end of the output is waited for, and the processes sleep for a quarter of an hour.
        let pod = pod_of(PODS, directory.path(), "ends").env("_UNION_MY_SECRET", "Zx81-Spectrum-48K");
        assert_eq!(pod.run().unwrap().to_string(), "exit code 0\n", "{way}");
        assert_eq!(output(directory.path()), Value::String("ended".to_owned()));
    }
}

#[test]
fn the_error_of_an_earlier_pod_of_the_same_attempt_is_deleted() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[("way", text("well"))]);
    let pod = || pod_of(PODS, directory.path(), "ends").env("_UNION_MY_SECRET", "Zx81-Spectrum-48K");
    fs::create_dir(directory.path().join("outputs")).unwrap();
    fs::write(directory.path().join("outputs/error.pb"), b"").unwrap();
    assert_eq!(pod().run().unwrap().to_string(), "exit code 0\n");
    assert_eq!(output(directory.path()), Value::String("ended".to_owned()));
}

/// Starts a pod that sleeps, in the background.
fn start(directory: &Path, task: &str, launcher: &[&str]) -> Child {
    write_inputs(directory, &[]);
    let mut words = launcher.iter().copied().chain([PODS]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["execute", "--task", task, "--inputs"]).arg(directory.join("inputs.pb"));
    command.arg("--outputs-path").arg(directory.join("outputs"));
    command.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").env("_UNION_MY_FILE_SECRET", "Zx81-Spectrum-48K");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap()
}

/// Waits for the process of the task to run, and returns it.
fn task_of(supervisor: u32) -> Pid {
    loop {
        if let Some(task) = children(supervisor).first() {
            // The task has started a while after the fork.
            thread::sleep(Duration::from_millis(200));
            return Pid::from_raw((*task).cast_signed()).unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn finish(directory: &Path, mut child: Child) -> String {
    let code = child.wait().unwrap().code();
    error(directory, &Finished { code, stdout: String::new(), stderr: String::new() })
}

#[test]
fn signals_are_passed_on_and_a_killed_or_stopped_task_is_an_answer() {
    let signalled = |signal: Signal, is_for_task: bool, task: &str| {
        let directory = tempfile::tempdir().unwrap();
        let child = start(directory.path(), task, &[]);
        let process = task_of(child.id());
        let target = if is_for_task { process } else { Pid::from_child(&child) };
        kill_process(target, signal).unwrap();
        finish(directory.path(), child)
    };
    let waits = |text: &str| format!("ended Recoverable User: task `waits` {text}");
    assert_eq!(signalled(Signal::TERM, false, "waits"), waits("was terminated by SIGTERM"));
    // Not SIGINT: a test that runs in the background of a shell ignores it, and so does its pod.
    assert_eq!(signalled(Signal::USR1, false, "waits"), waits("was terminated by SIGUSR1"));
    assert_eq!(signalled(Signal::ABORT, true, "waits"), waits("was terminated by SIGABRT"));
    let killed = "was killed (SIGKILL), possibly because it ran out of memory";
    assert_eq!(signalled(Signal::KILL, true, "waits"), waits(killed));
    let stopped = signalled(Signal::STOP, true, "hangs");
    assert_eq!(stopped, "timeout Recoverable User: task `hangs` timed out after 1s");
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn the_first_process_of_a_container_passes_signals_on_and_writes_the_answer() {
    let directory = tempfile::tempdir().unwrap();
    // The kernel ignores signals for this process, unless it waits for them.
    let child = start(directory.path(), "waits", &["unshare", "--pid", "--fork", "--kill-child"]);
    let first = task_of(child.id());
    task_of(first.as_raw_nonzero().get().cast_unsigned());
    kill_process(first, Signal::TERM).unwrap();
    let error = finish(directory.path(), child);
    assert_eq!(error, "ended Recoverable User: task `waits` was terminated by SIGTERM");
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn the_supervisor_is_small() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = start(directory.path(), "waits", &[]);
    task_of(child.id());
    let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", child.id())).unwrap();
    // Clean pages are those of the program file.
    let dirty = memory.lines().find_map(|line| line.strip_prefix("Private_Dirty:")).unwrap();
    let kibibytes: u64 = dirty.split_whitespace().next().unwrap().parse().unwrap();
    assert!(kibibytes < 2048, "{memory}");
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
}
