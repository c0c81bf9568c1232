//! The task of a pod: from literals to literals.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorOrigin},
    task::{NamedLiteral, Outputs},
};

use super::failed::{Failed, advised, again};
use crate::{
    ErrorKind, Secret, Session, TaskMetadata, Value,
    call::InvokeError,
    known_secrets::KnownSecrets,
    leaks::{Destination, OutgoingValue},
    literal::{from_literal, to_literal},
    provider::Preference,
    task_type::Members,
};

/// Runs the task; its output comes as Flyte's message and as what it is.
pub(super) fn run(
    session: &Session,
    task: &'static TaskMetadata,
    inputs: Vec<NamedLiteral>,
) -> Result<(Outputs, Value), Failed> {
    let name = task.name();
    let wrong = |message: String| Failed {
        kind: ErrorKind::InvalidValue,
        origin: ErrorOrigin::User,
        again: ContainerErrorKind::NonRecoverable,
        message,
    };
    let members = inputs.into_iter().map(|NamedLiteral { name: input, value }| {
        let value = from_literal(value.unwrap_or_default());
        let value = value.map_err(|error| wrong(format!("input {} of task `{name}`", error.at(&input))))?;
        Ok((input, value))
    });
    let members = Members::new(members.collect::<Result<_, Failed>>()?);

    let given = given(session, task);
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(members))));
    let output = match outcome {
        Ok(Ok(output)) => output,
        Ok(Err(InvokeError::Input(error))) => return Err(wrong(format!("input {error}"))),
        Ok(Err(InvokeError::Output(error))) => {
            return Err(wrong(format!("output of task `{name}`: {error}")));
        }
        Ok(Err(InvokeError::Task(text))) => {
            let (kind, hint) = session.recorded_error(&text);
            let message = advised(format!("task `{name}` failed: {text}"), hint.as_deref());
            return Err(Failed { kind, origin: ErrorOrigin::User, again: again(kind), message });
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            let (kind, again) = (ErrorKind::Other, ContainerErrorKind::Recoverable);
            let message = format!("task `{name}` panicked: {text}");
            return Err(Failed { kind, origin: ErrorOrigin::User, again, message });
        }
    };
    let Some((value, variable)) = output.zip(task.interface().outputs.first()) else {
        return Ok((Outputs::default(), Value::None));
    };
    check(task, &value, &given)?;
    let literal = to_literal(variable.r#type, &value);
    let literal = literal.map_err(|error| wrong(format!("output of task `{name}`: {error}")))?;
    let output = NamedLiteral { name: variable.name.to_owned(), value: Some(literal) };
    Ok((Outputs { literals: vec![output] }, value))
}

/// All secrets that are mounted for the task: it may read them without asking the context.
fn given(session: &Session, task: &TaskMetadata) -> KnownSecrets {
    let given = KnownSecrets::default();
    let find = |secret: &'static Secret| session.chain().ok()?.find(secret, Preference::First).ok()?;
    for secret in task.secret_requests() {
        if let Some(found) = find(secret) {
            given.insert_shared(session.known_secrets().insert(secret, found.value.expose()));
        }
    }
    given
}

fn check(task: &'static TaskMetadata, value: &Value, given: &KnownSecrets) -> Result<(), Failed> {
    let Some(output) = task.interface().outputs.first() else { return Ok(()) };
    let leaving = OutgoingValue {
        task,
        destination: Destination::Output,
        name: output.name,
        r#type: output.r#type,
        value,
    };
    leaving.check(given).map_err(|error| Failed {
        kind: error.kind(),
        origin: ErrorOrigin::User,
        again: ContainerErrorKind::NonRecoverable,
        message: advised(format!("task `{}` failed: {error}", task.name()), error.hint()),
    })
}
