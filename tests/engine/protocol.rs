//! The conversation between the `sealkit` command and programs that misbehave, or have another version.

use std::{
    fs,
    io::Write as _,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Command, Stdio},
};

use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Code, Hello, Problem,
    call::{ToController, ToControllerFrame},
    frame, mounts,
};
use support::Home;

const IMPOSTOR: &str = env!("CARGO_BIN_EXE_impostor");

/// Returns standard error of a command that fails, with the path of the program shortened.
fn error(line: &str, how: &str) -> String {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let mut program = home.sealkit(line.split(' ').next().unwrap()).arg(IMPOSTOR);
    if let Some((_, task)) = line.split_once(' ') {
        program = program.arg(task);
    }
    if ["silent", "trickle"].contains(&how) {
        program = program.env("SEALKIT_TIMEOUT", "2s");
    }
    let finished = program.env("IMPOSTOR", how).run().unwrap();
    assert!(finished.code == Some(1) && finished.stdout.is_empty(), "{finished}");
    let text = finished.stderr.replace(IMPOSTOR, "PROGRAM");
    let progress = [" started", " failed in ", "note: show this run again: "];
    let lines = text.lines().filter(|line| !progress.iter().any(|part| line.contains(part)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_program_of_another_version_is_told_from_the_command() {
    for line in ["describe", "run newer"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(error(line, "newer"), @"
            error: `PROGRAM` has sealkit 9.8.7 (protocol 5), and the `sealkit` command is 0.1.0 (protocol 4): they do not understand each other
            hint: update the command: install the `sealkit` command again
            ");
            insta::assert_snapshot!(error(line, "older"), @"
            error: `PROGRAM` has sealkit 9.8.7 (protocol 3), and the `sealkit` command is 0.1.0 (protocol 4): they do not understand each other
            hint: update the program: cargo update -p sealkit, and build it again
            ");
        }
    }
}

#[test]
fn an_answer_that_cannot_be_understood_is_an_error() {
    insta::assert_snapshot!(error("describe", "garbled"), @"
    error: cannot understand the answer of `PROGRAM`: it is malformed
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("describe", "oversized"), @"
    error: cannot understand the answer of `PROGRAM`: it is too long
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("describe", "cut"), @"
    error: cannot understand the answer of `PROGRAM`: it is incomplete
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("describe", "nothing"), @"
    error: `PROGRAM` does not describe its tasks
    hint: call sealkit in its `main`: fn main() -> std::process::ExitCode { sealkit::main() }; if it does, build it again with the version of sealkit of this command
    ");
    insta::assert_snapshot!(error("describe", "silent"), @"
    error: `PROGRAM` did not describe its tasks within 2s
    hint: call `sealkit::main()` first in its `main`; for a program that starts slowly: SEALKIT_TIMEOUT=2m
    ");
    insta::assert_snapshot!(error("describe", "trickle"), @"
    error: `PROGRAM` did not describe its tasks within 2s
    hint: call `sealkit::main()` first in its `main`; for a program that starts slowly: SEALKIT_TIMEOUT=2m
    ");
    insta::assert_snapshot!(error("describe", "another"), @"
    error: `PROGRAM` gave an unexpected answer
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("describe", "nonsense"), @"
    error: cannot read the description of `PROGRAM`: invalid type: integer `1`, expected a string at line 1 column 11
    hint: build the program again, with the same version of sealkit as this command
    ");
}

#[test]
fn a_call_that_cannot_be_understood_ends_the_pod() {
    insta::assert_snapshot!(error("run newer", ""), @"
    error: `PROGRAM` has sealkit 9.8.7 (protocol 5), and the `sealkit` command is 0.1.0 (protocol 4): they do not understand each other
    hint: update the command: install the `sealkit` command again
    ");
    insta::assert_snapshot!(error("run older", ""), @"
    error: `PROGRAM` has sealkit 9.8.7 (protocol 3), and the `sealkit` command is 0.1.0 (protocol 4): they do not understand each other
    hint: update the program: cargo update -p sealkit, and build it again
    ");
    insta::assert_snapshot!(error("run garbled", ""), @"
    error: cannot understand the pod of task `garbled`: a message is malformed
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("run oversized", ""), @"
    error: cannot understand the pod of task `oversized`: a message is too long
    hint: build the program again, with the same version of sealkit as this command
    ");
    insta::assert_snapshot!(error("run cut", ""), @"error: task `cut` exited without returning a result");
    insta::assert_snapshot!(error("run unknown", ""), @"
    error: cannot understand the pod of task `unknown`: a message is unknown
    hint: build the program again, with the same version of sealkit as this command
    ");
}

#[test]
fn a_pod_that_does_not_read_its_secrets_times_out_and_one_that_tells_them_is_redacted() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let run = |task: &str, secret: &[u8]| {
        let file = home.path().join("value");
        fs::write(&file, secret).unwrap();
        let run = home.sealkit("run --secret").arg(format!("k=@{}", file.display())).arg(IMPOSTOR).arg(task);
        run.run().unwrap().stderr
    };
    // More than a socket buffers.
    assert!(run("deaf", &vec![b'x'; 1 << 20]).contains("error: task `deaf` timed out after 1s"));
    insta::assert_snapshot!(run("leak", b"Zx81-Spectrum-48K").split_once("\nerror: ").unwrap().1, @"
    cannot log in with [REDACTED:k]
    caused by: [REDACTED:k]
    hint: [REDACTED:k]
    ");
}

/// Runs a task of `pods` as a pod, and plays the command. Returns the error of the pod.
fn pod(task: &str, hello: &Hello, response: &[u8]) -> Problem {
    let (socket, pod_socket) = UnixStream::pair().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pods"));
    command.args(["execute", "--task", task]);
    command.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").env("SEALKIT_ENGINE", std::process::id().to_string());
    command.stdin(OwnedFd::from(pod_socket)).stdout(Stdio::null()).stderr(Stdio::null());
    // The pod exits when this thread does.
    let mut child = command.spawn().unwrap();
    drop(command);
    frame::write(&socket, hello).unwrap();
    mounts::send(&socket, &[]).unwrap();
    frame::write(&socket, &Inputs::default()).unwrap();
    if !response.is_empty() {
        for _ in 0..2 {
            let message: ToControllerFrame = frame::read(&socket).unwrap().unwrap();
            assert!(matches!(message.message, Some(ToController::Hello(_) | ToController::Call(_))));
        }
        (&socket).write_all(response).unwrap();
    }
    assert!(child.wait().unwrap().success());
    loop {
        let message: ToControllerFrame = frame::read(&socket).unwrap().unwrap();
        if let Some(ToController::Answer(answer)) = message.message {
            return answer.into_result().unwrap().unwrap_err();
        }
    }
}

#[test]
fn a_pod_of_a_command_of_another_version_says_what_to_update() {
    let (newer, older) = (Hello::current().protocol + 1, Hello::current().protocol - 1);
    for (protocol, update) in [(newer, "update the program"), (older, "update the command")] {
        let problem = pod("main", &Hello { protocol, sealkit: "9.8.7".to_owned() }, b"");
        assert_eq!(problem.code(), Code::Configuration);
        assert!(problem.message.contains("9.8.7") && problem.hint.unwrap().starts_with(update));
        assert!(!problem.retryable);
    }
}

#[test]
fn a_pod_does_not_wait_for_a_command_that_cannot_be_understood() {
    for response in [&[3, 0, 0, 0, 255, 255, 255][..], &[255; 4], &[0; 4]] {
        let problem = pod("main", &Hello::current(), response);
        assert!(
            problem.message.contains("cannot understand the answer of the `sealkit` command"),
            "{problem}"
        );
    }
}

#[test]
fn what_a_program_prints_before_it_calls_sealkit_is_ignored() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let described = home.sealkit("describe -o json").arg(env!("CARGO_BIN_EXE_errors")).run().unwrap();
    let tasks: serde_json::Value = serde_json::from_str(&described.stdout).unwrap();
    assert!(tasks.as_array().unwrap().iter().any(|task| task["name"] == "leaf"), "{described}");
    assert_eq!(described.stderr, "");
}
