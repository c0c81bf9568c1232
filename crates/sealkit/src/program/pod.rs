//! The program as a pod: it runs one task, from the file of its inputs to that of its outputs.
//!
//! The files are those of Flyte 2: `task.Inputs` is read, and `task.Outputs` or `core.ErrorDocument` is written. Whether the task
//! succeeded is told by which one is there, and the exit code is 0 either way; anything else means that not even that could be
//! written.

mod failed;
mod limit;
mod task;

use std::io;

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorOrigin},
    prost::Message,
    task::{Inputs, NamedLiteral},
};

use self::failed::Failed;
use super::Fault;
use crate::{
    ErrorKind, Session, Value, controller, identity, registry,
    storage::{self, Location},
};

/// More than a pod has memory for is not read.
const LARGEST_INPUTS: u64 = 256 << 20;

/// What a pod is told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pod {
    pub(super) task: String,
    /// The URI of the file with the inputs.
    pub(super) inputs: String,
    /// The URI of the directory for the outputs.
    pub(super) outputs: String,
    /// The run and the part of it that the pod is, where the command line says so.
    pub(super) run: Option<String>,
    pub(super) action: Option<String>,
}

/// Runs the task of the pod.
///
/// Only where its outputs cannot go anywhere is that a fault: whatever else goes wrong is in `error.pb`, and known to Flyte.
pub(super) fn execute(session: &Session, pod: &Pod) -> Result<String, Fault> {
    identity::set(pod.run.as_deref(), pod.action.as_deref());
    let outputs = Location::parse(&pod.outputs)?;
    let (file, content, told) = match run(session, pod) {
        Ok((content, value)) => {
            if controller::has_engine() {
                // An engine shows the output to people, and knows nothing of its type.
                let json = serde_json::to_vec(&value).unwrap_or_default();
                let _ = storage::write(&outputs.join("output.json"), &json);
            }
            (outputs.join("outputs.pb"), content, String::new())
        }
        Err(failed) => {
            let message = session.guard().redact_text(&failed.message).into_owned();
            // An engine tells it itself.
            let told = if controller::has_engine() { String::new() } else { format!("error: {message}\n") };
            (outputs.join("error.pb"), failed.document(message).encode_to_vec(), told)
        }
    };
    super::print(io::stderr().lock(), &told);
    let written = storage::write(&file, &content);
    written.map(|()| String::new()).map_err(|refusal| Fault {
        code: 1,
        message: format!("`{file}` could not be written: {}", refusal.message),
        hint: refusal.hint,
    })
}

/// What is to be written, and the output as what it is.
fn run(session: &Session, pod: &Pod) -> Result<(Vec<u8>, Value), Failed> {
    let task = registry::find(&pod.task)?;
    let inputs = Location::parse(&pod.inputs).map_err(|refusal| Failed {
        kind: ErrorKind::Configuration,
        origin: ErrorOrigin::System,
        again: ContainerErrorKind::NonRecoverable,
        message: failed::advised(refusal.message, refusal.hint.as_deref()),
    })?;
    let (outputs, value) = task::run(session, task, read(&inputs)?)?;
    let content = outputs.encode_to_vec();
    if !controller::has_engine() {
        limit::check(task, content.len())?;
    }
    Ok((content, value))
}

fn read(inputs: &Location) -> Result<Vec<NamedLiteral>, Failed> {
    let unreadable = |problem: String| Failed {
        kind: ErrorKind::Io,
        origin: ErrorOrigin::System,
        again: ContainerErrorKind::Recoverable,
        message: format!("the inputs `{inputs}` cannot be read: {problem}"),
    };
    let bytes = storage::read(inputs, LARGEST_INPUTS);
    let bytes =
        bytes.map_err(|refusal| unreadable(failed::advised(refusal.message, refusal.hint.as_deref())))?;
    let inputs = Inputs::decode(&*bytes).map_err(|_| unreadable("they are malformed".to_owned()))?;
    Ok(inputs.literals)
}
