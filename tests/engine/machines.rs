//! Machines that are not like the usual one: the main story works there, or an error names what is missing.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    process::Command,
};

use crate::without_secrets;

/// A user without an entry in `/etc/passwd`.
const USER: u32 = 12_345;

/// Stores a secret, lists it and runs tasks with it as a variable and as a file.
const STORY: &str = "
    printf Zx81-Spectrum-48K | ./sealkit create secret my_secret -f - &&
    printf 'Line 1\nLine 2' | ./sealkit create secret my_file_secret --group certs -f - &&
    ./sealkit get secret -o name && ./sealkit run ./pods main && ./sealkit verify store";

/// Runs the story after `setup`, which is run as root, and `limits`, which is run as the user.
fn run(setup: &str, limits: &str) -> (Option<i32>, String) {
    run_as(USER, setup, &format!("{limits}\n{STORY}"))
}

/// Runs `setup` as root and `story` as a user.
fn run_as(user: u32, setup: &str, story: &str) -> (Option<i32>, String) {
    let home = without_secrets();
    let path = home.home.path();
    for (name, source) in [("sealkit", home.home.command()), ("pods", env!("CARGO_BIN_EXE_pods"))] {
        fs::copy(source, path.join(name)).unwrap();
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    chown(path, Some(user), Some(user)).unwrap();
    let story = format!("cd \"$HOME\" || exit\n{story}");
    let as_user = format!(
        "exec setpriv --reuid {user} --regid {user} --clear-groups env -i PATH=\"$PATH\" $VARIABLES sh -c \"$STORY\""
    );
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "--pid", "--fork", "sh", "-c", &format!("exec 2>&1; {setup} && {as_user}")]);
    let variables = format!("HOME={}", path.display());
    let output = shell.env("HOME", path).env("VARIABLES", variables).env("STORY", story).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap().replace(&*path.to_string_lossy(), "~"))
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn the_story_works_in_a_narrow_container() {
    let setup = "mount -t tmpfs -o size=64m,mode=1777 tmpfs /dev/shm && mount --bind \"$HOME\" \"$HOME\" && mount -o remount,bind,ro /";
    // The `/proc` that is mounted belongs to another namespace of processes.
    let (code, output) = run(setup, "umask 0777; ulimit -n 24; ulimit -c 0");
    assert_eq!(code, Some(0), "{output}");
    for line in
        ["certs/my_file_secret", "my_secret", "30", "The store `~/.local/share/sealkit/secrets` is intact"]
    {
        assert!(output.lines().any(|printed| printed.trim() == line), "{line}: {output}");
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn an_error_names_what_a_machine_lacks() {
    let read_only_home = "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,bind,ro \"$HOME\"";
    for (setup, limits, expected) in [
        (
            read_only_home,
            "",
            "is read-only: keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY",
        ),
        (
            "true",
            "unset HOME",
            "set HOME to your home directory, or SEALKIT_HOME to a directory for the store",
        ),
        ("true", "ulimit -n 12", "raise the limits: see `ulimit -n`"),
    ] {
        let (code, output) = run(setup, limits);
        assert!(code != Some(0) && output.contains(expected), "{setup} {limits}: {output}");
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_run_ends_where_the_system_has_no_threads_for_it() {
    for processes in [10, 14, 18, 22, 28] {
        let story = format!(
            "prlimit --pid $$ --nproc={processes} && timeout 100 ./sealkit run ./pods fan_out --width 20"
        );
        // The limit counts all processes of the user.
        let (code, output) = run_as(USER + 1, "true", &story);
        assert!(
            code == Some(1) && output.contains("error: task `fan_out` "),
            "{processes}: {code:?} {output}"
        );
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn a_call_is_possible_again_once_the_system_has_a_thread_for_it() {
    let (code, output) =
        run_as(USER + 2, "true", "timeout 100 ./sealkit run ./pods calls_without_a_thread 2>/dev/null");
    let error = "cannot start a thread that waits for called tasks";
    assert_eq!((code, output), (Some(0), format!("{{\"o0\":\"{error}\",\"o1\":2}}\n")));
}
