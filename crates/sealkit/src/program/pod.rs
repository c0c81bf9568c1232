//! Runs the program as a pod: it reads the inputs of one task from a file and writes the outputs to another.
//!
//! The files are those of Flyte 2: the pod reads `task.Inputs`, and writes `task.Outputs` or `core.ErrorDocument`. Which of the two
//! exists says whether the task succeeded, and the exit code is 0 in both cases. Any other exit code means that the pod could not
//! write either: Flyte then starts the pod again forever.

mod arguments;
mod limit;
mod task;

use std::{env, io};

use sealkit_idl::{
    core::{Literal, LiteralValue, Scalar, ScalarValue, Void},
    prost::Message,
    task::{Inputs, NamedLiteral},
};
use sealkit_names::variables;
use sealkit_protocol::{Code, ErrorFile, Problem, frame};

pub(super) use self::arguments::Pod;
use super::ProgramError;
use crate::{
    Session, TaskMetadata, Value, controller, identity, registry,
    storage::{self, Location, StorageError},
};

/// The maximum size of the inputs, which protects the memory of the pod.
const MAX_INPUTS: u64 = frame::MAX_LENGTH as u64;

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
            let guard = session.guard();
            let problem = problem.map_texts(|text| guard.redact_text(text).into_owned());
            // The engine reports errors itself.
            let report =
                if controller::has_engine() { String::new() } else { format!("error: {problem:#}\n") };
            let content = ErrorFile::new(problem).encode_to_vec();
            (outputs.join("error.pb"), content, report)
        }
    };
    super::print(io::stderr().lock(), &report);
    storage::write(&file, &content).map(|()| String::new()).map_err(|error| {
        let message = format!("cannot write `{file}`: {}", error.message);
        ProgramError::task(Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref()))
    })
}

/// Runs the task and returns the content of `outputs.pb`, and the output as a value.
fn run(session: &Session, pod: &Pod) -> Result<(Vec<u8>, Value), Problem> {
    if let Some(problem) = sealkit_process::engine_problem() {
        return Err(problem.clone());
    }
    let task = find_task(pod)?;
    let inputs = pod.inputs.as_deref().ok_or_else(|| configuration("option `--inputs` is missing"))?;
    let inputs = Location::parse(inputs)
        .map_err(|error| configuration(error.message).with_optional_hint(error.hint.as_deref()))?;
    let (mut outputs, value) = task::run(session, task, read(&inputs)?)?;
    if outputs.literals.is_empty() {
        outputs.literals.push(nothing());
    }
    let content = outputs.encode_to_vec();
    if !controller::has_engine() {
        limit::check(task, content.len())?;
    }
    Ok((content, value))
}

/// Returns the task that the arguments name, or else Flyte: the official launchers of Rust tasks do not pass the name.
fn find_task(pod: &Pod) -> Result<&'static TaskMetadata, Problem> {
    let from_flyte = || env::var(variables::TASK_NAME).ok().filter(|name| !name.is_empty());
    let name = pod.task.clone().or_else(from_flyte).ok_or_else(|| {
        let message = format!("the task is not named: `--task` and ${} are missing", variables::TASK_NAME);
        configuration(message).with_hint("add `--task TASK`")
    })?;
    registry::find(&name).map_err(Problem::from)
}

/// Returns the output of a task without outputs.
///
/// Flyte takes an empty `outputs.pb` for a missing one: it writes an `error.pb` beside it, and fails the task if its executor is restarted
/// and reads the files again (`ioutils/remote_file_output_writer.go`).
fn nothing() -> NamedLiteral {
    let none = Scalar { value: Some(ScalarValue::NoneType(Void {})) };
    let value = Some(Literal { value: Some(LiteralValue::Scalar(Box::new(none))) });
    NamedLiteral { name: "o0".to_owned(), value }
}

fn read(inputs: &Location) -> Result<Vec<NamedLiteral>, Problem> {
    let bytes = storage::read(inputs, MAX_INPUTS).map_err(|error| unreadable(inputs, &error))?;
    let malformed = |_| unreadable(inputs, &StorageError { message: "malformed".to_owned(), hint: None });
    Ok(Inputs::decode(&*bytes).map_err(malformed)?.literals)
}

fn unreadable(inputs: &Location, error: &StorageError) -> Problem {
    let message = format!("cannot read the inputs `{inputs}`: {}", error.message);
    Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref())
}

fn configuration(message: impl Into<String>) -> Problem {
    Problem::new(Code::Configuration, message)
}
