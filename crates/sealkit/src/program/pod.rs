//! Runs the program as a pod: it reads the inputs of one task from a file and writes the outputs to another.
//!
//! The files are those of Flyte 2: the pod reads `task.Inputs`, and writes `task.Outputs` or `core.ErrorDocument`. Which of the two
//! exists says whether the task succeeded, and the exit code is 0 in both cases. Any other exit code means that the pod could not
//! write either.

mod limit;
mod problem;
mod task;

use std::io;

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorOrigin},
    prost::Message,
    task::{Inputs, NamedLiteral},
};

use self::problem::Problem;
use super::ProgramError;
use crate::{
    ErrorKind, Session, Value, controller, identity, registry,
    storage::{self, Location},
};

/// The maximum size of the inputs, which protects the memory of the pod.
const MAX_INPUTS: u64 = 256 << 20;

/// The arguments of a pod.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pod {
    pub(super) task: String,
    /// The URI of the file with the inputs.
    pub(super) inputs: String,
    /// The URI of the directory for the outputs.
    pub(super) outputs: String,
    /// The name of the run, if it is an argument.
    pub(super) run: Option<String>,
    /// The name of the action, if it is an argument.
    pub(super) action: Option<String>,
}

/// Runs the task of the pod.
///
/// Returns an error only if the outputs cannot be written: every other error is written to `error.pb` for Flyte.
pub(super) fn execute(session: &Session, pod: &Pod) -> Result<String, ProgramError> {
    identity::set(pod.run.as_deref(), pod.action.as_deref());
    let outputs = Location::parse(&pod.outputs)?;
    let (file, content, report) = match run(session, pod) {
        Ok((content, value)) => {
            if controller::has_engine() {
                // The engine prints the output without knowing its type.
                let json = serde_json::to_vec(&value).unwrap_or_default();
                let _ = storage::write(&outputs.join("output.json"), &json);
            }
            (outputs.join("outputs.pb"), content, String::new())
        }
        Err(problem) => {
            let message = session.guard().redact_text(&problem.message).into_owned();
            // The engine reports errors itself.
            let report = if controller::has_engine() { String::new() } else { format!("error: {message}\n") };
            (outputs.join("error.pb"), problem.document(message).encode_to_vec(), report)
        }
    };
    super::print(io::stderr().lock(), &report);
    let written = storage::write(&file, &content);
    written.map(|()| String::new()).map_err(|error| ProgramError {
        code: 1,
        message: format!("cannot write `{file}`: {}", error.message),
        hint: error.hint,
    })
}

/// Runs the task and returns the content of `outputs.pb`, and the output as a value.
fn run(session: &Session, pod: &Pod) -> Result<(Vec<u8>, Value), Problem> {
    let task = registry::find(&pod.task)?;
    let inputs = Location::parse(&pod.inputs).map_err(|error| Problem {
        kind: ErrorKind::Configuration,
        origin: ErrorOrigin::System,
        retry: ContainerErrorKind::NonRecoverable,
        message: problem::with_hint(error.message, error.hint.as_deref()),
    })?;
    let (outputs, value) = task::run(session, task, read(&inputs)?)?;
    let content = outputs.encode_to_vec();
    if !controller::has_engine() {
        limit::check(task, content.len())?;
    }
    Ok((content, value))
}

fn read(inputs: &Location) -> Result<Vec<NamedLiteral>, Problem> {
    let bytes = storage::read(inputs, MAX_INPUTS)
        .map_err(|error| unreadable(inputs, &problem::with_hint(error.message, error.hint.as_deref())))?;
    let inputs = Inputs::decode(&*bytes).map_err(|_| unreadable(inputs, "malformed"))?;
    Ok(inputs.literals)
}

fn unreadable(inputs: &Location, reason: &str) -> Problem {
    Problem {
        kind: ErrorKind::Io,
        origin: ErrorOrigin::System,
        retry: ContainerErrorKind::Recoverable,
        message: format!("cannot read the inputs `{inputs}`: {reason}"),
    }
}
