//! `sealkit run`: every task in a process of its own, with exactly its own secrets.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use support::{Finished, Home, Terminal};

const SECRET: &str = "Zx81-Spectrum-48K";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nkJ8vQ2mZ7xT4wP9n\n";
const LOOT: &str = "k3Jq-71xT/wPz";

/// A home with the secrets of the tasks.
fn home() -> Home {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (line, value) in [
        ("my_secret", SECRET),
        ("my_file_secret --group certs", CERTIFICATE),
        ("loot", LOOT),
        ("token", "t0k3n-of-hub"),
    ] {
        let created = home.sealkit("create secret -f -").args(line).input(value).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    home
}

/// Runs a task; times are all one.
fn run(home: &Home, line: &str) -> Finished {
    run_with(home, "", line)
}

fn run_with(home: &Home, options: &str, line: &str) -> Finished {
    let program = home.sealkit("run").args(options).arg(env!("CARGO_BIN_EXE_pods")).args(line);
    let mut finished = program.env("PATH", env::var_os("PATH").unwrap_or_default()).run().unwrap();
    assert!(!finished.to_string().contains(SECRET), "{finished}");
    finished.stderr = without_times(&finished.stderr);
    finished
}

/// Every `12 ms` and `1.2 s` as the same.
fn without_times(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let unit = words[at].trim_end_matches([':', ',', '\n']).lines().next().unwrap_or_default().to_owned();
        let unit = unit.trim_end_matches([':', ',']);
        if matches!(unit, "ms" | "s") && words[at - 1].parse::<f64>().is_ok() {
            words[at - 1] = String::from("0");
            words[at] = words[at].replacen(unit, "ms", 1);
        }
    }
    words.join(" ")
}

#[test]
fn a_workflow_runs_its_tasks_as_pods_with_their_secrets() {
    insta::assert_snapshot!(run(&home(), "main"), @"
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
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let tools = |name: &str, folder: &str| {
        env::var_os(name).unwrap_or_else(|| PathBuf::from(env::var_os("HOME").unwrap()).join(folder).into())
    };
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let sealkit = |line: &str| {
        let program = home.sealkit(line).env("PATH", env::var_os("PATH").unwrap());
        program
            .env("CARGO_HOME", tools("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", tools("RUSTUP_HOME", ".rustup"))
    };
    let source = |name: &str| format!("{root}/examples/{name}.rs");
    insta::assert_snapshot!(sealkit("run").arg(source("using_secrets")).arg("main").run().unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` (task `t1`) was not found: nothing was started
    hint: create what is missing: sealkit create secret my_secret
    ");
    sealkit("create secret my_secret -f -").input(SECRET).run().unwrap();
    let finished = sealkit("run").arg(source("using_secrets")).arg("main").run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "17\n"), "{finished}");

    let file = home.path().join("certificate");
    fs::write(&file, CERTIFICATE).unwrap();
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
    exit code 1
    -- stderr
    error: `ROOT/examples/using_secretz.rs`: No such file or directory
    hint: TARGET is a source file, the name of a target, or the path of a program
    ");
}

#[test]
fn a_task_finds_nothing_of_another_ones_secret() {
    let home = home();
    let masked = |value: &str| -> String {
        value.bytes().map(|byte| (byte ^ 0xa5).to_string()).collect::<Vec<_>>().join(".")
    };
    let look = |value: &str| run(&home, &format!("theft --masked {}", masked(value)));
    let finished = look(SECRET);
    assert_eq!(finished.stdout, "[]\n", "{finished}");
    // The thief is no fool: what it was given itself it finds.
    let finished = look(LOOT);
    assert!(finished.stdout.contains("its own memory"), "{finished}");
}

#[test]
fn however_a_task_ends_is_told_and_nothing_leaks_or_hangs() {
    let home = home();
    let ends = |way: &str| {
        let started = Instant::now();
        let finished = run(&home, &format!("ends --way {way}"));
        assert!(started.elapsed() < Duration::from_secs(20), "{way} takes {:?}", started.elapsed());
        finished
    };
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
    error: task `ends` was ended by SIGABRT
    ");
    insta::assert_snapshot!(ends("exit"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` ended with exit code 7 before it answered
    ");
    insta::assert_snapshot!(ends("kill"), @"
    exit code 1
    -- stderr
    ends started with my_secret
    ends failed in 0 ms
    1 task failed in 0 ms
    error: task `ends` was killed (SIGKILL): perhaps it took more memory than there is
    ");
    let hungry = ends("memory").to_string();
    assert!(
        hungry.contains("memory allocation of")
            && hungry.ends_with("error: task `ends` was ended by SIGABRT\n")
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
    // Not even what has left its group is left.
    assert_eq!(sleepers(), 0);
    let flood = ends("flood");
    assert_eq!(flood.stdout, "\"ended\"\n");
    assert_eq!(flood.stderr.matches("x[REDACTED:my_secret]\n").count(), 20_000);
    insta::assert_snapshot!(run(&home, "hangs"), @"
    exit code 1
    -- stderr
    hangs started
    hangs failed in 0 ms
    1 task failed in 0 ms
    error: task `hangs` took longer than 1s
    ");
}

/// How many processes sleep for so long as those that `ends` leaves behind.
fn sleepers() -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.starts_with(b"sleep\x001000\0")).count()
}

#[test]
fn what_fails_is_tried_again_as_often_as_it_says() {
    let home = home();
    let retried = |until: usize| {
        let count = home.path().join(format!("count-{until}"));
        let finished = run(&home, &format!("retried --until {until} --count {}", count.display()));
        finished.to_string().replace(home.path().to_str().unwrap(), "~")
    };
    insta::assert_snapshot!(retried(2), @"
    exit code 0
    -- stdout
    2
    -- stderr
    retried started
    retried failed in 0 ms, and is tried again: task `retried` failed: not yet
    retried started, try 2
    retried succeeded in 0 ms
    1 task succeeded in 0 ms
    ");
    insta::assert_snapshot!(retried(9), @"
    exit code 1
    -- stderr
    retried started
    retried failed in 0 ms, and is tried again: task `retried` failed: not yet
    retried started, try 2
    retried failed in 0 ms, and is tried again: task `retried` failed: not yet
    retried started, try 3
    retried failed in 0 ms, and is tried again: task `retried` failed: not yet
    retried started, try 4
    retried failed in 0 ms
    1 task failed in 0 ms
    error: task `retried` failed: not yet
    ");
}

#[test]
fn tasks_call_tasks_and_their_errors_come_back() {
    let home = home();
    let finished = run(&home, "on_threads");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "68\n"), "{finished}");
    for way in ["exit", "panic", "none"] {
        let finished = run(&home, &format!("asks_a_failing_one --way {way}"));
        assert_eq!(finished.code, Some(0), "{finished}");
        let expected = match way {
            "exit" => "\"other: task `ends` ended with exit code 7 before it answered\"\n",
            "panic" => "\"other: task `ends` panicked: [REDACTED:my_secret] is wrong\"\n",
            _ => "\"ended\"\n",
        };
        assert_eq!(finished.stdout, expected);
    }
    let finished = run(&home, "recurse --depth 20");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "20\n"), "{finished}");
    let finished = run(&home, "recurse --depth 1000");
    assert!(
        finished.stderr.contains("error: ") && finished.stderr.contains("nested deeper than 64"),
        "{finished}"
    );
    let finished = run(&home, "gives_up");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"given up\"\n"), "{finished}");
}

#[test]
fn a_thousand_calls_at_once_are_a_few_processes() {
    let home = home();
    let width: i64 = env::var("SEALKIT_TEST_CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let mut child = start(&home, &format!("fan_out --width {width}"));
    let id = child.id();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(children(id).len());
        thread::sleep(Duration::from_millis(2));
    }
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(output, format!("{}\n", width * (width + 1) / 2));
    let places = thread::available_parallelism().map_or(2, usize::from) * 2;
    assert!((2..=places + 2).contains(&most), "{most} processes for {places} places");
}

/// `sealkit run` that goes on.
fn start(home: &Home, line: &str) -> Child {
    Command::new(home.command())
        .args(["run", env!("CARGO_BIN_EXE_pods")])
        .args(line.split_whitespace())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// The processes that this one has started and that run.
fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

/// All pods of our program and their parents.
fn pods() -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else { continue };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.starts_with(env!("CARGO_BIN_EXE_pods")) && line.contains(" execute ") {
            found.insert(id, line);
        }
    }
    found
}

/// Waits until what the engine says holds this line.
fn wait_for(child: &mut Child, wanted: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.contains(wanted)) {
            break;
        }
    }
    assert!(lines.iter().any(|line| line.contains(wanted)), "{lines:?}");
    lines
}

fn until(what: &str, is_true: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The directory of a run, from the environment of its pods.
fn run_directories() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("sealkit-run-")).collect()
}

#[test]
fn an_interrupted_run_ends_its_pods_and_leaves_nothing() {
    let home = home();
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = start(&home, "waits_for_it");
        wait_for(&mut child, "waits | waiting");
        let mine = children(child.id());
        assert_eq!(mine.len(), 2, "{mine:?}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        until("its pods have ended", || pods().keys().all(|pod| !mine.contains(pod)));
    }
}

#[test]
fn a_killed_engine_takes_its_pods_with_it_and_the_next_command_cleans_up() {
    let home = home();
    let kills = env::var("SEALKIT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut random = fastrand::Rng::new();
    for _ in 0..kills {
        let mut child = start(&home, "waits_for_it");
        let mut mine = Vec::new();
        // Sometimes before anything has started, sometimes when all has.
        if random.bool() {
            wait_for(&mut child, "waits | waiting");
            mine = children(child.id());
        } else {
            thread::sleep(Duration::from_millis(random.u64(..30)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        until("no pod is left", || pods().keys().all(|pod| !mine.contains(pod)));
    }
    home.run("get secret").unwrap();
    let left: Vec<PathBuf> = run_directories()
        .into_iter()
        .filter(|path| holds(path, CERTIFICATE.as_bytes()) && !is_locked(path))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn holds(path: &PathBuf, needle: &[u8]) -> bool {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            holds(&path, needle)
        } else {
            fs::read(&path).is_ok_and(|content| content == needle)
        }
    })
}

/// Whether the run of this directory goes on: that of another test.
fn is_locked(path: &std::path::Path) -> bool {
    use rustix::fs::{FlockOperation, flock};
    fs::File::open(path.join("alive"))
        .is_ok_and(|alive| flock(&alive, FlockOperation::NonBlockingLockExclusive).is_err())
}

#[test]
fn nothing_starts_before_all_secrets_are_there() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    insta::assert_snapshot!(run(&home, "main"), @"
    exit code 1
    -- stderr
    error: 4 secrets were not found: `my_secret` (task `ends`), `token` (task `surroundings`), `certs/my_file_secret` (task `t2`), `loot` (task `thief`); nothing was started
    hint: create what is missing: sealkit create secret my_secret; sealkit create secret token; sealkit create secret my_file_secret --group certs; sealkit create secret loot
    ");
    insta::assert_snapshot!(run(&home, "t1"), @"
    exit code 1
    -- stderr
    error: secret `my_secret` (task `t1`) was not found: nothing was started
    hint: create what is missing: sealkit create secret my_secret
    ");
    insta::assert_snapshot!(run_with(&home, "--skip-check", "main"), @"
    exit code 1
    -- stderr
    main started
      t1 started with my_secret
      t1 failed in 0 ms: secret `my_secret` of task `t1` was not found
    main failed in 0 ms
    2 tasks failed in 0 ms
    error: task `main` failed: secret `my_secret` of task `t1` was not found
    hint: create it: sealkit create secret my_secret
    ");
    // What no variable can hold.
    let large = "x1y2z3".repeat(30_000);
    for value in [b"\xff\xfe\xfdbinary".as_slice(), b"with\0zero", large.as_bytes()] {
        home.sealkit("create secret token -f -").input(value).run().unwrap();
        insta::allow_duplicates! {
            let told = run(&home, "variable_only").to_string();
            insta::assert_snapshot!(told.replace("is too large for an environment variable", "is not text, which an environment variable cannot hold"), @"
            exit code 1
            -- stderr
            error: secret `token` of task `variable_only` is not text, which an environment variable cannot hold
            hint: request it as a file: mount_requirement = FILE
            ");
        }
        home.run("delete secret token -y").unwrap();
    }
    home.sealkit("create secret token -f -").input(b"\xff\x00binary".as_slice()).run().unwrap();
    insta::assert_snapshot!(run(&home, "surroundings").stdout.contains("HF_TOKEN"), @"true");
}

fn at_terminal(home: &Home, line: &str) -> Terminal {
    let arguments = ["run", env!("CARGO_BIN_EXE_pods")].into_iter().chain(line.split_whitespace());
    let environment = [("HOME", home.path().to_str().unwrap()), ("TERM", "xterm")];
    Terminal::start(home.command(), arguments, &environment, 100).unwrap()
}

#[test]
fn at_a_terminal_pods_have_one_too_and_secrets_are_redacted_there() {
    let (code, seen, _) = at_terminal(&home(), "ends --way terminal").finish().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("[true, true, false] \u{1b}[1m[REDACTED:my_secret]\u{1b}[0m"), "{seen:?}");
    assert!(seen.contains("✔") && seen.contains("\"ended\""), "{seen}");
}

#[test]
fn at_a_terminal_a_missing_secret_is_asked_for_and_stored_if_that_is_wanted() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (answer, stored) in [("n", None), ("y", Some(SECRET.as_bytes().to_vec()))] {
        let mut terminal = at_terminal(&home, "t1");
        let seen = terminal.until("Enter secret value: ").unwrap();
        assert!(seen.contains("task `t1` needs secret `my_secret`"), "{seen}");
        assert!(!terminal.echoes().unwrap());
        terminal.send(&format!("{SECRET}\n")).unwrap();
        terminal.until("Store it as `my_secret`, for the next time?").unwrap();
        terminal.send(&format!("{answer}\n")).unwrap();
        let (code, seen, _) = terminal.finish().unwrap();
        assert_eq!(code, Some(0), "{seen}");
        assert!(seen.ends_with("17\n") && !seen.contains(SECRET), "{seen}");
        assert_eq!(home.stored("my_secret").unwrap(), stored);
    }
}

#[test]
fn another_process_of_the_same_user_sees_no_secret_from_the_start_of_a_pod_to_its_end() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let home = home();
    // Where another user can reach it.
    let place = |name: &str, path: &str| {
        let copy = home.path().join(name);
        fs::copy(path, &copy).unwrap();
        copy
    };
    let (command, pods) = (place("sealkit", home.command()), place("pods", env!("CARGO_BIN_EXE_pods")));
    let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(home.path()).status().unwrap();
    assert!(owned.success());
    let mut spy = Command::new(env!("CARGO_BIN_EXE_pods"));
    spy.args(["run", "spy", "--program"]).arg(&pods).args(["--secret", SECRET]);
    let mut spy =
        spy.uid(NOBODY).gid(NOBODY).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    if spy.is_err() {
        // It cannot be started where it is.
        let mut there = Command::new(&pods);
        there.args(["run", "spy", "--program"]).arg(&pods).args(["--secret", SECRET]);
        spy = there.uid(NOBODY).gid(NOBODY).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    }
    let mut spy = spy.unwrap();
    for _ in 0..20 {
        let mut run = Command::new(&command);
        run.arg("run").arg(&pods).args(["t1"]).env_clear().env("HOME", home.path());
        let finished = run.env("PATH", "/usr/bin:/bin").uid(NOBODY).gid(NOBODY).output().unwrap();
        assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    }
    drop(spy.stdin.take());
    let seen = spy.wait_with_output().unwrap();
    let seen = String::from_utf8(seen.stdout).unwrap();
    let [looks, finds] = seen.trim().trim_matches(['[', ']']).split(',').collect::<Vec<_>>()[..] else {
        panic!("{seen}");
    };
    eprintln!("{looks} looks into pods, {finds} finds");
    assert!(looks.parse::<usize>().unwrap() > 100, "{seen}");
    assert_eq!(finds, "0");
}

#[test]
fn secrets_that_are_files_are_in_memory_and_private() {
    use std::os::unix::fs::MetadataExt;
    let home = home();
    let mut child = start(&home, "waits");
    wait_for(&mut child, "waits | waiting");
    let files = |path: &PathBuf| -> Vec<PathBuf> {
        let mut folders = vec![path.clone()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        found
    };
    let mine = run_directories().into_iter().flat_map(|run| files(&run));
    let mine: Vec<PathBuf> =
        mine.filter(|path| fs::read(path).is_ok_and(|content| content == CERTIFICATE.as_bytes())).collect();
    assert!(!mine.is_empty());
    for path in mine {
        let found = fs::metadata(&path).unwrap();
        assert_eq!(found.mode() & 0o777, 0o400, "{}", path.display());
        assert_eq!(
            rustix::fs::statfs(&path).unwrap().f_type,
            0x0102_1994,
            "{} is not on a tmpfs",
            path.display()
        );
        for folder in path.ancestors().skip(1).take_while(|folder| !folder.ends_with("shm")) {
            let mode = fs::metadata(folder).unwrap().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{}", folder.display());
        }
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
}

/// Nothing is written but below the directory of the run, to terminals and to nowhere.
#[test]
fn no_file_of_a_run_is_on_a_disk() {
    let Some(strace) = support::tool("strace") else { return };
    let home = home();
    let log = home.path().join("log");
    let traced = home.program(strace.to_str().unwrap()).args("-f -qq -e trace=open,openat,creat -o");
    let traced = traced.arg(&log).arg(home.command()).arg("run").arg(env!("CARGO_BIN_EXE_pods")).arg("main");
    let finished = traced.run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "62\n"), "{finished}");
    let log = fs::read_to_string(log).unwrap();
    let written = log
        .lines()
        .filter(|line| line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT"));
    let written: Vec<&str> = written.filter(|line| !line.contains("= -1")).collect();
    assert!(written.iter().any(|line| line.contains("my_file_secret")), "{written:#?}");
    for line in written {
        let is_elsewhere = ["\"/dev/shm/", "\"/dev/null\"", "\"/dev/pts/", "\"/dev/tty\"", "\"/dev/ptmx\""];
        assert!(is_elsewhere.iter().any(|place| line.contains(place)), "{line}");
    }
}

#[test]
fn values_for_one_run_come_from_a_file_a_variable_or_standard_input() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let file = home.path().join("value");
    fs::write(&file, "1234567").unwrap();
    let sealkit = |place: &str| {
        let program = home.sealkit("run --secret").arg(format!("my_secret={place}"));
        let program = program.arg(env!("CARGO_BIN_EXE_pods")).arg("t1").input("12345678");
        program.env("VALUE", "123456").run().unwrap()
    };
    for (place, length) in
        [(format!("@{}", file.display()), "7\n"), ("env:VALUE".into(), "6\n"), ("-".into(), "8\n")]
    {
        let finished = sealkit(&place);
        assert_eq!((finished.code, &*finished.stdout), (Some(0), length), "{finished}");
    }
    insta::assert_snapshot!(sealkit("k3Jq-71xT"), @"
    exit code 2
    -- stderr
    error: `--secret my_secret=…` says no place: a value is not taken here
    hint: write --secret NAME=@FILE, NAME=env:VARIABLE or NAME=- for standard input; a group is GROUP/NAME
    ");
    insta::assert_snapshot!(sealkit("env:ABSENT"), @"
    exit code 1
    -- stderr
    error: the environment variable `ABSENT` is not set
    ");
}

#[test]
fn a_pod_sees_what_programs_need_of_the_environment_and_what_it_is_given() {
    let home = home();
    let names = |options: &str| -> Vec<String> {
        let program = home.sealkit("run").args(options).arg(env!("CARGO_BIN_EXE_pods")).arg("surroundings");
        let program =
            program.env("PATH", "/usr/bin:/bin").env("AWS_SECRET_ACCESS_KEY", "x").env("LC_ALL", "C");
        let finished =
            program.env("SEALKIT_KEY_FILE", home.path().join(".config/sealkit/key")).run().unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
        let mut names: Vec<String> = serde_json::from_str(&finished.stdout).unwrap();
        names.sort();
        names
    };
    insta::assert_snapshot!(names("--env MINE=1").join(" "), @"ACTION_NAME FLYTE_ATTEMPT_NUMBER FLYTE_INTERNAL_EXECUTION_ID FLYTE_INTERNAL_TASK_NAME FLYTE_SECRETS_DEFAULT_DIR FLYTE_SECRETS_ENV_PREFIX HF_TOKEN HOME LC_ALL MINE PATH RUN_NAME");
    let inherited = names("--inherit-env");
    assert!(inherited.contains(&"AWS_SECRET_ACCESS_KEY".to_owned()), "{inherited:?}");
    // The key of the store is nobody's business.
    assert!(!inherited.iter().any(|name| name.starts_with("SEALKIT_")), "{inherited:?}");
    let refused = home.run(&format!("run --env FLYTE_X=1 {} t1", env!("CARGO_BIN_EXE_pods"))).unwrap();
    assert_eq!(refused.code, Some(2), "{refused}");
}
