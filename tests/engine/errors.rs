//! A calling task gets the same errors in process and from pods.

use support::Program;

use crate::home;

#[test]
fn a_calling_task_gets_the_same_errors_in_process_and_from_pods() {
    let home = home();
    let pods = home.run("describes_errors");
    assert_eq!(pods.code, Some(0), "{pods}");
    let process = Program::new(env!("CARGO_BIN_EXE_pods"))
        .args("run describes_errors")
        .env("HOME", home.home.path())
        .run()
        .unwrap();
    assert_eq!(process.stdout, pods.stdout, "{process}");
    let errors: Vec<String> = serde_json::from_str(&pods.stdout).unwrap();
    let expected = [
        // Errors that can be serialized are themselves, unless they contain a secret or are too long.
        "Err(Gone { id: 1 })",
        "refused: [REDACTED:my_secret]",
        "the password is wrong",
        "Sealkit(",
        "Sealkit(Inner { kind: Other, hint: None, content: Message { message: \"refused, with 17 bytes\"",
        "task `plain` failed: row 1 is gone",
        "false Some((Other, false)) task `with_context` failed: setup failed: task `plain` failed: row 7 is gone",
        "Err(StatusError { status: 404, attempts: 0 })",
        "task `with_source` failed: denied",
        "task `twice` failed: not yet (after 2 attempts)",
        "task `slow` timed out after 100ms",
    ];
    assert_eq!(errors.len(), expected.len());
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.contains(expected), "{error}");
    }
}
