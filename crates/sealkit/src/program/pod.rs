//! Runs the program as a pod: it reads the inputs of one task from a file and writes the outputs to another.
//!
//! The files are those of Flyte 2: the pod reads `task.Inputs`, and writes `task.Outputs` or `core.ErrorDocument`. Which of the two
//! exists says whether the task succeeded, and the exit code is 0 in both cases. Any other exit code means that the pod could not
//! write either.

mod limit;
mod task;

use std::io;

use sealkit_idl::{
    core::ErrorOrigin,
    prost::Message,
    task::{Inputs, NamedLiteral},
};
use sealkit_protocol::{Code, ErrorFile, Problem, frame};

use super::ProgramError;
use crate::{
    Error, Session, Value, controller, identity, registry,
    storage::{self, Location, StorageError},
};

/// The maximum size of the inputs, which protects the memory of the pod.
const MAX_INPUTS: u64 = frame::MAX_LENGTH as u64;

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

/// Why a pod has no outputs.
struct PodError {
    problem: Problem,
    origin: ErrorOrigin,
}

/// The task failed.
impl From<Problem> for PodError {
    fn from(problem: Problem) -> Self {
        Self { problem, origin: ErrorOrigin::User }
    }
}

/// The program does not match the arguments that Flyte passes to it: a retry does not help.
impl From<Error> for PodError {
    fn from(error: Error) -> Self {
        Self { problem: Problem::from(error).not_retryable(), origin: ErrorOrigin::System }
    }
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
        Err(PodError { problem, origin }) => {
            let guard = session.guard();
            let problem = problem.map_texts(|text| guard.redact_text(text).into_owned());
            // The engine reports errors itself.
            let report =
                if controller::has_engine() { String::new() } else { format!("error: {problem:#}\n") };
            (outputs.join("error.pb"), ErrorFile::new(problem, origin).encode_to_vec(), report)
        }
    };
    super::print(io::stderr().lock(), &report);
    storage::write(&file, &content).map(|()| String::new()).map_err(|error| {
        let message = format!("cannot write `{file}`: {}", error.message);
        ProgramError::task(Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref()))
    })
}

/// Runs the task and returns the content of `outputs.pb`, and the output as a value.
fn run(session: &Session, pod: &Pod) -> Result<(Vec<u8>, Value), PodError> {
    if let Some(problem) = sealkit_process::engine_problem() {
        return Err(problem.clone().into());
    }
    let task = registry::find(&pod.task)?;
    let inputs = Location::parse(&pod.inputs).map_err(|error| {
        let problem = Problem::new(Code::Configuration, error.message);
        PodError { problem: problem.with_optional_hint(error.hint.as_deref()), origin: ErrorOrigin::System }
    })?;
    let (outputs, value) = task::run(session, task, read(&inputs)?)?;
    let content = outputs.encode_to_vec();
    if !controller::has_engine() {
        limit::check(task, content.len())?;
    }
    Ok((content, value))
}

fn read(inputs: &Location) -> Result<Vec<NamedLiteral>, PodError> {
    let bytes = storage::read(inputs, MAX_INPUTS).map_err(|error| unreadable(inputs, &error))?;
    let malformed = |_| unreadable(inputs, &StorageError { message: "malformed".to_owned(), hint: None });
    Ok(Inputs::decode(&*bytes).map_err(malformed)?.literals)
}

fn unreadable(inputs: &Location, error: &StorageError) -> PodError {
    let message = format!("cannot read the inputs `{inputs}`: {}", error.message);
    let problem = Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref());
    PodError { problem, origin: ErrorOrigin::System }
}
