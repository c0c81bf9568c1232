//! Pipelines in Python that call sealkit tasks, run by the official SDK and the official launcher of Rust tasks.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Python};
use tempfile::TempDir;

use crate::setup;

const PROGRAM: &str = env!("CARGO_BIN_EXE_example_count_rows");
const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

/// Starts a control plane with a secret, where Python and the program are as in their images.
fn start() -> ControlPlane {
    let entrypoint = format!("--program=a0={}", Python::from_environment().tool("a0").display());
    let program = format!("--program=/usr/local/bin/count_rows={PROGRAM}");
    // The official SDK does not create directories for outputs.
    let (plane, home) = setup::start(&[&entrypoint, &program, "--storage=s3://bucket", "--strict"]);
    let created = home.sealkit("create secret my_secret --remote -f -").input(VALUE).run().unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    plane
}

/// Copies the Python files of the example.
fn project() -> TempDir {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/python");
    let directory = tempfile::tempdir().unwrap();
    for file in fs::read_dir(example).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "py") {
            fs::copy(&file, directory.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    directory
}

/// Runs a pipeline, and checks that only the pod of its task has the secret. Returns the arguments of that pod.
fn run(plane: &ControlPlane, project: &TempDir, file: &str) -> Vec<String> {
    let finished = plane.pipeline(project.path(), &format!("{file} pipeline table=users")).unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    // The length of the name and of the secret.
    assert!(finished.stdout.ends_with("users has 23 rows\n"), "{finished}");
    assert!(!finished.to_string().contains(VALUE), "{finished}");
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    let values: Vec<&Json> = pods.iter().map(|pod| &pod["environment"]["_UNION_MY_SECRET"]).collect();
    assert_eq!(values, [&Json::Null, &json!(VALUE)]);
    assert!(pods.iter().all(|pod| pod["exit"] == 0), "{pods:?}");
    serde_json::from_value(pods[1]["arguments"].clone()).unwrap()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_pipeline_calls_a_task_that_the_official_launcher_describes() {
    let (plane, project) = (start(), project());
    fs::create_dir_all(project.path().join("target/debug")).unwrap();
    symlink(PROGRAM, project.path().join("target/debug/count_rows")).unwrap();
    let generated = || fs::read_to_string(project.path().join("_generated_interface.py")).unwrap();
    let committed = generated();
    let arguments = run(&plane, &project, "rust_task.py");
    assert_eq!(arguments[..3], [PROGRAM, "a0", "--inputs"]);
    // The launcher writes the interface again if it has changed.
    assert_eq!(generated(), committed);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_pipeline_calls_a_task_in_its_own_code_bundle() {
    let (plane, project) = (start(), project());
    // The program itself is so large that the SDK takes a minute to compress it.
    let program = project.path().join("count_rows");
    fs::write(&program, format!("#!/bin/sh\nexec {PROGRAM} \"$@\"\n")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let arguments = run(&plane, &project, "same_bundle.py");
    assert!(arguments[0].ends_with("/a0"), "{arguments:?}");
    assert!(arguments.ends_with(&["--", "count_rows", "execute", "--task", "count_rows"].map(str::to_owned)));
}
