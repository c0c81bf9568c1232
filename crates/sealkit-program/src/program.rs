//! A program with tasks.

use std::{
    ffi::OsStr,
    io,
    os::{fd::BorrowedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustix::process::Pid;
use sealkit_idl::task::{Inputs, Outputs, TaskSpec};
use sealkit_names::{closest, escape, nearest};
use sealkit_protocol::{
    Problem, Task,
    description::{SecretRequest, TaskKind},
    mounts::SecretVariable,
    query::{Help, InputArguments, Question, Reply, SecretName, SecretNames, TaskOutputs},
};
use zeroize::Zeroizing;

use crate::{
    error::{BUILD_AGAIN, Error, Result},
    fork_server::{ForkServer, Variables},
    query::{self, Conversation},
};

/// A program with tasks.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    timeout: Duration,
    tasks: Vec<Task>,
    /// The process that answers questions, once there was one.
    conversation: Mutex<Option<Conversation>>,
    fork_server: Option<ForkServer>,
}

/// The tasks that a run may start.
#[derive(Debug)]
pub struct ReachableTasks<'p> {
    /// The task itself and the tasks that it calls according to the declared `calls`, transitively.
    pub required: Vec<&'p Task>,
    /// All other tasks, if one of the required ones is a workflow that does not declare its calls.
    pub possible: Vec<&'p Task>,
}

impl Program {
    /// Opens the program at `path` and reads the description of its tasks. It has `timeout` to answer each question.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started, its `main` does not call `sealkit::main()`, or it was built with a version
    /// of sealkit that this one does not understand.
    pub fn open(path: &Path, timeout: Duration) -> Result<Self> {
        Self::describe(path, timeout, Conversation::start(path)?, None)
    }

    /// Opens the program as [`open`](Self::open) does, and makes it able to [`fork`](Self::fork) processes with these variables. The
    /// calling thread has to live as long as these processes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`open`](Self::open).
    pub fn open_with_fork_server(path: &Path, timeout: Duration, variables: &Variables) -> Result<Self> {
        let (conversation, fork_server) = Conversation::start_with_fork_server(path, variables)?;
        Self::describe(path, timeout, conversation, Some(fork_server))
    }

    fn describe(
        path: &Path,
        timeout: Duration,
        conversation: Conversation,
        fork_server: Option<ForkServer>,
    ) -> Result<Self> {
        let (path, conversation) = (path.to_owned(), Mutex::new(Some(conversation)));
        let mut program = Self { path, timeout, tasks: Vec::new(), conversation, fork_server };
        if let Reply::Description(json) = program.ask(Question::Describe(()))? {
            program.tasks = serde_json::from_str(&json).map_err(|error| {
                let path = program.path.display();
                Error::new(format!("cannot read the description of `{path}`: {error}")).with_hint(BUILD_AGAIN)
            })?;
            return Ok(program);
        }
        Err(query::unexpected(&program.path))
    }

    /// Forks a process of the program, before its `main`, with this standard input, output and error. It has to receive a
    /// [`start_message`](crate::start_message) on its standard input next, with `variables` and perhaps more of the engine.
    ///
    /// Returns `None` if the process has to be started: the program has no fork server, or one with other variables, which libraries
    /// may have read.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for another process.
    pub fn fork(&self, variables: &Variables, files: [BorrowedFd<'_>; 3]) -> io::Result<Option<Pid>> {
        self.fork_server.as_ref().map_or(Ok(None), |server| server.fork(variables, files))
    }

    /// Ends the process that answers questions. The next question starts another one.
    pub fn disconnect(&self) {
        drop(self.conversation().take());
    }

    fn conversation(&self) -> MutexGuard<'_, Option<Conversation>> {
        self.conversation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the program. After an error, the next question starts it again.
    fn query(&self, question: Question) -> Result<Result<(Reply, Vec<SecretVariable>), Problem>> {
        let mut current = self.conversation();
        let mut conversation = match current.take() {
            Some(conversation) => conversation,
            None => Conversation::start(&self.path)?,
        };
        let answer = conversation.ask(&self.path, self.timeout, question)?;
        *current = Some(conversation);
        Ok(answer)
    }

    fn ask(&self, question: Question) -> Result<Reply> {
        let (reply, _) = self.query(question)??;
        Ok(reply)
    }

    fn ask_for_text(&self, question: Question) -> Result<String> {
        match self.ask(question)? {
            Reply::Text(text) => Ok(text),
            _ => Err(query::unexpected(&self.path)),
        }
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
    /// Returns an error if the program does not answer.
    pub fn description(&self, task: Option<&Task>) -> Result<String> {
        self.ask_for_text(Question::List(task.map(|task| task.name.clone()).unwrap_or_default()))
    }

    /// Returns the help of `task`, as the program prints it; `command` runs the task, such as `sealkit run PROGRAM`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not answer.
    pub fn help(&self, task: &Task, command: &str) -> Result<String> {
        self.ask_for_text(Question::Help(Help { task: task.name.clone(), command: command.to_owned() }))
    }

    /// Parses the inputs of `task` from command-line arguments: `--NAME VALUE` or `--NAME=VALUE`. `command` runs the task, such as
    /// `sealkit run PROGRAM`.
    ///
    /// # Errors
    ///
    /// Returns an error if they do not match the declared inputs; the program says why.
    pub fn inputs<A: AsRef<OsStr>>(
        &self,
        task: &Task,
        arguments: impl IntoIterator<Item = A>,
        command: &str,
    ) -> Result<Inputs> {
        let arguments: Vec<Vec<u8>> =
            arguments.into_iter().map(|argument| argument.as_ref().as_bytes().to_vec()).collect();
        if task.interface.inputs.is_empty() && arguments.is_empty() {
            return Ok(Inputs::default());
        }
        let (task, command) = (task.name.clone(), command.to_owned());
        let question = Question::Inputs(InputArguments { task, arguments, command });
        match self.query(question)?.map_err(|problem| Error::from(problem).into_usage())? {
            (Reply::Inputs(inputs), _) => Ok(inputs),
            _ => Err(query::unexpected(&self.path)),
        }
    }

    /// Returns the values of secrets that the program itself finds: in its providers, or in the variables and files of its environment.
    /// The values are in the order of the requests. If the secrets are `optional`, a provider that fails counts as one that does not have
    /// the secret.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not answer, or one of its providers fails.
    pub fn secrets(
        &self,
        requests: &[&SecretRequest],
        optional: bool,
    ) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>> {
        let name =
            |request: &&SecretRequest| SecretName { group: request.group.clone(), key: request.key.clone() };
        let question =
            Question::Secrets(SecretNames { names: requests.iter().map(name).collect(), optional });
        match self.query(question)?? {
            (Reply::Secrets(()), found) => {
                let mut values: Vec<_> = requests.iter().map(|_| None).collect();
                for secret in found {
                    let index: Option<usize> = secret.name.parse().ok();
                    let value = index.and_then(|index| values.get_mut(index));
                    *value.ok_or_else(|| query::unexpected(&self.path))? = Some(secret.value);
                }
                Ok(values)
            }
            _ => Err(query::unexpected(&self.path)),
        }
    }

    /// Returns the task specification for a cluster, without an image.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not answer.
    pub fn spec(&self, task: &Task) -> Result<TaskSpec> {
        match self.ask(Question::Spec(task.name.clone()))? {
            Reply::Spec(spec) => Ok(*spec),
            _ => Err(query::unexpected(&self.path)),
        }
    }

    /// Returns the output of `task` as one line of JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if `outputs` do not match the type that the task returns.
    pub fn outputs(&self, task: &Task, outputs: Outputs) -> Result<String> {
        self.ask_for_text(Question::Output(TaskOutputs { task: task.name.clone(), outputs }))
    }
}

fn unknown_task(name: &str, tasks: &[Task]) -> Error {
    let names = || tasks.iter().map(|task| &*task.name);
    let error = Error::usage(format!("no task is named `{}`", escape(name)));
    match nearest(name, names()) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None if tasks.is_empty() => {
            error.with_hint("the program has no tasks: annotate a function with `#[task]`")
        }
        None => error.with_hint(format!("the tasks: {}", closest(name, names()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn program(tasks: &[(&str, &str, Option<&[&str]>)]) -> Program {
        let task = |(name, kind, calls): &(&str, &str, Option<&[&str]>)| {
            let mut task =
                json!({"name": name, "kind": kind, "secret_requests": [], "interface": {"inputs": []}});
            if let Some(calls) = calls {
                task["calls"] = json!(calls);
            }
            serde_json::from_value(task).unwrap()
        };
        let tasks = tasks.iter().map(task).collect();
        Program {
            path: PathBuf::new(),
            timeout: Duration::ZERO,
            tasks,
            conversation: Mutex::default(),
            fork_server: None,
        }
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
}
