//! Errors of tasks keep their kind, hint and causes, behind every error type.

use std::fs;

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorDocument},
    prost::Message,
    task::Inputs,
};
use support::{Finished, Home, Program};

const PROGRAM: &str = env!("CARGO_BIN_EXE_errors");
const TEXT: &str = "secret `absent` of task `leaf` was not found";

/// The workflows whose error is that of a missing secret, and the first line of their own text.
const WORKFLOWS: [(&str, &str); 14] = [
    ("plain", TEXT),
    ("other", TEXT),
    ("with_anyhow", TEXT),
    ("with_anyhow_context", "cannot start"),
    ("with_eyre", TEXT),
    ("with_eyre_context", "setup failed"),
    ("boxed", TEXT),
    ("boxed_and_sent", TEXT),
    ("source_of_an_enum", "setup failed"),
    ("text_and_source_of_an_enum", "setup failed: secret"),
    ("transparent_enum", TEXT),
    ("text_of_an_enum", "setup failed: secret"),
    ("three_levels", "setup failed three times"),
    ("no_standard_error", "in words: secret"),
];

/// Checks that `text` says which secret is missing, once, and what to do.
fn check(workflow: &str, expected: &str, text: &str) {
    assert!(text.contains(&format!("task `{workflow}` failed: {expected}")), "{workflow}: {text}");
    assert_eq!(text.matches(TEXT).count(), 1, "{workflow}: {text}");
    let hints: Vec<&str> = text.lines().filter(|line| line.contains("hint: ")).collect();
    assert!(hints.len() == 1 && hints[0].contains("create secret absent"), "{workflow}: {text}");
}

/// Removes what the program prints itself.
fn stderr(finished: &Finished) -> String {
    finished.stderr.replace("hint: this is not a hint\n", "")
}

#[test]
fn a_run_in_this_process_says_which_secret_is_missing() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (workflow, expected) in WORKFLOWS {
        let run = Program::new(PROGRAM).arg("run").arg(workflow).env("HOME", home.path()).run().unwrap();
        assert_eq!(run.code, Some(1), "{run}");
        check(workflow, expected, &stderr(&run));
    }
}

/// Runs a workflow as a pod of a cluster, and returns the error that Flyte reads.
fn error_of_pod(workflow: &str) -> (String, ContainerErrorKind, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("inputs.pb"), Inputs::default().encode_to_vec()).unwrap();
    let pod = Program::new(PROGRAM).args("execute --task").arg(workflow);
    let pod = pod.arg("--inputs").arg(path("inputs.pb")).arg("--outputs-path").arg(path("outputs"));
    let pod = pod.env("_UNION_TOKEN", "Zx81-Spectrum-48K");
    let finished = pod.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    let error = ErrorDocument::decode(&*fs::read(path("outputs/error.pb")).unwrap()).unwrap().error.unwrap();
    let kind = ContainerErrorKind::try_from(error.kind).unwrap();
    (error.code, kind, error.message)
}

#[test]
fn a_pod_without_its_secret_is_not_retried() {
    for (workflow, expected) in WORKFLOWS {
        let (code, kind, message) = error_of_pod(workflow);
        assert_eq!((&*code, kind), ("not_found", ContainerErrorKind::NonRecoverable), "{message}");
        check(workflow, expected, &message);
    }
    let (code, kind, message) = error_of_pod("another_reason");
    assert_eq!((&*code, kind), ("other", ContainerErrorKind::Recoverable), "{message}");
    assert!(!message.contains("hint"), "{message}");
}

#[test]
fn a_leak_behind_a_transparent_error_is_not_retried() {
    let (code, kind, message) = error_of_pod("leaking");
    assert_eq!((&*code, kind), ("leak", ContainerErrorKind::NonRecoverable), "{message}");
    assert!(message.contains("hint: return what was made with the secret"), "{message}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_local_run_says_which_secret_is_missing() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (workflow, expected) in WORKFLOWS {
        let run = home.sealkit("run --skip-check").arg(PROGRAM).arg(workflow).run().unwrap();
        assert_eq!(run.code, Some(1), "{run}");
        let (_, error) = run.stderr.split_once("\nerror: ").unwrap();
        check(workflow, expected, error);
    }
}

#[test]
fn the_causes_of_an_error_are_shown() {
    let (_, _, message) = error_of_pod("three_levels");
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "task `three_levels` failed: setup failed three times",
            "caused by: first level",
            "caused by: second level",
        ]
    );
    assert!(
        lines[3].starts_with(&format!("caused by: {TEXT}")) && lines[4].starts_with("hint: "),
        "{message}"
    );
    assert_eq!(lines.len(), 5, "{message}");
}

#[test]
#[cfg(target_os = "linux")]
fn two_tasks_that_fail_at_once_keep_their_own_errors() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let local = home.sealkit("run --skip-check").arg(PROGRAM).arg("two_at_once").run().unwrap().stderr;
    for text in [error_of_pod("two_at_once").2, local] {
        let (first, second) = text.rsplit_once("] and [").unwrap();
        for (part, key, task) in [(first, "absent", "leaf"), (second, "lost", "other_leaf")] {
            assert!(part.contains(&format!("secret `{key}` of task `{task}` was not found")), "{text}");
            assert!(part.contains(&format!("create secret {key}")), "{text}");
        }
    }
}
