//! A program with tasks, and the metadata of its tasks.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
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
    metadata: Vec<serde_json::Value>,
}

/// The metadata of a task, as the engine needs it.
#[derive(Debug, Deserialize)]
pub struct Task {
    /// The name under which it is run.
    pub name: String,
    /// Whether it is a task or a workflow.
    pub kind: TaskKind,
    /// The documentation.
    #[serde(default)]
    pub docs: String,
    /// The secrets that it requests.
    pub secret_requests: Vec<SecretRequest>,
    /// Its inputs and outputs.
    pub interface: Interface,
    /// The names of the tasks that it calls, if it declares them.
    pub calls: Option<Vec<String>>,
    /// The number of retries after a failure.
    #[serde(default)]
    pub retries: u32,
    /// The time limit of each attempt.
    #[serde(default, deserialize_with = "seconds")]
    pub timeout: Option<Duration>,
}

/// The inputs of a task, as the program describes them.
#[derive(Debug, Deserialize)]
pub struct Interface {
    /// The inputs.
    pub inputs: Vec<Input>,
}

/// An input of a task.
#[derive(Debug, Deserialize)]
pub struct Input {
    /// The name.
    pub name: String,
    r#type: serde_json::Value,
}

impl Input {
    /// Returns the name of its type, such as `list of integer`, the name of a struct, or the variants of an enum.
    pub fn type_name(&self) -> String {
        type_name(&self.r#type)
    }
}

fn type_name(r#type: &serde_json::Value) -> String {
    let composite = r#type.as_object().and_then(|r#type| r#type.iter().next());
    match composite {
        Some((kind, inner)) if kind == "list" || kind == "map" => format!("{kind} of {}", type_name(inner)),
        Some((kind, inner)) if kind == "optional" => format!("optional {}", type_name(inner)),
        Some((kind, inner)) if kind == "enum" => {
            let variants = inner["variants"].as_array().into_iter().flatten();
            variants.filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join("|")
        }
        Some((_, inner)) => inner["name"].as_str().unwrap_or_default().to_owned(),
        None => r#type.as_str().unwrap_or_default().to_owned(),
    }
}

/// The tasks that a run may start.
#[derive(Debug)]
pub struct ReachableTasks<'p> {
    /// The task itself and the tasks that it calls according to the declared `calls`, transitively.
    pub required: Vec<&'p Task>,
    /// All other tasks, if one of the required ones is a workflow that does not declare its calls.
    pub possible: Vec<&'p Task>,
}

/// Reads a duration such as `1.5s`.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.map(Some).ok_or_else(|| D::Error::custom("expected a duration such as `90s`"))
}

/// Whether a function is a task or a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Declared by `#[task]`.
    Task,
    /// Declared by `#[workflow]`.
    Workflow,
}

/// A secret that a task requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretRequest {
    /// The key, which is unique within the group.
    pub key: String,
    /// The group.
    pub group: Option<String>,
    /// The version of the group.
    pub group_version: Option<String>,
    mount_requirement: String,
    /// The environment variable that holds the value, or the path of its file.
    pub env_var: Option<String>,
}

impl SecretRequest {
    /// Returns the same request in the form that the naming rules take.
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
    /// Opens the program at `path` and reads the metadata of its tasks.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started, or its `main` does not call `sealkit::main()`.
    pub fn open(path: &Path) -> Result<Self> {
        let output = run(path, &["describe", "--json"])?;
        let parse = || {
            let metadata: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).ok()?;
            let tasks = metadata.iter().map(Task::deserialize).collect::<Result<_, _>>().ok()?;
            Some(Self { path: path.to_owned(), tasks, metadata })
        };
        output.status.success().then(parse).flatten().ok_or_else(|| no_description(path, &output))
    }

    /// Returns the complete metadata of each task, in the order of [`tasks`](Self::tasks).
    pub fn metadata(&self) -> &[serde_json::Value] {
        &self.metadata
    }

    /// Returns the path of the program.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its tasks and workflows.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Returns the task called `name`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such task.
    pub fn task(&self, name: &str) -> Result<&Task> {
        self.tasks.iter().find(|task| task.name == name).ok_or_else(|| unknown_task(name, &self.tasks))
    }

    /// Returns the tasks that a run of `task` may start.
    pub fn reachable<'p>(&'p self, task: &'p Task) -> ReachableTasks<'p> {
        let is_in = |tasks: &[&Task], name: &str| tasks.iter().any(|task| task.name == name);
        let (mut required, mut is_open, mut next) = (vec![task], false, 0);
        while let Some(task) = required.get(next).copied() {
            is_open |= task.calls.is_none() && task.kind == TaskKind::Workflow;
            for name in task.calls.iter().flatten() {
                let callee = self.tasks.iter().find(|task| task.name == *name);
                required.extend(callee.filter(|_| !is_in(&required, name)));
            }
            next += 1;
        }
        let others = self.tasks.iter().filter(|task| is_open && !is_in(&required, &task.name));
        ReachableTasks { possible: others.collect(), required }
    }

    /// Returns the description of one task or of all tasks, as the program prints it.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not print one.
    pub fn description(&self, task: Option<&Task>) -> Result<String> {
        let mut arguments = vec!["describe"];
        arguments.extend(task.map(|task| &*task.name));
        self.text(&arguments)
    }

    /// Returns the help of `task`, as the program prints it; `command` runs the task, such as `sealkit run PROGRAM`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not print it.
    pub fn help(&self, task: &Task, command: &str) -> Result<String> {
        self.text(&["help", &task.name, command])
    }

    fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = run(&self.path, arguments)?;
        let text = String::from_utf8(output.stdout.clone()).ok().filter(|_| output.status.success());
        text.ok_or_else(|| no_description(&self.path, &output))
    }

    /// Parses the inputs of `task` from command-line arguments: `--NAME VALUE` or `--NAME=VALUE`.
    ///
    /// # Errors
    ///
    /// Returns an error if they do not match the declared inputs; the program says why.
    pub fn inputs<A: AsRef<OsStr>>(
        &self,
        task: &Task,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Inputs> {
        let mut arguments = arguments.into_iter().peekable();
        if task.interface.inputs.is_empty() && arguments.peek().is_none() {
            return Ok(Inputs::default());
        }
        let mut command = Command::new(&self.path);
        command.args(["inputs", &task.name]).args(arguments);
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| cannot_start(&self.path, error))?;
        if output.status.success() {
            return Inputs::decode(&*output.stdout)
                .map_err(|_| Error::new(format!("`{}` wrote malformed inputs", self.path.display())));
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let message = stderr.lines().find_map(|line| line.strip_prefix("error: "));
        let error = Error::usage(message.unwrap_or("invalid inputs"));
        Err(match stderr.lines().find_map(|line| line.strip_prefix("hint: did you mean")) {
            Some(suggestion) => error.with_hint(format!("did you mean{suggestion}")),
            None => error,
        })
    }

    /// Returns the task specification for a cluster, without an image.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not provide one.
    pub fn spec(&self, task: &Task) -> Result<TaskSpec> {
        let output = run(&self.path, &["spec", &task.name])?;
        let spec = TaskSpec::decode(&*output.stdout).ok().filter(|_| output.status.success());
        spec.ok_or_else(|| {
            let path = self.path.display();
            Error::new(format!("`{path}` does not provide a specification of task `{}`", task.name))
                .with_hint("build it with the same version of sealkit as this command")
        })
    }

    /// Returns the output of `task` as one line of JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if `outputs` do not match the type that the task returns.
    pub fn outputs(&self, task: &Task, outputs: &Outputs) -> Result<String> {
        let mut command = Command::new(&self.path);
        command
            .args(["outputs", &task.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut program = command.spawn().map_err(|error| cannot_start(&self.path, error))?;
        if let Some(mut stdin) = program.stdin.take() {
            // A program that does not read its input reports why.
            let _ = stdin.write_all(&outputs.encode_to_vec());
        }
        let output = program.wait_with_output().map_err(|error| cannot_start(&self.path, error))?;
        let json = String::from_utf8(output.stdout).ok().filter(|_| output.status.success());
        json.ok_or_else(|| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let message = stderr.lines().find_map(|line| line.strip_prefix("error: "));
            Error::new(message.unwrap_or("cannot read the output"))
        })
    }
}

fn run(path: &Path, arguments: &[&str]) -> Result<Output> {
    let output = Command::new(path).args(arguments).stdin(Stdio::null()).output();
    output.map_err(|error| cannot_start(path, error))
}

fn cannot_start(path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("cannot start `{}`", path.display()), error)
}

fn no_description(path: &Path, output: &Output) -> Error {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line: String = stderr.lines().next().unwrap_or_default().chars().take(200).collect();
    let line = if line.is_empty() { String::new() } else { format!(": {line}") };
    Error::new(format!("`{}` does not describe its tasks{line}", path.display()))
        .with_hint("call sealkit in its `main`: fn main() -> std::process::ExitCode { sealkit::main() }")
}

fn unknown_task(name: &str, tasks: &[Task]) -> Error {
    let names = || tasks.iter().map(|task| &*task.name);
    let escaped: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    let error = Error::usage(format!("no task is named `{escaped}`"));
    match nearest(name, names()) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("the tasks: {}", names().collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn program(tasks: &[(&str, &str, Option<&[&str]>)]) -> Program {
        let metadata = tasks.iter().map(|(name, kind, calls)| {
            json!({"name": name, "kind": kind, "secret_requests": [], "interface": {"inputs": []}, "calls": calls})
        });
        let metadata: Vec<serde_json::Value> = metadata.collect();
        let tasks = metadata.iter().map(|task| Task::deserialize(task).unwrap()).collect();
        Program { path: PathBuf::new(), tasks, metadata }
    }

    #[test]
    fn declared_calls_limit_the_tasks_of_a_run() {
        let program = program(&[
            ("closed", "workflow", Some(&["a", "half"])),
            ("half", "task", Some(&["b", "closed"])),
            ("open", "workflow", None),
            ("nested", "workflow", Some(&["open"])),
            ("nothing", "workflow", Some(&[])),
            ("a", "task", None),
            ("b", "task", None),
        ]);
        let names = |tasks: &[&Task]| tasks.iter().map(|task| &*task.name).collect::<Vec<_>>().join(" ");
        let reachable = |task: &str| {
            let ReachableTasks { required, possible } = program.reachable(program.task(task).unwrap());
            format!("{} | {}", names(&required), names(&possible))
        };
        assert_eq!(reachable("closed"), "closed a half b | ");
        assert_eq!(reachable("open"), "open | closed half nested nothing a b");
        assert_eq!(reachable("nested"), "nested open | closed half nothing a b");
        assert_eq!(reachable("nothing"), "nothing | ");
        assert_eq!(reachable("a"), "a | ");
    }

    #[test]
    fn types_are_named() {
        for (r#type, name) in [
            (json!("integer"), "integer"),
            (json!({"list": {"optional": "string"}}), "list of optional string"),
            (json!({"map": {"list": "date"}}), "map of list of date"),
            (json!({"enum": {"name": "Colour", "variants": ["Red", "Blue"]}}), "Red|Blue"),
            (json!({"optional": {"struct": {"name": "Point", "fields": []}}}), "optional Point"),
        ] {
            assert_eq!(type_name(&r#type), name);
        }
    }
}
