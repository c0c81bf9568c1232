//! Deployments of versions that are already registered.

use support::{ControlPlane, Home, Terminal};

use crate::setup::start;

const TASKS: &str = env!("CARGO_BIN_EXE_remote");

fn deploy(plane: &ControlPlane, home: &Home, options: &str, task: &str) -> String {
    let program = home.sealkit("deploy --program /app/tasks").args(options).arg(TASKS).args(task);
    program.run().unwrap().to_string().replace(plane.endpoint(), "PLANE")
}

fn deployments(plane: &ControlPlane) -> usize {
    plane.requests("DeployTask").unwrap().len()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_version_is_not_replaced_without_force() {
    let (plane, home) = start(&[]);
    let first = deploy(&plane, &home, "--image app:1 --version v1", "t2");
    assert!(first.contains("Deployed task `t2`"), "{first}");
    insta::assert_snapshot!(deploy(&plane, &home, "--image app:1 --version v1", "t2"), @r#"
    exit code 0
    -- stdout
    t2 v1
    -- stderr
    Task `t2` is already deployed to project `flytesnacks`, domain `development`
    "#);
    insta::assert_snapshot!(deploy(&plane, &home, "--image app:2 --version v1", "t2"), @r#"
    exit code 1
    -- stderr
    error: version `v1` of task `t2` is already deployed with image `app:1`; nothing was deployed
    hint: choose another version with --version, or replace it with --force
    "#);
    insta::assert_snapshot!(deploy(&plane, &home, "--image app:1 --env A=b --version v1", "t2"), @r#"
    exit code 1
    -- stderr
    error: version `v1` of task `t2` is already deployed with another specification; nothing was deployed
    hint: choose another version with --version, or replace it with --force
    "#);
    // Nothing is deployed if one of several tasks is refused.
    assert!(deploy(&plane, &home, "--image app:2 --version v1", "").contains("nothing was deployed"));
    assert_eq!(deployments(&plane), 1);
    let forced = deploy(&plane, &home, "--image app:2 --version v1 --force", "t2");
    assert!(forced.contains("Deployed task `t2`"), "{forced}");
    let other = deploy(&plane, &home, "--image app:1 --version v2", "t2");
    assert!(other.contains("Deployed task `t2`"), "{other}");
    assert_eq!(deployments(&plane), 3);
    // The default version is different for another image.
    for image in ["app:1", "app:2"] {
        assert!(deploy(&plane, &home, &format!("--image {image}"), "t2").contains("Deployed task `t2`"));
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_terminal_asks_before_a_version_is_replaced() {
    let (plane, home) = start(&[]);
    deploy(&plane, &home, "--image app:1 --version v1", "t2");
    let home_path = home.path().to_string_lossy().into_owned();
    for (answer, code) in [("n\n", 1), ("y\n", 0)] {
        let arguments =
            ["deploy", "--program", "/app/tasks", "--image", "app:2", "--version", "v1", TASKS, "t2"];
        let mut terminal = Terminal::start(home.command(), arguments, &[("HOME", &home_path)], 200).unwrap();
        terminal.until("Replace it?").unwrap();
        terminal.send(answer).unwrap();
        let (exit, seen, _) = terminal.finish().unwrap();
        assert_eq!(exit, Some(code), "{seen}");
        assert!(seen.contains("version `v1` of task `t2` is already deployed with image `app:1`"), "{seen}");
    }
    assert_eq!(deployments(&plane), 2);
}
