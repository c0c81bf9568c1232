//! Files of this machine as inputs of runs on a cluster, and files that pass between its pods.

use std::{fs, path::Path};

use serde_json::Value as Json;
use support::{ControlPlane, Finished, Home, Program, Python};

const TASKS: &str = env!("CARGO_BIN_EXE_file_tasks");

/// Starts a control plane whose pods read and write an S3 server.
fn start() -> (ControlPlane, Home) {
    let program = format!("--program=/app/tasks={TASKS}");
    let options = ["--strict", "--storage=s3://bucket", &program];
    let plane = ControlPlane::start(&Python::from_environment(), &options).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "").unwrap();
    (plane, home)
}

fn run(home: &Home, inputs: &[&str]) -> Finished {
    let program =
        home.sealkit("run --remote --skip-check --image registry/app:1 --program /app/tasks").arg(TASKS);
    inputs.iter().fold(program, Program::arg).run().unwrap()
}

fn output(home: &Home, inputs: &[&str]) -> String {
    let finished = run(home, inputs);
    assert_eq!(finished.code, Some(0), "{finished}");
    finished.stdout.trim_end().to_owned()
}

fn path_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn files_and_directories_of_this_machine_are_uploaded() {
    let (plane, home) = start();
    let directory = tempfile::tempdir().unwrap();
    let rows = directory.path().join("my rows.csv");
    fs::write(&rows, "1\n2\n3\n").unwrap();
    let finished = run(&home, &["sum", "--rows", path_of(&rows)]);
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "6\n"), "{finished}");
    assert!(finished.stderr.contains(&format!("Uploaded `{}` (0.0 MiB)\n", rows.display())), "{finished}");
    // The location and the digest are those of the official SDK.
    let uploads = plane.admin("GET", "/uploads", &Json::Null).unwrap();
    let md5_in_base32 = "YBYQ222PCXP2RD3ABMHGWYSAO4======";
    let is_sdk = |uri: &Json| {
        uri.as_str().is_some_and(|uri| uri.ends_with(&format!("/{md5_in_base32}/my%20rows.csv")))
    };
    assert!(uploads.iter().any(is_sdk), "{uploads:?}");

    let tree = directory.path().join("tree");
    let names = ["a.txt", "sub/a.txt", "sub/b c.txt", "x%20y"];
    for name in names {
        fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
        fs::write(tree.join(name), name).unwrap();
    }
    let listed = output(&home, &["list", "--tree", path_of(&tree)]);
    assert_eq!(serde_json::from_str::<Vec<String>>(&listed).unwrap(), names);

    // What is larger than a bundle may be, and larger than one read.
    let large = directory.path().join("large.bin");
    fs::write(&large, vec![b'.'; 3 << 20]).unwrap();
    assert_eq!(output(&home, &["length", "--file", path_of(&large)]), "3145728");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn files_pass_between_pods() {
    let (_plane, home) = start();
    assert_eq!(output(&home, &["write_and_sum", "--lines", "1000"]), "499500");
    let listed = output(&home, &["tree_and_list", "--paths", r#"["a b/100%.csv", "x"]"#]);
    assert_eq!(listed, r#"["a b/100%.csv","x"]"#);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn what_cannot_be_uploaded_is_an_error_before_the_run() {
    let (plane, home) = start();
    let directory = tempfile::tempdir().unwrap();
    let error = |inputs: &[&str]| {
        let finished = run(&home, inputs);
        assert!(finished.code == Some(2) && finished.stdout.is_empty(), "{finished}");
        finished.stderr.lines().find(|line| line.starts_with("error")).unwrap().to_owned()
    };
    let missing = error(&["sum", "--rows", "none.csv"]);
    let expected = "error: input `rows` cannot be `none.csv`: No such file or directory in `";
    assert!(missing.starts_with(expected), "{missing}");
    let empty = path_of(directory.path());
    assert_eq!(
        error(&["list", "--tree", empty]),
        format!("error: the directory `{empty}` has no files to upload")
    );
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join("link")).unwrap();
    assert_eq!(
        error(&["list", "--tree", empty]),
        format!("error: cannot upload `{empty}/link`: it is a symbolic link or a device")
    );
    assert!(plane.admin("GET", "/uploads", &Json::Null).unwrap().is_empty());
}
