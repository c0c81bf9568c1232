//! Isolation of pods: a task has its own secrets only, no other process sees them, and no trace of them remains.

use std::{
    collections::BTreeMap,
    env, fs,
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt, net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use sealkit_protocol::{
    Answer, Query, frame,
    query::{self, Question},
};
use support::runs::{CERTIFICATE, LOOT, SECRET, children, mask, until, wait_for};

use crate::home;

#[test]
fn a_task_cannot_find_the_secret_of_another_task() {
    let home = home();
    let look = |task: &str, value: &str| home.run(&format!("{task} --masked {}", mask(value)));
    let finished = look("theft", SECRET);
    assert_eq!(finished.stdout, "[]\n", "{finished}");
    // Also while the other task has its secret as a file.
    let finished = look("theft_beside", CERTIFICATE);
    assert_eq!(finished.stdout, "[]\n", "{finished}");
    // The search works: the thief finds its own secret.
    let finished = look("theft", LOOT);
    assert!(finished.stdout.contains("its own memory"), "{finished}");
}

/// Returns all pods of the program and their parents.
fn pods() -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else { continue };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.starts_with(env!("CARGO_BIN_EXE_pods"))
            && [" execute ", " answer "].iter().any(|part| line.contains(part))
        {
            found.insert(id, line);
        }
    }
    found
}

/// Returns the directories of all runs.
pub(crate) fn run_directories() -> Vec<PathBuf> {
    let user = format!("/dev/shm/sealkit-{}", rustix::process::geteuid().as_raw());
    let entries = fs::read_dir(user).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("run-")).collect()
}

#[test]
fn an_interrupted_run_terminates_its_pods() {
    let home = home();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut child = home.start("waits_for_it").unwrap();
        wait_for(&mut child, "waits | waiting");
        let mine = support::runs::pods(child.id());
        assert_eq!(mine.len(), 2, "{mine:?}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(128 + signal.as_raw()));
        until("its pods have ended", || pods().keys().all(|pod| !mine.contains(pod)));
    }
}

#[test]
fn an_interrupted_run_of_ten_thousand_spawned_calls_leaves_no_pods() {
    let home = home();
    let mut child = home.start("spawns --width 10000").unwrap();
    wait_for(&mut child, "add_one[50] succeeded");
    let mine = support::runs::pods(child.id());
    // The workflow, and a bounded number of the called tasks.
    assert!((1..64).contains(&mine.len()), "{mine:?}");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    until("its pods have ended", || pods().keys().all(|pod| !mine.contains(pod)));
}

#[test]
fn the_pods_of_a_killed_engine_die_and_the_next_command_cleans_up() {
    let home = home();
    let kills = env::var("SEALKIT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut random = fastrand::Rng::new();
    for _ in 0..kills {
        let mut child = home.start("waits_for_it").unwrap();
        let mut mine = Vec::new();
        // Sometimes before any pod has started, sometimes after all have.
        if random.bool() {
            wait_for(&mut child, "waits | waiting");
            mine = support::runs::pods(child.id());
        } else {
            thread::sleep(Duration::from_millis(random.u64(..30)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        until("no pod is left", || pods().keys().all(|pod| !mine.contains(pod)));
    }
    home.home.run("get secret").unwrap();
    // The runs of other tests continue.
    until("nothing is left", || run_directories().iter().all(|path| is_locked(path)));
}

#[test]
fn what_a_task_has_started_dies_with_a_killed_engine() {
    let home = home();
    let marker = format!("{}", 100_000 + std::process::id());
    let mut child = home.start(&format!("starts_a_daemon --seconds {marker}")).unwrap();
    wait_for(&mut child, "starts_a_daemon | started");
    let is_running = || {
        let lines =
            fs::read_dir("/proc").unwrap().flatten().map(|entry| fs::read(entry.path().join("cmdline")));
        lines.flatten().any(|line| line == format!("sleep\0{marker}\0").as_bytes())
    };
    until("the daemon runs", is_running);
    child.kill().unwrap();
    child.wait().unwrap();
    until("the daemon has ended", || !is_running());
}

/// Returns whether the run of this directory continues.
fn is_locked(path: &std::path::Path) -> bool {
    use rustix::fs::{FlockOperation, flock};
    fs::File::open(path.join("alive"))
        .is_ok_and(|alive| flock(&alive, FlockOperation::NonBlockingLockExclusive).is_err())
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn another_process_of_the_same_user_never_sees_a_secret_of_a_run() {
    const UNPRIVILEGED: u32 = 65_534;
    let home = home();
    // Copied to where another user can execute it.
    let place = |name: &str, path: &str| {
        let copy = home.home.path().join(name);
        fs::copy(path, &copy).unwrap();
        copy
    };
    let (command, pods) = (place("sealkit", home.home.command()), place("pods", env!("CARGO_BIN_EXE_pods")));
    let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(home.home.path()).status().unwrap();
    assert!(owned.success());
    let mut spy = Command::new(&pods);
    spy.args(["run", "spy", "--program"]).arg(&pods).arg("--command").arg(&command);
    spy.args(["--secret", SECRET, "--file", CERTIFICATE]);
    spy.uid(UNPRIVILEGED).gid(UNPRIVILEGED).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut spy = spy.spawn().unwrap();
    for _ in 0..20 {
        let mut run = Command::new(&command);
        run.arg("run").arg(&pods).args(["main"]).env_clear().env("HOME", home.home.path());
        let finished = run.env("PATH", "/usr/bin:/bin").uid(UNPRIVILEGED).gid(UNPRIVILEGED).output().unwrap();
        assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    }
    drop(spy.stdin.take());
    let seen = spy.wait_with_output().unwrap();
    let seen = String::from_utf8(seen.stdout).unwrap();
    let [pods, runs, roots, finds] = seen.trim().trim_matches(['[', ']']).split(',').collect::<Vec<_>>()[..]
    else {
        panic!("{seen}");
    };
    eprintln!(
        "{pods} looks into pods, {runs} looks into runs, {roots} looks into root directories, {finds} finds"
    );
    let is_positive = |count: &str| count.parse::<usize>().unwrap() > 0;
    assert!(pods.parse::<usize>().unwrap() > 100 && is_positive(runs) && is_positive(roots), "{seen}");
    assert_eq!(finds, "0");
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_program_that_answers_the_command_protects_its_memory() {
    const UNPRIVILEGED: u32 = 65_534;
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(directory.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    // Copied to where another user can execute it.
    let program = directory.path().join("pods");
    fs::copy(env!("CARGO_BIN_EXE_pods"), &program).unwrap();
    let (socket, other) = UnixStream::pair().unwrap();
    let mut command = Command::new(&program);
    command.arg(query::COMMAND).env_clear().env("SEALKIT_ENGINE", "1").uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    let mut child = command.stdin(OwnedFd::from(other)).spawn().unwrap();
    drop(command);
    // It has protected itself before it answers.
    frame::write(&socket, &Query::new(Question::Describe(()))).unwrap();
    assert!(frame::read::<Answer>(&socket).unwrap().is_some());
    // The files of a process that may not be read belong to root.
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    assert_eq!(fs::metadata(process.join("mem")).unwrap().uid(), 0);
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert!(line.trim_start().starts_with("0 "), "{line}");
    drop(socket);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_run_and_its_pods_leave_no_core_files_unless_they_may_be_debugged() {
    let home = home();
    for options in [&[][..], &["--debuggable"]] {
        let mut command = Command::new("sh");
        // The soft limit of the tests may be 0.
        command.args(["-c", "ulimit -S -c $(ulimit -H -c); exec \"$@\"", "sh", home.home.command(), "run"]);
        command.args(options).args([env!("CARGO_BIN_EXE_pods"), "waits"]);
        command.env("HOME", home.home.path()).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        wait_for(&mut child, "waits | waiting");
        let pods = support::runs::pods(child.id());
        let processes: Vec<u32> = pods.iter().copied().flat_map(children).chain([child.id()]).collect();
        for process in pods.into_iter().chain(processes) {
            let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
            let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
            let [soft, hard, ..] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
            assert_eq!(soft, if options.is_empty() { "0" } else { hard }, "{options:?}");
        }
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_pod_inherits_neither_files_of_the_shell_nor_the_variable_of_a_secret() {
    let home = home();
    let run = |options: &[&str], variable: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", "exec 7</etc/passwd; exec \"$@\"", "sh", home.home.command(), "run"]);
        command.args(options).args([env!("CARGO_BIN_EXE_pods"), "inherits", "--name", variable]);
        let command = command.env("HOME", home.home.path()).env("CI_TOKEN", "x7Kq2vJ8").env("OTHER", "seen");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let options = ["--inherit-env", "--secret", "token=env:CI_TOKEN"];
    assert_eq!(run(&options, "OTHER"), "[\"seen\"]\n");
    assert_eq!(run(&options, "CI_TOKEN"), "[]\n");
}

/// A run writes to its directory, to terminals, to `/dev/null` and to its history only.
#[test]
#[cfg_attr(not(has_strace), ignore = "needs strace")]
fn a_run_writes_no_file_to_a_disk_but_its_history() {
    let strace = support::tool("strace");
    let home = home();
    let log = home.home.path().join("log");
    let traced = home.home.program(strace.to_str().unwrap()).args("-f -qq -e trace=open,openat,creat -o");
    let traced =
        traced.arg(&log).arg(home.home.command()).arg("run").arg(env!("CARGO_BIN_EXE_pods")).arg("main");
    let finished = traced.run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "62\n"), "{finished}");
    let log = fs::read_to_string(log).unwrap();
    let written = log
        .lines()
        .filter(|line| line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT"));
    let written: Vec<&str> = written.filter(|line| !line.contains("= -1")).collect();
    assert!(written.iter().any(|line| line.contains("my_file_secret")), "{written:#?}");
    for line in written {
        let history = [".jsonl\"", ".log\""];
        if line.contains("/.local/state/sealkit/runs/local-")
            && history.iter().any(|file| line.contains(file))
        {
            continue;
        }
        let is_elsewhere = ["\"/dev/shm/", "\"/dev/null\"", "\"/dev/pts/", "\"/dev/tty\"", "\"/dev/ptmx\""];
        assert!(is_elsewhere.iter().any(|place| line.contains(place)), "{line}");
    }
}

#[test]
fn a_pod_inherits_the_usual_variables_and_those_of_the_command_line() {
    let home = home();
    let names = |options: &str| -> Vec<String> {
        let program = home.program(options).arg("surroundings");
        let program =
            program.env("PATH", "/usr/bin:/bin").env("AWS_SECRET_ACCESS_KEY", "x").env("LC_ALL", "C");
        let finished =
            program.env("SEALKIT_KEY_FILE", home.home.path().join(".config/sealkit/key")).run().unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
        let mut names: Vec<String> = serde_json::from_str(&finished.stdout).unwrap();
        names.sort();
        names
    };
    insta::assert_snapshot!(names("--env MINE=1").join(" "), @"ACTION_NAME FLYTE_ATTEMPT_NUMBER FLYTE_INTERNAL_EXECUTION_ID FLYTE_INTERNAL_TASK_NAME FLYTE_SECRETS_DEFAULT_DIR FLYTE_SECRETS_ENV_PREFIX HF_TOKEN HOME LC_ALL MINE PATH RUN_NAME");
    let inherited = names("--inherit-env");
    assert!(inherited.contains(&"AWS_SECRET_ACCESS_KEY".to_owned()), "{inherited:?}");
    // Pods never learn the path of the store's key.
    assert!(!inherited.iter().any(|name| name.starts_with("SEALKIT_")), "{inherited:?}");
    let refused = home.home.run(&format!("run --env FLYTE_X=1 {} t1", env!("CARGO_BIN_EXE_pods"))).unwrap();
    insta::assert_snapshot!(refused, @"
    exit code 2
    -- stderr
    error: cannot set `FLYTE_X` with `--env`: Flyte and sealkit reserve it
    hint: pass a secret with --secret, a domain with --domain
    ");
}
