//! The command line of a binary with tasks: it lists, describes and runs them.

mod answer;
mod arguments;
mod input_files;
mod interface;
mod listing;
mod panics;
mod pod;
mod run;

use std::{
    env,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use sealkit_idl::prost::Message as _;
use sealkit_protocol::{Code, Problem};

use self::arguments::Command;
pub(crate) use self::pod::SUPERVISED;
use crate::{
    Error, Session, TaskKind, TaskMetadata, Type, Variable, controller, registry, spec, storage::StorageError,
};

/// The `main` of a binary with tasks.
///
/// ```text
/// PROGRAM                                 runs the workflow `main` if it needs no inputs, otherwise prints the help
/// PROGRAM --help                          prints the help, with a list of the tasks
/// PROGRAM run TASK [--INPUT VALUE ...]    runs a task in this process and prints its output as JSON
/// PROGRAM run TASK --help                 prints the inputs, output and secrets of a task
/// PROGRAM describe [TASK] [--json]        prints the metadata of the tasks
/// PROGRAM inputs TASK [--INPUT VALUE ...] writes the inputs as Flyte's `task.Inputs`, for `execute`
/// PROGRAM outputs TASK                    reads Flyte's `task.Outputs` and prints the output as JSON
/// PROGRAM spec TASK                       writes Flyte's `task.TaskSpec`, without an image
/// PROGRAM describe-interface [TASK]       prints the interface of a task for `flyteplugins-rs`
/// PROGRAM execute --task TASK --inputs URI --outputs-path URI   runs a task as a pod, with Flyte's arguments
/// PROGRAM a0 --inputs URI --outputs-path URI   runs the task that Flyte names as a pod, as `flyteplugins-rs` starts it
/// ```
///
/// The output of a task goes to standard output, everything else to standard error. The exit code is 0 for success, 1 if the task
/// failed, and 2 if it could not be started.
///
/// Secrets that tasks have read are redacted in everything that the program prints to standard error, including panic messages on
/// any thread. A warning names the secrets that are too weak to be redacted reliably.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     sealkit::main()
/// }
/// ```
pub fn main() -> ExitCode {
    Session::new().main()
}

/// A problem that ends the program, with its exit code.
#[derive(Debug)]
struct ProgramError {
    exit_code: u8,
    problem: Box<Problem>,
}

impl ProgramError {
    /// The command line or the program itself is wrong: nothing was started.
    fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::not_started(Problem::new(Code::InvalidValue, message).with_hint(hint))
    }

    fn not_started(problem: Problem) -> Self {
        Self { exit_code: 2, problem: Box::new(problem) }
    }

    /// The task failed.
    fn task(problem: Problem) -> Self {
        Self { exit_code: 1, problem: Box::new(problem) }
    }
}

/// The command line or the program itself is wrong: nothing was started.
impl From<Error> for ProgramError {
    fn from(error: Error) -> Self {
        Self::not_started(error.into())
    }
}

/// The URI of a file is invalid.
impl From<StorageError> for ProgramError {
    fn from(error: StorageError) -> Self {
        let problem = Problem::new(Code::Configuration, error.message);
        Self::not_started(problem.with_optional_hint(error.hint.as_deref()))
    }
}

impl Session {
    /// Runs the command line of the program, as [`main`] does. The tasks belong to this session.
    pub fn main(&self) -> ExitCode {
        main_of(self)
    }
}

fn main_of(session: &Session) -> ExitCode {
    let program = env::args_os().next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().map_or_else(|| "PROGRAM".into(), |name| name.to_string_lossy());
    panics::redact(session);
    session.set_of_program();
    let outcome = perform(session, &program);
    warn_of_weak_secrets(session);
    remove_files(session, outcome.as_deref().unwrap_or_default());
    match outcome.and_then(|output| print_output(output.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ProgramError { exit_code, problem }) => {
            let text = format!("error: {problem:#}\n");
            print(io::stderr().lock(), &session.guard().redact_text(&text));
            ExitCode::from(exit_code)
        }
    }
}

/// Prints the output; a reader that closed the pipe is not an error.
fn print_output(output: &[u8]) -> Result<(), ProgramError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(output).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("cannot write to standard output: {}", sealkit_names::io_reason(&error));
            Err(ProgramError::task(Problem::new(Code::Io, message)))
        }
        _ => Ok(()),
    }
}

/// Removes the files that the tasks of this process have stored. Those of `output` are gone, too.
fn remove_files(session: &Session, output: &str) {
    let Some(directory) = session.run_directory().get() else { return };
    if directory.path().to_str().is_some_and(|path| output.contains(path)) {
        let note = "note: the files of the output are removed with the run; keep them: sealkit run --outputs DIR TARGET TASK\n";
        print(io::stderr().lock(), note);
    }
    directory.remove();
}

/// Warns of secrets that the guard cannot find reliably.
fn warn_of_weak_secrets(session: &Session) {
    // The engine warns once for all tasks.
    if controller::has_engine() {
        return;
    }
    let weak = session.known_secrets().weak().into_iter();
    let mut warnings: Vec<String> =
        weak.map(|(name, strength)| format!("warning: secret `{name}` {strength}\n")).collect();
    warnings.dedup();
    print(io::stderr().lock(), &warnings.concat());
}

fn perform(session: &Session, program: &str) -> Result<String, ProgramError> {
    let command =
        arguments::parse(lexopt::Parser::from_args(sealkit_process::arguments()), program, &is_flag)?;
    let run = format!("{program} run");
    match command {
        Command::Default => match registry::tasks()?.into_iter().find(|task| is_default(task)) {
            Some(task) => run::run(session, &run, task, Vec::new()),
            None => Ok(listing::help(program, &registry::tasks()?)),
        },
        Command::Help => Ok(listing::help(program, &registry::tasks()?)),
        Command::Describe { task, json } => {
            let tasks = match task {
                Some(name) => vec![registry::find(&name)?],
                None => registry::tasks()?,
            };
            if json { listing::json(&tasks) } else { Ok(listing::describe(&tasks)) }
        }
        Command::DescribeInterface { task } => {
            interface::describe(interface::find(task.as_deref(), program)?)
        }
        Command::TaskHelp { task } => Ok(listing::task_help(registry::find(&task)?, &run)),
        Command::Inputs { task, inputs } => {
            print_output(&run::to_inputs(&run, registry::find(&task)?, inputs)?.encode_to_vec())?;
            Ok(String::new())
        }
        Command::Outputs { task } => {
            let task = registry::find(&task)?;
            run::output_json(task, run::read_outputs(task, io::stdin().lock())?)
        }
        Command::Spec { task } => {
            print_output(&spec::task_spec(registry::find(&task)?).encode_to_vec())?;
            Ok(String::new())
        }
        Command::Execute(pod) => pod::execute(session, &pod, program),
        Command::Answer => answer::answer(session, program),
        Command::Run { task, inputs } => run::run(session, &run, registry::find(&task)?, inputs),
    }
}

/// Returns whether the program runs this task if it has no arguments.
fn is_default(task: &TaskMetadata) -> bool {
    let required = |input: &Variable| !input.is_optional();
    task.name() == "main"
        && task.kind() == TaskKind::Workflow
        && !task.interface().inputs.iter().any(required)
}

/// Returns whether an input is boolean, so that its name alone means `true`. `None` if the task has no such input.
fn is_flag(task: &str, input: &str) -> Option<bool> {
    Some(match run::find_input(registry::find(task).ok()?, input)?.r#type {
        Type::Optional(inner) => matches!(inner, Type::Boolean),
        other => matches!(other, Type::Boolean),
    })
}

/// Prints text to standard error, where errors cannot be reported.
fn print(mut output: impl Write, text: &str) {
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
