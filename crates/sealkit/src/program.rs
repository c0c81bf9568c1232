//! The program of a binary with tasks: lists, describes and runs them.

mod arguments;
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

use self::arguments::Command;
use crate::{
    Error, Session, TaskKind, TaskMetadata, Variable, controller, registry, spec, storage::StorageError,
};

/// The `main` of a binary with tasks.
///
/// ```text
/// PROGRAM                                 runs the workflow `main`, if it needs no inputs; else as --help
/// PROGRAM --help                          shows the tasks
/// PROGRAM run TASK [--INPUT VALUE ...]    runs a task here and prints its output as JSON
/// PROGRAM describe [TASK] [--json]        shows what is recorded of the tasks
/// PROGRAM inputs TASK [--INPUT VALUE ...] writes the inputs as Flyte's `task.Inputs`, for `execute`
/// PROGRAM outputs TASK                    reads Flyte's `task.Outputs`, and prints the output as JSON
/// PROGRAM spec TASK                       writes Flyte's `task.TaskSpec`, without an image
/// PROGRAM execute --task TASK --inputs URI --outputs-path URI   runs a task as a pod, as Flyte starts it
/// ```
///
/// The output of a task goes to standard output, everything else to standard error. The exit code is 0 if all
/// went well, 1 if the task failed, and 2 if it could not be started.
///
/// Secrets that tasks have read are redacted in what it prints to standard error, also in messages of panics, on any thread.
/// Those that are too weak to be told from ordinary text are named in a warning.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     sealkit::main()
/// }
/// ```
pub fn main() -> ExitCode {
    Session::new().main()
}

/// Why the program ends without success.
#[derive(Debug)]
struct Fault {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), hint: Some(hint.into()) }
    }
}

/// Nothing was started: the command line or the program itself is wrong.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { code: 2, message: format!("{error:#}"), hint: error.hint().map(str::to_owned) }
    }
}

/// The place of a file makes no sense.
impl From<StorageError> for Fault {
    fn from(refusal: StorageError) -> Self {
        Self { code: 2, message: refusal.message, hint: refusal.hint }
    }
}

pub(crate) fn main_of(session: &Session) -> ExitCode {
    let program = env::args_os().next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().map_or_else(|| "PROGRAM".into(), |name| name.to_string_lossy());
    panics::redact(session);
    let outcome = perform(session, &program);
    warn_of_weak_secrets(session);
    match outcome {
        Ok(output) => print(io::stdout().lock(), &output),
        Err(Fault { code, message, hint }) => {
            let hint = hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            let text = format!("error: {message}\n{hint}");
            print(io::stderr().lock(), &session.guard().redact_text(&text));
            return ExitCode::from(code);
        }
    }
    ExitCode::SUCCESS
}

/// A secret that is not guarded is never passed over in silence.
fn warn_of_weak_secrets(session: &Session) {
    // Where there is an engine, it warns once for all tasks.
    if controller::has_engine() {
        return;
    }
    let weak = session.known_secrets().weak().into_iter();
    let mut warnings: Vec<String> =
        weak.map(|(name, strength)| format!("warning: secret `{name}` {strength}\n")).collect();
    warnings.dedup();
    print(io::stderr().lock(), &warnings.concat());
}

fn perform(session: &Session, program: &str) -> Result<String, Fault> {
    let command = arguments::parse(lexopt::Parser::from_env(), program)?;
    match command {
        Command::Plain => match registry::tasks()?.into_iter().find(|task| is_plain(task)) {
            Some(task) => run::run(session, program, task, Vec::new()),
            None => Ok(listing::help(program, &registry::tasks()?)),
        },
        Command::Help => Ok(listing::help(program, &registry::tasks()?)),
        Command::Describe { task, json } => {
            let tasks = match task {
                Some(name) => vec![registry::find(&name)?],
                None => registry::tasks()?,
            };
            if json { listing::json(&tasks) } else { Ok(listing::described(&tasks)) }
        }
        Command::RunHelp { task } => Ok(listing::run_help(program, registry::find(&task)?)),
        Command::Inputs { task, inputs } => {
            print_bytes(&run::encode_inputs(program, registry::find(&task)?, inputs)?);
            Ok(String::new())
        }
        Command::Outputs { task } => run::decode_outputs(registry::find(&task)?, io::stdin().lock()),
        Command::Spec { task } => {
            print_bytes(&spec::task_spec(registry::find(&task)?).encode_to_vec());
            Ok(String::new())
        }
        Command::Execute(pod) => pod::execute(session, &pod),
        Command::Run { task, inputs } => run::run(session, program, registry::find(&task)?, inputs),
    }
}

/// Whether the program runs this task when nothing is typed.
fn is_plain(task: &TaskMetadata) -> bool {
    let required = |input: &Variable| !input.r#type.is_optional();
    task.name() == "main"
        && task.kind() == TaskKind::Workflow
        && !task.interface().inputs.iter().any(required)
}

/// What is no text.
fn print_bytes(bytes: &[u8]) {
    let _ = io::stdout().lock().write_all(bytes);
}

/// Whoever reads our output may stop reading; that is no failure of ours.
fn print(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
