//! Pods whose inputs and outputs are files, and the isolation of their secrets.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use sealkit::{Type, Value, literal};
use sealkit_idl::{
    core::{ContainerErrorKind, ErrorDocument, ErrorOrigin, KeyValuePair},
    prost::Message,
    task::{Inputs, NamedLiteral, Outputs, TRIGGER_TIME_INPUT},
};
use support::{
    Finished, Program,
    runs::{children, until},
};

const SECRET: &str = "Zx81-Spectrum-48K";

pub(crate) fn text(value: &str) -> (Type, Value) {
    (Type::String, Value::String(value.to_owned()))
}

pub(crate) fn write_inputs(directory: &Path, inputs: &[(&str, (Type, Value))]) {
    let literal = |(name, (of, value)): &(&str, (Type, Value))| NamedLiteral {
        name: (*name).to_owned(),
        value: Some(literal::to_literal(*of, value).unwrap()),
    };
    let inputs = Inputs::from(inputs.iter().map(literal).collect::<Vec<_>>());
    fs::write(directory.join("inputs.pb"), inputs.encode_to_vec()).unwrap();
}

/// Returns a pod of `task` whose files are in `directory`.
fn pod(directory: &Path, task: &str) -> Program {
    pod_of(env!("CARGO_BIN_EXE_fixture"), directory, task)
}

pub(crate) fn pod_of(program: &str, directory: &Path, task: &str) -> Program {
    let uri = |name: &str| format!("file://{}/{name}", directory.display());
    Program::new(program)
        .args("execute --version v1 --run-name {{.runName}} --task")
        .arg(task)
        .args("--inputs")
        .arg(uri("inputs.pb"))
        .args("--outputs-path")
        .arg(uri("outputs"))
        .env("FLYTE_INTERNAL_EXECUTION_ID", "run-1")
}

pub(crate) fn output(directory: &Path) -> Value {
    assert!(!directory.join("outputs/error.pb").exists());
    let bytes = fs::read(directory.join("outputs/outputs.pb")).unwrap();
    let mut outputs = Outputs::decode(&*bytes).unwrap().literals;
    assert_eq!(outputs.len(), 1);
    let output = outputs.remove(0);
    assert_eq!(output.name, "o0");
    literal::from_literal(output.value.unwrap()).unwrap()
}

/// Returns the error that a pod wrote to `error.pb`.
pub(crate) fn error(directory: &Path, finished: &Finished) -> String {
    assert_eq!(finished.code, Some(0), "{finished}");
    assert!(!directory.join("outputs/outputs.pb").exists());
    let bytes = fs::read(directory.join("outputs/error.pb")).unwrap();
    let error = ErrorDocument::decode(&*bytes).unwrap().error.unwrap();
    assert!(!format!("{error:?} {finished}").contains(SECRET));
    let (kind, origin) =
        (ContainerErrorKind::try_from(error.kind).unwrap(), ErrorOrigin::try_from(error.origin).unwrap());
    let message = error.message.replace(directory.to_str().unwrap(), "DIR");
    format!("{} {kind:?} {origin:?}: {message}", error.code)
}

#[test]
fn a_pod_reads_its_inputs_and_its_secret_and_writes_its_output() {
    for (name, value) in [("_UNION_MY_SECRET", SECRET), ("_FSEC_MY_SECRET", " Zx81-Spectrum-48K\n")] {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), &[("expected", text(SECRET))]);
        let finished = pod(directory.path(), "t1").env(name, value).run().unwrap();
        assert_eq!(finished.to_string(), "exit code 0\n");
        assert_eq!(output(directory.path()), Value::Boolean(true));
    }
}

#[test]
fn a_pod_finds_a_mounted_file_and_runs_async_tasks() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("mounts")).unwrap();
    fs::write(directory.path().join("mounts/my_file_secret"), SECRET).unwrap();
    write_inputs(directory.path(), &[("expected", text(SECRET))]);
    let pod = pod(directory.path(), "t2").env("FLYTE_SECRETS_DEFAULT_DIR", directory.path().join("mounts"));
    assert_eq!(pod.run().unwrap().to_string(), "exit code 0\n");
    assert_eq!(output(directory.path()), Value::Boolean(true));
}

#[test]
fn an_error_is_written_to_error_pb_with_its_retryability() {
    let failure = |task: &str, inputs: &[(&str, (Type, Value))], secret: Option<&str>| {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), inputs);
        let mut pod = pod(directory.path(), task);
        if let Some(secret) = secret {
            pod = pod.env("_UNION_MY_SECRET", secret).env("HF_TOKEN", secret);
        }
        error(directory.path(), &pod.run().unwrap())
    };
    insta::assert_snapshot!(failure("failing", &[], None), @"
    other Recoverable User: task `failing` failed: the warehouse cannot be reached
    caused by: connection refused
    ");
    insta::assert_snapshot!(failure("panicking", &[], None), @"other Recoverable User: task `panicking` panicked: out of luck");
    insta::assert_snapshot!(failure("enormous", &[], None), @"invalid_value NonRecoverable User: output of task `enormous`: `o0` is too large: integers in Flyte are signed and have 64 bits");
    insta::assert_snapshot!(failure("t1", &[("expected", text(""))], None), @"
    not_found NonRecoverable User: task `t1` failed: secret `my_secret` of task `t1` was not found in $_FSEC_MY_SECRET, /etc/secrets/my_secret, $_UNION_MY_SECRET or /etc/flyte/secrets/my_secret
    hint: create it where the task runs: union create secret my_secret
    ");
    insta::assert_snapshot!(failure("t1", &[], Some(SECRET)), @"invalid_value NonRecoverable User: input `expected` is missing");
    insta::assert_snapshot!(failure("t1", &[("expected", (Type::Integer, Value::Integer(1)))], Some(SECRET)), @"invalid_value NonRecoverable User: input `expected` expected a string, found an integer");
    insta::assert_snapshot!(failure("leaking", &[("way", text("error"))], Some(SECRET)), @"other Recoverable User: task `leaking` failed: no access for [REDACTED:my_secret]");
    insta::assert_snapshot!(failure("leaking", &[("way", text("output"))], Some(SECRET)), @r#"
    leak NonRecoverable User: task `leaking` failed: output `o0` of task `leaking` contains secret `my_secret` (in plain text, at byte 0 of 17)
    hint: return what was made with the secret, not the secret; to allow it, add to task `leaking`: allow_secret_in(output = "o0", secret = "my_secret", because = "...")
    "#);
    insta::assert_snapshot!(failure("leaking", &[("way", text("panic"))], Some(SECRET)), @"other Recoverable User: task `leaking` panicked: no access for [REDACTED:my_secret]");
    // The secret was read from the environment directly, but it is declared by the task.
    insta::assert_snapshot!(failure("from_environment", &[], Some(SECRET)), @r#"
    leak NonRecoverable User: task `from_environment` failed: output `o0` of task `from_environment` contains secret `hub/token` (in plain text, at byte 0 of 17)
    hint: return what was made with the secret, not the secret; to allow it, add to task `from_environment`: allow_secret_in(output = "o0", secret = "hub/token", because = "...")
    "#);
}

#[test]
fn a_pod_that_cannot_write_its_error_has_another_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let missing = pod(directory.path(), "failing").run().unwrap();
    insta::assert_snapshot!(error(directory.path(), &missing), @"io Recoverable User: cannot read the inputs `DIR/inputs.pb`: No such file or directory");

    write_inputs(directory.path(), &[]);
    fs::remove_dir_all(directory.path().join("outputs")).unwrap();
    fs::write(directory.path().join("outputs"), "in the way").unwrap();
    let finished = pod(directory.path(), "failing").run().unwrap();
    insta::assert_snapshot!(finished.to_string().replace(directory.path().to_str().unwrap(), "DIR"), @"
    exit code 1
    -- stderr
    error: task `failing` failed: the warehouse cannot be reached
    caused by: connection refused
    error: cannot write `DIR/outputs/error.pb`: File exists
    ");

    let unsupported = Program::new(env!("CARGO_BIN_EXE_fixture"))
        .args("execute --task t1 --inputs /inputs.pb --outputs-path wasb://container/outputs");
    insta::assert_snapshot!(unsupported.run().unwrap(), @"
    exit code 2
    -- stderr
    error: unsupported URI `wasb://container/outputs`
    hint: use `file:///path`, an absolute path, or one of `s3://`, `s3a://`, `gs://`, `gcs://`, `az://`, `abfs://`, `abfss://`
    ");
}

#[test]
fn a_pod_that_cannot_start_its_task_writes_an_error() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[]);
    let finished = pod(directory.path(), "faling").run().unwrap();
    insta::assert_snapshot!(error(directory.path(), &finished), @"
    invalid_name NonRecoverable User: no task is named `faling`
    hint: did you mean `failing`?
    ");
    let outputs = format!("file://{}/outputs", directory.path().display());
    let finished = Program::new(env!("CARGO_BIN_EXE_fixture"))
        .args("execute --task failing --inputs wasb://container/inputs.pb --outputs-path")
        .arg(outputs)
        .run()
        .unwrap();
    insta::assert_snapshot!(error(directory.path(), &finished), @"
    configuration NonRecoverable User: unsupported URI `wasb://container/inputs.pb`
    hint: use `file:///path`, an absolute path, or one of `s3://`, `s3a://`, `gs://`, `gcs://`, `az://`, `abfs://`, `abfss://`
    ");
    fs::write(directory.path().join("inputs.pb"), [0xff; 9]).unwrap();
    let finished = pod(directory.path(), "failing").run().unwrap();
    insta::assert_snapshot!(error(directory.path(), &finished), @"io Recoverable User: cannot read the inputs `DIR/inputs.pb`: malformed");
}

#[test]
fn a_pod_reads_its_run_from_the_command_line_or_the_environment() {
    let names = |arguments: &str, variables: &[(&str, &str)]| {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), &[]);
        let mut pod = pod_of(env!("CARGO_BIN_EXE_pods"), directory.path(), "whereabouts").args(arguments);
        for (name, value) in variables {
            pod = pod.env(name, value);
        }
        assert_eq!(pod.run().unwrap().to_string(), "exit code 0\n");
        serde_json::to_string(&output(directory.path())).unwrap()
    };
    let flyte2 = [("RUN_NAME", "r1"), ("ACTION_NAME", "a0")];
    assert_eq!(names("--name {{.actionName}}", &flyte2), r#"["r1","a0","r1"]"#);
    assert_eq!(names("--run-name r2 --name a1 --prev-checkpoint \"\"", &flyte2), r#"["r2","a1","r2"]"#);
    assert_eq!(names("", &[]), r#"["run-1",null,"run-1"]"#);
}

#[test]
fn an_output_that_is_too_large_for_flyte_is_an_error() {
    let run = |bytes: i64, limit: Option<&str>| {
        let directory = tempfile::tempdir().unwrap();
        write_inputs(directory.path(), &[("bytes", (Type::Integer, Value::Integer(bytes)))]);
        let mut pod = pod_of(env!("CARGO_BIN_EXE_pods"), directory.path(), "sized");
        if let Some(limit) = limit {
            pod = pod.env("SEALKIT_MAX_OUTPUT_MIB", limit);
        }
        let finished = pod.run().unwrap();
        if directory.path().join("outputs/outputs.pb").exists() {
            let Value::String(text) = output(directory.path()) else { unreachable!() };
            return text.len().to_string();
        }
        error(directory.path(), &finished)
    };
    assert_eq!(run(2_000_000, None), "2000000");
    insta::assert_snapshot!(run(3_000_000, None), @"
    too_large NonRecoverable User: the output of task `sized` has 3000029 bytes, and Flyte reads no more than 2 MiB
    hint: write it to a file and return a `File`, or raise Flyte's `storage.limits.maxDownloadMBs` and set SEALKIT_MAX_OUTPUT_MIB to the same value
    ");
    assert_eq!(run(3_000_000, Some("3")), "3000000");
}

#[test]
fn a_long_error_is_truncated_to_what_flyte_reads() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[("key", text(&"é".repeat(100_000)))]);
    // The name in the message is shortened.
    let finished = pod(directory.path(), "nosy").run().unwrap();
    assert!(error(directory.path(), &finished).len() < 17_000);
    // The rest of the document is small.
    assert!(fs::metadata(directory.path().join("outputs/error.pb")).unwrap().len() < 70_000);
}

/// The arguments with which sealkit and the official launchers start a pod.
const STARTS: [&[&str]; 2] = [&["execute", "--task", "scanned"], &["a0"]];

/// Starts a pod that reads its secret and then waits for input.
fn waiting(program: &Path, start: &[&str], directory: &Path, user: Option<u32>, debuggable: bool) -> Child {
    write_inputs(directory, &[("way", text("get"))]);
    let mut command = Command::new(program);
    let inputs = directory.join("inputs.pb");
    command.args(start).arg("--inputs").arg(inputs).arg("--outputs-path").arg(directory.join("outputs"));
    command.env_clear().env("FLYTE_INTERNAL_TASK_NAME", "scanned");
    command.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").env("HF_TOKEN", "stays-here-1");
    // A prefix that variables of Flyte have, too.
    command.env("FLYTE_SECRETS_ENV_PREFIX", "FLYTE_");
    command.env("FLYTE_SCANNED", SECRET).env("_UNION_OTHER", SECRET);
    if debuggable {
        command.env("SEALKIT_DEBUGGABLE", "1");
    }
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

fn finish(mut child: Child) {
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn secrets_are_removed_from_the_environment_except_declared_variables() {
    for (start, debuggable) in STARTS.into_iter().flat_map(|start| [(start, false), (start, true)]) {
        let directory = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_fixture"));
        let child = waiting(program, start, directory.path(), None, debuggable);
        let task = children(child.id())[0];
        let proc = |file: &str| fs::read(format!("/proc/{task}/{file}"));
        // Only root can read it.
        if let Ok(environment) = proc("environ") {
            let environment = String::from_utf8(environment).unwrap();
            assert!(!environment.contains(SECRET), "{environment:?}");
            assert!(environment.contains("HF_TOKEN=stays-here-1"), "{environment:?}");
            // It wipes its environment while the task starts.
            until("the supervisor has no secret", || {
                let environment = fs::read(format!("/proc/{}/environ", child.id())).unwrap();
                let environment = String::from_utf8(environment).unwrap();
                !environment.contains(SECRET) && !environment.contains("stays-here-1")
            });
        }
        let limits = String::from_utf8(proc("limits").unwrap()).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().filter(|word| *word == "0").count() == 2, !debuggable, "{core}");
        finish(child);
        assert_eq!(output(directory.path()), Value::None);
    }
}

#[test]
#[cfg_attr(not(is_root), ignore = "needs root")]
fn another_process_of_the_same_user_cannot_read_a_pod() {
    const UNPRIVILEGED: u32 = 65_534;
    let directory = tempfile::tempdir().unwrap();
    // Copied to where another user can execute it.
    let program = directory.path().join("program");
    fs::copy(env!("CARGO_BIN_EXE_fixture"), &program).unwrap();
    std::os::unix::fs::chown(directory.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    for (start, debuggable) in STARTS.into_iter().flat_map(|start| [(start, false), (start, true)]) {
        let child = waiting(&program, start, directory.path(), Some(UNPRIVILEGED), debuggable);
        // The supervisor, the task and the redactor.
        let processes: Vec<u32> = [child.id()].into_iter().chain(children(child.id())).collect();
        assert_eq!(processes.len(), 3);
        for (process, file) in
            processes.into_iter().flat_map(|id| ["environ", "mem", "maps", "fd"].map(|file| (id, file)))
        {
            let mut command = Command::new("ls");
            if file != "fd" {
                command = Command::new("head");
                command.args(["-c", "1"]);
            }
            command.arg(format!("/proc/{process}/{file}")).uid(UNPRIVILEGED).gid(UNPRIVILEGED);
            let output = command.output().unwrap();
            // The first page of the memory is not mapped.
            let readable =
                output.status.success() || String::from_utf8_lossy(&output.stderr).contains("Input/output");
            assert_eq!(readable, debuggable, "{file}: {}", String::from_utf8_lossy(&output.stderr));
        }
        finish(child);
    }
}

#[test]
fn child_processes_of_a_pod_do_not_inherit_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[("way", text("child"))]);
    let pod = pod(directory.path(), "leaking").env("FLYTE_SECRETS_ENV_PREFIX", "_MINE_");
    let finished = pod.env("_MINE_MY_SECRET", SECRET).env("_UNION_OTHER", SECRET).run().unwrap();
    let output_text = finished.to_string();
    assert!(
        output_text.contains("FLYTE_INTERNAL_EXECUTION_ID=run-1") && !output_text.contains(SECRET),
        "{output_text}"
    );
    assert_eq!(output(directory.path()), Value::String("all well".to_owned()));
}

/// The scheduler of Flyte names the input, and its value is the start of the run.
#[test]
fn the_input_of_a_schedule_is_the_scheduled_time() {
    let directory = tempfile::tempdir().unwrap();
    let entry = KeyValuePair { key: TRIGGER_TIME_INPUT.to_owned(), value: "time".to_owned() };
    let inputs = Inputs { literals: Vec::new(), context: vec![entry] };
    fs::write(directory.path().join("inputs.pb"), inputs.encode_to_vec()).unwrap();
    let pod = pod_of(env!("CARGO_BIN_EXE_setting_tasks"), directory.path(), "at_its_time");
    let finished = pod.args("--run-start-time 1970-01-02T00:00:01Z").run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    assert_eq!(output(directory.path()), Value::Integer(86_401));
}
