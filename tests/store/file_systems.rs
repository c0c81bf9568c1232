//! The store on file systems that lack what others have, and with errors that real ones give.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use support::{Finished, Home, tool};

/// Runs a shell script in a mount namespace of its own, with `mount` applied to `~/store`, the directory of the store.
fn on_a_file_system(home: &Home, mount: &str, script: &str) -> Finished {
    let shell = home.program(tool("unshare").to_str().unwrap()).env("PATH", env::var_os("PATH").unwrap());
    let shell = shell.env("sealkit", home.command()).env("SEALKIT_HOME", home.path().join("store"));
    shell
        .args("--mount sh -c")
        .arg(format!("exec 2>&1; mkdir -p ~/store ~/lower ~/upper ~/work; {mount} || exit; {script}"))
        .run()
        .unwrap()
}

fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}

/// Creates, updates, deletes and creates again.
const STORY: &str = "
    printf k3Jq-71xT | $sealkit create secret token -f -
    printf k3Jq-72xT | $sealkit update secret token -f -
    printf k3Jq-73xT | $sealkit create secret token -f -
    $sealkit delete secret token --yes
    printf k3Jq-74xT | $sealkit create secret token -f -
    $sealkit verify store
    ls -A ~/store/secrets/tmp";

const BINDFS: &str = "bindfs ~/lower ~/store";

#[test]
#[cfg_attr(not(all(is_root, has_bindfs)), ignore = "needs root and bindfs")]
fn the_story_of_a_secret_is_the_same_on_every_file_system() {
    let mut stories = Vec::new();
    for mount in [
        "true",
        // FUSE refuses to rename without replacing.
        BINDFS,
        "mount -t overlay -o lowerdir=$HOME/lower,upperdir=$HOME/upper,workdir=$HOME/work overlay ~/store",
        "mount -t tmpfs -o size=1m tmpfs ~/store",
    ] {
        let home = home();
        let finished = on_a_file_system(&home, mount, STORY);
        stories.push((mount, home.normalize(&finished.stdout)));
    }
    insta::assert_snapshot!(stories[0].1, @"
    Created secret `token` (version 1)
    note: created the key `~/store/key`; without it the secrets cannot be read: back it up apart from the store
    Updated secret `token` (version 2)
    error: secret `token` already exists
    hint: give it a new value: sealkit update secret token
    Deleted secret `token`
    Created secret `token` (version 4; earlier versions were deleted)
    The store `~/store/secrets` is intact
    ");
    for (mount, story) in &stories[1..] {
        assert_eq!(*story, stories[0].1, "{mount}");
    }
}

/// Runs the story with an error that `strace` injects into system calls.
fn with_errors(injections: &str) -> String {
    let home = home();
    let injections: String =
        injections.split_whitespace().flat_map(|injection| [" -e inject=", injection]).collect();
    let sealkit = format!("strace -f -qq -o /dev/null{injections} -- {}", home.command());
    let finished = on_a_file_system(&home, "true", &STORY.replace("$sealkit", &sealkit));
    home.normalize(&finished.stdout)
}

#[test]
#[cfg_attr(not(all(is_root, has_strace)), ignore = "needs root and strace")]
fn every_way_to_rename_is_enough() {
    let expected = with_errors("getuid:retval=0");
    assert!(expected.contains("is intact"), "{expected}");
    for injections in [
        "renameat2:error=EINVAL",
        "renameat2:error=ENOSYS",
        // FAT.
        "renameat2:error=EINVAL linkat:error=EPERM",
        "renameat2:error=EINVAL linkat:error=EOPNOTSUPP",
    ] {
        assert_eq!(with_errors(injections), expected, "{injections}");
    }
}

#[test]
#[cfg_attr(not(all(is_root, has_strace)), ignore = "needs root and strace")]
fn a_directory_that_cannot_be_synced_is_no_error_but_a_file_is_one() {
    // An update syncs the file, and then its directory.
    for (call, outcome) in [(1, "Invalid argument"), (2, "Updated secret `token` (version 2)")] {
        let script = format!(
            "printf k3Jq-71xT | $sealkit create secret token -f - >/dev/null
             printf k3Jq-72xT | strace -f -qq -o /dev/null -e inject=fsync:error=EINVAL:when={call} -- \
                 $sealkit update secret token -f -"
        );
        let output = on_a_file_system(&home(), "true", &script).stdout;
        assert!(output.contains(outcome), "call {call}: {output}");
    }
}

#[test]
#[cfg_attr(not(all(is_root, has_strace)), ignore = "needs root and strace")]
fn an_error_of_a_file_system_names_it_the_path_and_the_way_out() {
    for (injection, reason) in [
        ("flock:error=ENOLCK", "has no locks"),
        ("flock:error=EOPNOTSUPP", "lacks what a store needs"),
        ("mkdirat:error=EROFS", "is read-only"),
        ("fsync:error=EDQUOT", "is used up: free some space"),
        ("fsync:error=ENOSPC", "is full: free some space"),
        ("mkdirat:error=EACCES", "you may not write to"),
    ] {
        let home = home();
        let script = format!(
            "printf k3Jq-71xT | strace -f -qq -o /dev/null -e inject={injection} -- $sealkit create secret token -f -"
        );
        let output = on_a_file_system(&home, "true", &script).stdout;
        assert!(output.contains(reason), "{injection}: {output}");
        let way_out = "keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY";
        assert!(output.contains("error: ") && output.contains(way_out), "{injection}: {output}");
        assert!(output.contains("/store"), "{injection}: {output}");
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_full_disk_does_not_keep_a_secret_from_being_deleted() {
    let home = home();
    let output = on_a_file_system(
        &home,
        "mount -t tmpfs -o size=256k tmpfs ~/store",
        "printf k3Jq-71xT | $sealkit create secret token -f - >/dev/null 2>&1
         cat /dev/zero > ~/store/filler 2>/dev/null
         printf k3Jq-72xT | $sealkit update secret token -f -
         $sealkit delete secret token --yes
         $sealkit get secret token
         $sealkit verify store",
    );
    insta::assert_snapshot!(home.normalize(&output.stdout), @"
    error: secret `token` could not be changed, and keeps its value: No space left on device
    hint: the file system of ~/store/secrets (tmpfs) is full: free some space, or keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY
    Deleted secret `token`
    error: secret `token` not found
    hint: list the secrets: sealkit get secret
    The store `~/store/secrets` is intact
    ");
}

#[test]
fn files_are_usable_whatever_the_umask() {
    for umask in ["0177", "0777", "0277", "0"] {
        let home = home();
        let script = "umask $mask; cd ~
            printf k3Jq-71xT | $sealkit create secret token -f - &&
            printf k3Jq-72xT | $sealkit update secret token -f - && $sealkit get secret -o json && $sealkit verify store &&
            find .local .config -type d ! -perm 700 && find .local .config -type f ! -perm 600";
        let finished =
            home.program("sh").args("-c").arg(script).env("mask", umask).env("sealkit", home.command());
        let finished = finished.env("PATH", env::var_os("PATH").unwrap()).run().unwrap();
        assert!(finished.code == Some(0), "{umask}: {finished}");
        assert!(!finished.stdout.lines().any(|line| line.starts_with('.')), "{umask}: {finished}");
    }
}

#[test]
fn the_store_the_key_and_the_history_can_be_elsewhere() {
    let home = home();
    let elsewhere = home.path().join("else where");
    let run = |line: &str| {
        let program =
            home.sealkit(line).env("SEALKIT_HOME", &elsewhere).env("HOME", home.path().join("missing"));
        let finished = program.input("k3Jq-71xT").run().unwrap();
        assert_eq!(finished.code, Some(0), "{line}: {finished}");
        finished
    };
    run("create secret my_secret -f -");
    run(&format!("run {} main", env!("CARGO_BIN_EXE_example_using_secrets")));
    let names = |path: &Path| {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&elsewhere), ["key", "runs", "secrets"]);
    assert!(names(&elsewhere.join("runs")).iter().any(|name| name.starts_with("local-")));
    assert_eq!(names(home.path()), ["else where"]);
}

#[test]
fn a_stopped_process_that_holds_the_lock_is_named() {
    let home = home();
    let lock = home.path().join(".local/share/sealkit/secrets/lock");
    assert_eq!(home.sealkit("create secret token -f -").input("k3Jq-71xT").run().unwrap().code, Some(0));
    // A process that holds the lock and has written its number, as the command does.
    let script =
        format!("exec 9<>{0}; flock 9; printf '%-10d' $$ >&9; kill -STOP $$; sleep 1000", lock.display());
    let mut holder = Command::new("sh").args(["-c", &script]).stdout(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !fs::read_to_string(format!("/proc/{}/stat", holder.id())).unwrap().contains(") T ") {
        assert!(started.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
    let finished = home.sealkit("update secret token -f -").input("k3Jq-72xT").run().unwrap();
    let id = holder.id();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let expected = format!(
        "error: another process (process {id}) has locked the store for 10 seconds\n\
         hint: that process is stopped: continue it with `kill -CONT {id}`, or end it with `kill -KILL {id}`\n"
    );
    assert_eq!(finished.stderr, expected);
}
