//! Programs that the official launchers of Rust tasks describe and start.

use std::{fs, os::unix::fs::symlink, path::Path};

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorDocument, ErrorOrigin},
    prost::Message,
    task::{Inputs, Outputs},
};
use serde_json::{Value as Json, json};
use support::{Finished, Program, Python, hex, unhex};

const FIXTURE: &str = env!("CARGO_BIN_EXE_fixture");
const PODS: &str = env!("CARGO_BIN_EXE_pods");
const REMOTE: &str = env!("CARGO_BIN_EXE_remote");
const COUNT_ROWS: &str = env!("CARGO_BIN_EXE_example_count_rows");

fn run(program: &str, line: &str) -> Finished {
    Program::new(program).args(line).run().unwrap()
}

#[test]
fn a_program_describes_its_only_task_or_a_named_one() {
    insta::assert_snapshot!(run(COUNT_ROWS, "describe-interface"), @r#"
    exit code 0
    -- stdout
    {"flyte_interface_version":1,"task":"count_rows","inputs":[{"name":"table","type":"string"}],"outputs":[{"name":"o0","type":"integer"}]}
    "#);
    insta::assert_snapshot!(run(FIXTURE, "describe-interface t1"), @r#"
    exit code 0
    -- stdout
    {"flyte_interface_version":1,"task":"t1","inputs":[{"name":"expected","type":"string"}],"outputs":[{"name":"o0","type":"boolean"}]}
    "#);
    insta::assert_snapshot!(run(FIXTURE, "describe-interface t3"), @"
    exit code 2
    -- stderr
    error: no task is named `t3`
    hint: did you mean `t1`?
    ");
    insta::assert_snapshot!(run(FIXTURE, "describe-interface"), @"
    exit code 2
    -- stderr
    error: the program has several tasks: `all.types`, `enormous`, `failing`, `from_environment`, `leaking`, `main`, `nosy`, `panicking`, `scanned`, `signed`, `t1`, `t2`, `variable`
    hint: name one: fixture describe-interface all.types; or start the program through a link: ln -s fixture all.types
    ");
}

#[test]
fn a_link_with_the_name_of_a_task_describes_that_task() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("leaking");
    symlink(FIXTURE, &link).unwrap();
    let described = run(link.to_str().unwrap(), "describe-interface");
    assert_eq!(described.to_string(), run(FIXTURE, "describe-interface leaking").to_string());
    assert!(described.stdout.contains(r#""task":"leaking""#), "{described}");
}

#[test]
fn types_without_a_counterpart_in_python_keep_their_names() {
    let described = run(FIXTURE, "describe-interface all.types").stdout;
    insta::assert_snapshot!(described.replace("},{", "},\n{"), @r#"
    {"flyte_interface_version":1,"task":"all.types","inputs":[{"name":"small","type":"integer"},
    {"name":"ratio","type":"float"},
    {"name":"flag","type":"boolean"},
    {"name":"max_rows","type":"optional integer"},
    {"name":"names","type":"list of string"},
    {"name":"limits","type":"map of integer"},
    {"name":"colour","type":"string"},
    {"name":"point","type":"struct"},
    {"name":"wait","type":"duration"}],"outputs":[{"name":"o0","type":"string"}]}
    "#);
}

fn interface(program: &str, task: &str) -> Json {
    serde_json::from_str(&run(program, &format!("describe-interface {task}")).stdout).unwrap()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_launcher_reads_the_interfaces_of_tasks() {
    let tasks = [
        (COUNT_ROWS, "count_rows"),
        (REMOTE, "repeat"),
        (REMOTE, "slow"),
        (REMOTE, "echo"),
        (REMOTE, "sum_of_squares"),
    ];
    let questions = tasks.map(|(program, task)| json!({"interface": interface(program, task)}));
    let answers: Vec<Json> = Python::from_environment().ask("flyte_rust_interface.py", &questions).unwrap();
    let expected = [
        json!({"inputs": {"table": "STRING"}, "outputs": {"o0": "INTEGER"}}),
        json!({
            "inputs": {"order": "STRUCT", "times": "INTEGER", "factor": "FLOAT", "gift": "BOOLEAN", "note": "STRING"},
            "outputs": {"o0": "STRUCT"},
        }),
        json!({"inputs": {"seconds": "FLOAT"}, "outputs": {}}),
        json!({"error": "'note' has type 'optional string', which cannot be launched from Python yet"}),
        json!({"error": "'numbers' has type 'list of integer', which cannot be launched from Python yet"}),
    ];
    assert_eq!(answers, expected);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn values_of_python_arrive_and_return() {
    let (python, directory) = (Python::from_environment(), tempfile::tempdir().unwrap());
    let ask =
        |question: Json| python.ask::<_, Json>("flyte_rust_interface.py", &[question]).unwrap().remove(0);
    let interface = interface(REMOTE, "repeat");
    let order = json!({"name": "nails", "lines": [1.5, 2.0]});
    let values = json!({"order": order, "times": -3, "factor": 0.5, "gift": true, "note": "für Zoë"});
    let inputs = ask(json!({"interface": interface, "values": values}));
    let pod = pod(REMOTE, directory.path(), Some("repeat"));
    fs::write(directory.path().join("inputs.pb"), unhex(inputs.as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(pod.run().unwrap().to_string(), "exit code 0\n");
    let outputs = hex(&fs::read(directory.path().join("outputs/outputs.pb")).unwrap());
    let output = ask(json!({"interface": interface, "outputs": outputs}));
    assert_eq!(output, json!({"name": "nails -3 0.5 true für Zoë", "lines": [1.5, 2.0]}));
}

/// Returns a pod with the arguments of `flyteplugins-rs` 0.0.3 and without inputs, whose files are in `directory`.
fn pod(program: &str, directory: &Path, task: Option<&str>) -> Program {
    fs::write(directory.join("inputs.pb"), Inputs::default().encode_to_vec()).unwrap();
    let uri = |name: &str| format!("file://{}/{name}", directory.display());
    let mut pod = Program::new(program)
        .args("a0 --inputs")
        .arg(uri("inputs.pb"))
        .args("--outputs-path")
        .arg(uri("outputs"))
        .args("--run-name {{.runName}} --name {{.actionName}}");
    let variables = [("FLYTE_INTERNAL_EXECUTION_ID", "r1"), ("RUN_NAME", "r1"), ("ACTION_NAME", "a3")];
    for (name, value) in variables.into_iter().chain(task.map(|task| ("FLYTE_INTERNAL_TASK_NAME", task))) {
        pod = pod.env(name, value);
    }
    pod
}

#[test]
fn a_pod_runs_the_task_that_flyte_names() {
    let directory = tempfile::tempdir().unwrap();
    let finished = pod(PODS, directory.path(), Some("whereabouts")).run().unwrap();
    assert_eq!(finished.to_string(), "exit code 0\n");
    let bytes = fs::read(directory.path().join("outputs/outputs.pb")).unwrap();
    let outputs = Outputs::decode(&*bytes).unwrap().literals;
    let value = sealkit::literal::from_literal(outputs[0].value.clone().unwrap()).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"["r1","a3","r1"]"#);
}

#[test]
fn an_argument_overrides_the_task_that_flyte_names() {
    // In a code bundle, Flyte knows the task under the name that it has in Python.
    let directory = tempfile::tempdir().unwrap();
    let pod = pod(PODS, directory.path(), Some("pipelines.whereabouts")).args("--task whereabouts");
    assert_eq!(pod.run().unwrap().to_string(), "exit code 0\n");
    assert!(directory.path().join("outputs/outputs.pb").exists());
}

#[test]
fn a_pod_that_cannot_find_its_task_or_its_inputs_writes_an_error() {
    let error = |pod: &dyn Fn(&Path) -> Program| {
        let directory = tempfile::tempdir().unwrap();
        let finished = pod(directory.path()).run().unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
        let bytes = fs::read(directory.path().join("outputs/error.pb")).unwrap();
        let error = ErrorDocument::decode(&*bytes).unwrap().error.unwrap();
        // Flyte starts a pod with a recoverable error of the system again forever.
        assert_eq!(error.origin, i32::from(ErrorOrigin::User));
        let kind = ContainerErrorKind::try_from(error.kind).unwrap();
        format!("{kind:?}: {}", error.message.replace(directory.path().to_str().unwrap(), "DIR"))
    };
    insta::assert_snapshot!(error(&|directory| pod(PODS, directory, None)), @"
    NonRecoverable: the task is not named: `--task` and $FLYTE_INTERNAL_TASK_NAME are missing
    hint: add `--task TASK`
    ");
    insta::assert_snapshot!(error(&|directory| pod(PODS, directory, Some("whereabout"))), @"
    NonRecoverable: no task is named `whereabout`
    hint: did you mean `whereabouts`?
    ");
    let with = |line: &'static str| error(&|directory| pod(PODS, directory, Some("whereabouts")).args(line));
    for line in ["--inputs {{.input}}", "--inputs"] {
        assert_eq!(with(line), "NonRecoverable: option `--inputs` is missing");
    }
    insta::assert_snapshot!(with("--inputs /nowhere/inputs.pb"), @"Recoverable: cannot read the inputs `/nowhere/inputs.pb`: No such file or directory");
}
