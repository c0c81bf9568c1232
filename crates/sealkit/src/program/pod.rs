//! Runs the program as a pod: it reads the inputs of one task and writes its answer.
//!
//! A pod of the local engine uses its socket for both. A pod of a cluster uses the files of Flyte 2: it reads `task.Inputs`, and writes
//! `task.Outputs` or `core.ErrorDocument`. Which of the two exists says whether the task succeeded, and the exit code is 0 in both cases.
//! Any other exit code means that the pod could not write either: Flyte then starts the pod again forever.

mod arguments;
mod limit;
mod offloaded;
mod retry;
mod task;
mod trigger_time;

use std::{env, ffi::OsString, io};

use sealkit_idl::{
    core::{ScalarValue, Void},
    prost::Message,
    task::{Inputs, NamedLiteral},
};
use sealkit_names::variables;
use sealkit_process::Socket;
use sealkit_protocol::{
    Code, ErrorFile, Problem,
    call::Success,
    frame,
    mounts::{MountKind, SecretVariable},
};
use zeroize::Zeroizing;

pub(super) use self::arguments::Pod;
use super::ProgramError;
use crate::{
    Session, TaskMetadata, controller, file, identity,
    provider::Preference,
    registry,
    storage::{self, Location, StorageError},
};

/// The file in which a pod reports why its task failed.
const ERROR_FILE: &str = "error.pb";

/// The maximum size of the inputs, which protects the memory of the pod.
const MAX_INPUTS: u64 = frame::MAX_LENGTH as u64;

/// Runs the task of the pod.
///
/// Returns an error only if the answer cannot be written: every other error is part of it.
pub(super) fn execute(session: &Session, pod: &Pod, program: &str) -> Result<String, ProgramError> {
    identity::set(pod.run.as_deref(), pod.action.as_deref());
    // Where Flyte passes no path for the files, they are beside the outputs.
    file::set_place(pod.raw_data.as_deref().or(pod.outputs.as_deref()));
    match (sealkit_process::engine_socket(), sealkit_process::engine_problem()) {
        (Some(socket), _) => execute_for_engine(session, pod, socket),
        // There is no way to answer the engine.
        (None, Some(problem)) => Err(ProgramError::task(problem.clone())),
        (None, None) => execute_for_flyte(session, pod, program),
    }
}

fn execute_for_engine(session: &Session, pod: &Pod, socket: &Socket) -> Result<String, ProgramError> {
    let run = || {
        if let Some(problem) = sealkit_process::engine_problem() {
            return Err(problem.clone());
        }
        let task = find_task(pod)?;
        let inputs = frame::read::<Inputs>(socket)
            .and_then(|inputs| inputs.ok_or(io::ErrorKind::UnexpectedEof.into()));
        let inputs = inputs.map_err(|error| {
            Problem::new(Code::Io, format!("cannot read the inputs of the task: {error}"))
        })?;
        let (outputs, value) = task::run(session, task, inputs.literals)?;
        // The engine prints the output without knowing its type.
        Ok(Success { outputs, json: serde_json::to_string(&value).unwrap_or_default() })
    };
    let answer = run().map_err(|problem| redact(session, problem));
    controller::answer(socket, answer).map(|()| String::new()).map_err(|error| {
        let message = format!("cannot send the answer to the `sealkit` command: {error}");
        ProgramError::task(Problem::new(Code::Io, message))
    })
}

fn execute_for_flyte(session: &Session, pod: &Pod, program: &str) -> Result<String, ProgramError> {
    let outputs = Location::parse(pod.outputs(program)?)?;
    let (file, written) = match run_for_flyte(session, pod) {
        Ok(content) => {
            // Flyte reads an error first. An earlier pod of this attempt may have left one; the pod may lack the permission to delete it.
            let _ = storage::delete(&outputs.join(ERROR_FILE));
            let file = outputs.join("outputs.pb");
            let written = storage::write(&file, &content);
            (file, written)
        }
        Err(problem) => (outputs.join(ERROR_FILE), write_problem(&outputs, redact(session, problem))),
    };
    sealkit_process::set_answered();
    written.map(|()| String::new()).map_err(|error| {
        let message = format!("cannot write `{file}`: {}", error.message);
        ProgramError::task(Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref()))
    })
}

/// Writes the problem of a pod, and prints it to the log.
fn write_problem(outputs: &Location, problem: Problem) -> Result<(), StorageError> {
    super::print(io::stderr().lock(), &format!("error: {problem:#}\n"));
    storage::write(&outputs.join(ERROR_FILE), &ErrorFile::new(problem).encode_to_vec())
}

fn redact(session: &Session, problem: Problem) -> Problem {
    let guard = session.guard();
    problem.map_texts(|text| guard.redact_text(text).into_owned())
}

/// Runs the task and returns the content of `outputs.pb`.
fn run_for_flyte(session: &Session, pod: &Pod) -> Result<Vec<u8>, Problem> {
    let task = find_task(pod)?;
    let inputs = pod.inputs.as_deref().ok_or_else(|| configuration("option `--inputs` is missing"))?;
    let inputs = Location::parse(inputs)
        .map_err(|error| configuration(error.message).with_optional_hint(error.hint.as_deref()))?;
    let inputs = trigger_time::fill(read(&inputs)?, pod.run_start.as_deref());
    redact_output(session, task)?;
    retry::wait(task, pod)?;
    if let Some(limit) = retry::time_limit(task, pod) {
        sealkit_process::start_time_limit(limit);
    }
    let (mut outputs, _) = task::run(session, task, inputs.literals)?;
    if outputs.literals.is_empty() {
        outputs.literals.push(nothing());
    }
    let content = outputs.encode_to_vec();
    limit::check(task, content.len())?;
    Ok(content)
}

/// Makes sure that the secrets of the task are redacted in what it prints, whether it reads them or not.
fn redact_output(session: &Session, task: &TaskMetadata) -> Result<(), Problem> {
    // What cannot be read is an error when the task reads it.
    let Ok(chain) = session.chain() else { return Ok(()) };
    let mut secrets = Vec::new();
    for secret in task.secret_requests() {
        if let Ok(Some(provided)) = chain.find(secret, Preference::First) {
            let (name, value) =
                (secret.request().to_string(), Zeroizing::new(provided.value.expose().to_vec()));
            secrets.push(SecretVariable {
                name,
                value,
                mount: MountKind::Memory,
                guard: secret.guard_mode(),
            });
        }
    }
    if secrets.is_empty() {
        return Ok(());
    }
    sealkit_process::redact_output(&secrets).map_err(|error| {
        let message = format!("cannot redact the output of the task: its redactor does not answer: {error}");
        Problem::new(Code::Io, message).with_hint("run the task again; if it fails again, raise its memory")
    })
}

/// What the supervisor of a pod on a cluster calls.
pub(crate) const SUPERVISED: sealkit_process::Program = sealkit_process::Program { task: task_name, answer };

/// Returns the name of the task if these are the arguments of a pod.
fn task_name(arguments: &[OsString]) -> Option<String> {
    let pod = Pod::of_process(arguments)?;
    Some(pod.task.or_else(task_of_flyte).unwrap_or_default())
}

/// Writes the problem of a pod with these arguments, and returns whether it could be written.
fn answer(arguments: &[OsString], problem: Problem) -> bool {
    let outputs = Pod::of_process(arguments).and_then(|pod| pod.outputs);
    let location = outputs.and_then(|outputs| Location::parse(&outputs).ok());
    location.is_some_and(|location| write_problem(&location, problem).is_ok())
}

/// Returns the task that the arguments name, or else Flyte: the official launchers of Rust tasks do not pass the name.
fn find_task(pod: &Pod) -> Result<&'static TaskMetadata, Problem> {
    let name = pod.task.clone().or_else(task_of_flyte).ok_or_else(|| {
        let message = format!("the task is not named: `--task` and ${} are missing", variables::TASK_NAME);
        configuration(message).with_hint("add `--task TASK`")
    })?;
    registry::find(&name).map_err(Problem::from)
}

fn task_of_flyte() -> Option<String> {
    env::var(variables::TASK_NAME).ok().filter(|name| !name.is_empty())
}

/// Returns the output of a task without outputs.
///
/// Flyte takes an empty `outputs.pb` for a missing one: it writes an `error.pb` beside it, and fails the task if its executor is restarted
/// and reads the files again (`ioutils/remote_file_output_writer.go`).
fn nothing() -> NamedLiteral {
    NamedLiteral { name: "o0".to_owned(), value: Some(ScalarValue::NoneType(Void {}).into()) }
}

fn read(inputs: &Location) -> Result<Inputs, Problem> {
    let bytes = storage::read(inputs, MAX_INPUTS).map_err(|error| unreadable(inputs, &error))?;
    let malformed = |_| unreadable(inputs, &StorageError { message: "malformed".to_owned(), hint: None });
    Inputs::decode(&*bytes).map_err(malformed)
}

fn unreadable(inputs: &Location, error: &StorageError) -> Problem {
    let message = format!("cannot read the inputs `{inputs}`: {}", error.message);
    Problem::new(Code::Io, message).with_optional_hint(error.hint.as_deref())
}

fn configuration(message: impl Into<String>) -> Problem {
    Problem::new(Code::Configuration, message)
}
