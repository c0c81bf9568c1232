//! Control planes that run the tasks of a program, and the output of such runs.

use support::{ControlPlane, Finished, Home, Python};

/// A program with tasks, which the control plane starts for the path `/app/tasks` of an image.
pub(crate) const TASKS: &str = env!("CARGO_BIN_EXE_remote");
const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

/// Starts a control plane with two secrets, and configures a home directory for it.
pub(crate) fn start(options: &[&str]) -> (ControlPlane, Home) {
    let python = Python::from_environment();
    let program = format!("--program=/app/tasks={TASKS}");
    let options: Vec<&str> = options.iter().copied().chain([&*program, "--strict"]).collect();
    let plane = ControlPlane::start(&python, &options).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let (client, secret) = plane.client();
    let path = home.path().join("client-secret");
    std::fs::write(&path, secret).unwrap();
    let client = format!("  clientId: {client}\n  clientSecretLocation: {}\n", path.display());
    plane.configure(&home, if options.contains(&"--auth") { &client } else { "" }).unwrap();
    for name in ["my_secret", "my_file_secret"] {
        let created = home.sealkit("create secret --remote -f -").arg(name).input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    (plane, home)
}

/// Runs a task of the program on the cluster.
pub(crate) fn run_remote(home: &Home, line: &str) -> Finished {
    run_remote_with(home, "", line)
}

/// Runs a task of the program on the cluster with `options` of the command.
pub(crate) fn run_remote_with(home: &Home, options: &str, line: &str) -> Finished {
    let command = format!("run --remote --image registry/app:1 --program /app/tasks {options}");
    home.sealkit(&command).arg(TASKS).args(line).run().unwrap()
}

/// Returns the output with a fixed run name and times, without log lines: their order is not fixed.
pub(crate) fn normalize(finished: &Finished, plane: &ControlPlane) -> String {
    let mut normalized = String::new();
    for line in finished.to_string().replace(plane.endpoint(), "PLANE").lines() {
        let line = match line.split_once("run r") {
            Some((before, after)) => {
                format!("{before}run NAME{}", &after[after.find([':', ' ']).unwrap_or(after.len())..])
            }
            None => line.to_owned(),
        };
        let line =
            line.split_once("/runs/").map_or(line.clone(), |(before, _)| format!("{before}/runs/NAME"));
        let line = match line.split_once(" in ") {
            Some((before, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
                let reason = rest.find(": ").map_or("", |at| &rest[at..]);
                format!("{before} in TIME{reason}")
            }
            _ => line,
        };
        if !line.contains(" | ") {
            normalized += &(line + "\n");
        }
    }
    normalized
}

/// Starts a task without waiting for its end, and returns the name of the run.
pub(crate) fn start_detached(home: &Home, line: &str) -> String {
    let finished = run_remote_with(home, "--detach", line);
    assert_eq!(finished.code, Some(0), "{finished}");
    finished.stdout.trim().to_owned()
}

/// Returns the name of the run that the command has started.
pub(crate) fn run_name(finished: &Finished) -> String {
    let after = finished.stderr.split_once("Started run ").unwrap().1;
    after.split(':').next().unwrap().to_owned()
}
