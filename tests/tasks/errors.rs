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
    // An error from another call names the called task, if that task was started.
    let text = text.replace("task `leaf` failed: ", "");
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

const PERMANENT: [&str; 7] = [
    "permanent",
    "permanent_in_anyhow",
    "permanent_in_eyre",
    "permanent_in_a_box",
    "permanent_in_an_enum",
    "permanent_and_transparent",
    "permanent_in_a_called_task",
];

#[test]
fn a_permanent_error_is_not_recoverable_in_any_type() {
    for task in PERMANENT {
        let (code, kind, message) = error_of_pod(task);
        assert_eq!((&*code, kind), ("other", ContainerErrorKind::NonRecoverable), "{message}");
        assert!(message.contains("the password is wrong"), "{message}");
    }
    assert_eq!(error_of_pod("busy").1, ContainerErrorKind::Recoverable);
}

#[test]
#[cfg(target_os = "linux")]
fn a_task_with_a_permanent_error_is_tried_once() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for task in PERMANENT {
        let run = home.sealkit("run").arg(PROGRAM).arg(task).run().unwrap();
        assert_eq!(run.code, Some(1), "{run}");
        assert!(!run.stderr.contains("retrying") && !run.stderr.contains("attempts"), "{run}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_error_delays_the_next_attempt() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let run = home.sealkit("run").arg(PROGRAM).arg("busy").run().unwrap();
    assert!(
        run.stderr.contains("retrying in 1.3 s (attempt 2 of 2): task `busy` failed: too many requests"),
        "{run}"
    );
}

#[test]
fn a_later_attempt_waits_as_long_as_the_previous_one_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("inputs.pb"), Inputs::default().encode_to_vec()).unwrap();
    let attempt = |number: u32| {
        let pod = Program::new(PROGRAM).args("execute --task busy");
        let outputs = path(&(number + 1).to_string());
        let pod = pod.arg("--inputs").arg(path("inputs.pb")).arg("--outputs-path").arg(outputs);
        let pod =
            pod.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").env("FLYTE_ATTEMPT_NUMBER", number.to_string());
        pod.run().unwrap().stderr
    };
    assert!(!attempt(0).contains("starts in"));
    let expected = "attempt 2 of 2 of task `busy` starts in 1.3 s: the previous one failed: \
                    task `busy` failed: too many requests\n";
    let second = attempt(1);
    assert!(second.contains(expected), "{second}");
}

#[test]
fn the_first_task_of_a_run_does_not_start_after_its_deadline() {
    let error = |action: &str, start: &str| {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("inputs.pb"), Inputs::default().encode_to_vec()).unwrap();
        let pod = Program::new(PROGRAM).args("execute --task urgent --run-start-time").arg(start);
        let pod = pod.arg("--name").arg(action).arg("--inputs").arg(path("inputs.pb"));
        let pod = pod.arg("--outputs-path").arg(path("outputs"));
        pod.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").run().unwrap();
        let error = fs::read(path("outputs/error.pb")).ok()?;
        Some(ErrorDocument::decode(&*error).unwrap().error.unwrap())
    };
    let late = error("a0", "2026-01-02T03:04:05Z").unwrap();
    assert_eq!(late.message, "task `urgent` exceeded its deadline of 3600s");
    assert_eq!((&*late.code, late.kind), ("timeout", ContainerErrorKind::NonRecoverable.into()));
    // The call of another action is later than the start of the run, and Flyte may leave out the time.
    for (action, start) in [("other", "2026-01-02T03:04:05Z"), ("a0", "{{.runStartTime}}"), ("a0", "soon")] {
        assert_eq!(error(action, start), None, "{action} {start}");
    }
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
        lines[3].starts_with(&format!("caused by: task `leaf` failed: {TEXT}"))
            && lines[4].starts_with("hint: "),
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
