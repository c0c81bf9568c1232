//! What a program tells of its tasks.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use sealkit_idl::{
    prost::Message as _,
    task::{Inputs, Outputs, TaskSpec},
};
use sealkit_names::{MountType, Request, nearest};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::error::{Error, Result};

/// A program with tasks.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    tasks: Vec<Task>,
    described: Vec<serde_json::Value>,
}

/// What is recorded of a task.
#[derive(Debug, Deserialize)]
pub struct Task {
    /// The name under which it is run.
    pub name: String,
    /// Whether it is a workflow.
    pub kind: Kind,
    /// The secrets that it asks for.
    pub secret_requests: Vec<SecretRequest>,
    /// What it takes and returns.
    pub interface: Interface,
    /// How often it is tried again when it fails.
    #[serde(default)]
    pub retries: u32,
    /// How long it may take.
    #[serde(default, deserialize_with = "seconds")]
    pub timeout: Option<Duration>,
}

/// What a task takes and returns, as the program tells it.
#[derive(Debug, Deserialize)]
pub struct Interface {
    /// The inputs.
    pub inputs: Vec<serde_json::Value>,
}

/// From `1.5s`.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.map(Some).ok_or_else(|| D::Error::custom("a length of time is `90s`"))
}

/// `task` or `workflow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Declared by `#[task]`.
    Task,
    /// Declared by `#[workflow]`.
    Workflow,
}

/// A secret that a task asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretRequest {
    /// The secret, within its group.
    pub key: String,
    /// The group.
    pub group: Option<String>,
    /// The version of the group.
    pub group_version: Option<String>,
    mount_requirement: String,
    /// The environment variable that it is wanted in.
    pub env_var: Option<String>,
}

impl SecretRequest {
    /// The same as the naming rules see it.
    pub fn request(&self) -> Request<'_> {
        Request {
            group: self.group.as_deref(),
            group_version: self.group_version.as_deref(),
            key: &self.key,
            mount: match &*self.mount_requirement {
                "FILE" => MountType::File,
                "ENV_VAR" => MountType::EnvVar,
                _ => MountType::Any,
            },
            env_var: self.env_var.as_deref(),
        }
    }
}

impl Program {
    /// Asks the program at `path` for its tasks.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or is none that calls `sealkit::main()`.
    pub fn open(path: &Path) -> Result<Self> {
        let output = run(path, ["describe", "--json"])?;
        let read = || {
            let described: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).ok()?;
            let tasks = described.iter().map(Task::deserialize).collect::<Result<_, _>>().ok()?;
            Some(Self { path: path.to_owned(), tasks, described })
        };
        output.status.success().then(read).flatten().ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            let said: String = said.lines().next().unwrap_or_default().chars().take(200).collect();
            let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
            Error::new(format!("`{}` does not tell its tasks{said}", path.display()))
                .with_hint("its `main` has to be: fn main() -> std::process::ExitCode { sealkit::main() }")
        })
    }

    /// All that is recorded of each task, in the same order.
    pub fn described(&self) -> &[serde_json::Value] {
        &self.described
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its tasks and workflows.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The task that is called `name`.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn task(&self, name: &str) -> Result<&Task> {
        let names = || self.tasks.iter().map(|task| &*task.name);
        self.tasks.iter().find(|task| task.name == name).ok_or_else(|| {
            let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
            let error = Error::usage(format!("no task is named `{shown}`"));
            match nearest(name, names()) {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint(format!("the tasks: {}", names().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// The inputs of `task` from what was typed: `--NAME VALUE` or `--NAME=VALUE`.
    ///
    /// # Errors
    ///
    /// When they do not fit; the program says how.
    pub fn inputs<A: AsRef<OsStr>>(&self, task: &Task, typed: impl IntoIterator<Item = A>) -> Result<Inputs> {
        let mut typed = typed.into_iter().peekable();
        if task.interface.inputs.is_empty() && typed.peek().is_none() {
            return Ok(Inputs::default());
        }
        let mut command = Command::new(&self.path);
        command.args(["inputs", &task.name]).args(typed);
        let output = command.stdin(Stdio::null()).output();
        let output = output
            .map_err(|error| Error::io(format!("`{}` cannot be started", self.path.display()), error))?;
        if output.status.success() {
            return Inputs::decode(&*output.stdout)
                .map_err(|_| Error::new(format!("`{}` has written malformed inputs", self.path.display())));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let message = said.lines().find_map(|line| line.strip_prefix("error: "));
        let error = Error::usage(message.unwrap_or("the inputs do not fit"));
        Err(match said.lines().find_map(|line| line.strip_prefix("hint: did you mean")) {
            Some(meant) => error.with_hint(format!("did you mean{meant}")),
            None => error,
        })
    }

    /// All that a cluster has to know of `task`, but for the image and where it goes.
    ///
    /// # Errors
    ///
    /// When the program does not tell.
    pub fn spec(&self, task: &Task) -> Result<TaskSpec> {
        let output = run(&self.path, ["spec", &task.name])?;
        let spec = TaskSpec::decode(&*output.stdout).ok().filter(|_| output.status.success());
        spec.ok_or_else(|| {
            let path = self.path.display();
            Error::new(format!("`{path}` does not tell what a cluster has to know of task `{}`", task.name))
                .with_hint("build it with the release of sealkit that this command is of")
        })
    }

    /// What `task` has returned, as JSON on a line.
    ///
    /// # Errors
    ///
    /// When it is not what the task returns.
    pub fn outputs(&self, task: &Task, outputs: &Outputs) -> Result<String> {
        let io = |error| Error::io(format!("`{}` cannot be asked", self.path.display()), error);
        let mut command = Command::new(&self.path);
        command
            .args(["outputs", &task.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut program = command.spawn().map_err(io)?;
        if let Some(mut stdin) = program.stdin.take() {
            // A program that does not read says why.
            let _ = stdin.write_all(&outputs.encode_to_vec());
        }
        let output = program.wait_with_output().map_err(io)?;
        let json = String::from_utf8(output.stdout).ok().filter(|_| output.status.success());
        json.ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().find_map(|line| line.strip_prefix("error: "));
            Error::new(said.unwrap_or("the output cannot be read"))
        })
    }
}

fn run<const N: usize>(path: &Path, arguments: [&str; N]) -> Result<std::process::Output> {
    let output = Command::new(path).args(arguments).stdin(Stdio::null()).output();
    output.map_err(|error| Error::io(format!("`{}` cannot be started", path.display()), error))
}
