//! Secret files of pods: no other process sees them, or the command says so.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::PathBuf,
    process::Command,
};

use rustix::process::{Pid, Signal, kill_process};
use support::runs::{CERTIFICATE, Runs, children, pods, wait_for};

use crate::{home, isolation::run_directories};

const UNPRIVILEGED: u32 = 65_534;
const CANNOT_HIDE: &str = "warning: other processes of your user can read the secrets that are mounted as files: this system lets no \
                           process hide them: ";

/// Returns a home directory of another user, with copies of the command and the program that it can execute.
fn home_of_another_user() -> Runs {
    let home = home();
    let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(home.home.path()).status().unwrap();
    assert!(owned.success());
    for (name, path) in [("sealkit", home.home.command()), ("pods", env!("CARGO_BIN_EXE_pods"))] {
        fs::copy(path, home.home.path().join(name)).unwrap();
    }
    home
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn secret_files_are_in_memory_and_visible_to_their_pod_only() {
    let home = home();
    let mut child = home.start("waits").unwrap();
    wait_for(&mut child, "waits | waiting");
    let [waiting] = pods(child.id())[..] else { panic!("not one child") };
    let [pod] = children(waiting)[..] else { panic!("not one pod") };
    let inside = PathBuf::from(format!("/proc/{pod}/root"));
    let files = |root: PathBuf| -> Vec<PathBuf> {
        let (mut folders, mut found) = (vec![root], Vec::new());
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).is_ok_and(|content| content == CERTIFICATE.as_bytes()) {
                    found.push(path);
                }
            }
        }
        found
    };
    let runs = || run_directories().into_iter().map(|run| run.strip_prefix("/").unwrap().to_owned());
    assert_eq!(
        runs().flat_map(|run| files(PathBuf::from("/").join(run))).collect::<Vec<_>>(),
        [] as [PathBuf; 0]
    );
    let found: Vec<PathBuf> = runs().flat_map(|run| files(inside.join(run))).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(fs::metadata(&found[0]).unwrap().mode() & 0o777, 0o400);
    assert_eq!(rustix::fs::statfs(&found[0]).unwrap().f_type, 0x0102_1994, "it is not on a tmpfs");
    for folder in found[0].ancestors().skip(1).take_while(|folder| !folder.ends_with("shm")) {
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o077, 0, "{}", folder.display());
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_run_says_that_secret_files_are_visible_and_keeps_its_user_where_namespaces_have_no_users() {
    let home = home_of_another_user();
    let run = |restriction: &str, task: &str| {
        let mut command = Command::new("unshare");
        let line = format!(
            "{restriction} && cd \"$HOME\" && exec setpriv --reuid 65534 --regid 65534 --clear-groups ./sealkit run ./pods {task}"
        );
        command.args(["--mount", "sh", "-c", &line]).env("HOME", home.home.path());
        let output = command.output().unwrap();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{restriction}: {stdout}{stderr}");
        (stdout, stderr)
    };
    assert!(!run("true", "main").1.contains("warning"));
    for (restriction, reason) in [
        // A new namespace gets no users, so that its processes are `nobody`.
        ("mount --bind -o ro /proc /proc", "Read-only file system"),
        ("mount -t tmpfs none /proc", "No such file or directory"),
    ] {
        let (user, stderr) = run(restriction, "user_with_a_secret_file");
        assert_eq!((&*user, stderr.matches(CANNOT_HIDE).count()), ("65534\n", 1), "{restriction}: {stderr}");
        assert!(stderr.contains(reason), "{restriction}: {stderr}");
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_thread_before_main_that_prevents_hidden_files_is_reported() {
    let home = home_of_another_user();
    // In every process, or in pods only.
    let run = |condition: &str| {
        let (source, library) = (home.home.path().join("early.c"), home.home.path().join("early.so"));
        let code = format!(
            "#include <pthread.h>\n#include <stdlib.h>\n#include <unistd.h>\n\
             static void *wait(void *none) {{ pause(); return none; }}\n\
             __attribute__((constructor)) static void start(void) {{\n\
                 pthread_t thread;\n\
                 if ({condition}) pthread_create(&thread, NULL, wait, NULL);\n\
             }}\n"
        );
        fs::write(&source, code).unwrap();
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-pthread", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        assert!(compiled.unwrap().success());
        let mut command = Command::new("./sealkit");
        command.args(["run", "--env", &format!("LD_PRELOAD={}", library.display()), "./pods", "main"]);
        command.current_dir(home.home.path()).env("HOME", home.home.path());
        let output = command.uid(UNPRIVILEGED).gid(UNPRIVILEGED).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = run("1");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("mounted as files: the program starts threads before `main`"), "{stderr}");
    let (code, stderr) = run("getenv(\"FLYTE_INTERNAL_EXECUTION_ID\")");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("cannot hide the secret files of the task: Invalid argument"), "{stderr}");
    assert!(stderr.contains("hint: request the secrets as variables"), "{stderr}");
}
