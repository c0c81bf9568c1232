//! Runs the task of a pod, from literals to literals.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sealkit_idl::task::{NamedLiteral, Outputs};
use sealkit_protocol::{Code, Problem};

use super::{super::panics::panicked, offloaded};
use crate::{
    Session, TaskMetadata, Value,
    invoke::InvokeError,
    known_secrets::KnownSecrets,
    leaks,
    literal::{self, from_literal},
    task_type::Members,
};

/// Runs the task and returns its output as Flyte's message and as a value.
pub(super) fn run(
    session: &Session,
    task: &'static TaskMetadata,
    inputs: Vec<NamedLiteral>,
) -> Result<(Outputs, Value), Problem> {
    let name = task.name();
    let members = inputs.into_iter().map(|NamedLiteral { name: input, value }| {
        let literal = offloaded::read(value.unwrap_or_default(), &input)?;
        let value = from_literal(literal);
        let value =
            value.map_err(|error| invalid_value(format!("input {} of task `{name}`", error.at(&input))))?;
        Ok((input, value))
    });
    let members = Members::new(members.collect::<Result<_, Problem>>()?);

    let secrets = KnownSecrets::mounted(session, task);
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(members))));
    let output = match outcome {
        Ok(Ok(output)) => output,
        Ok(Err(InvokeError::Input(error))) => return Err(invalid_value(error.input_message())),
        Ok(Err(InvokeError::Output(error))) => {
            return Err(invalid_value(format!("output of task `{name}`: {error}")));
        }
        Ok(Err(InvokeError::Task(problem))) => return Err(problem.of_task(name)),
        Err(panic) => return Err(panicked(name, &*panic)),
    };
    let Some(value) = output else { return Ok((Outputs::default(), Value::None)) };
    let outputs = task.interface().outputs;
    let checked = leaks::check_outputs(task, literal::type_of(outputs), &value, &secrets);
    checked.map_err(|error| Problem::from(error).of_task(name))?;
    let literals = literal::to_outputs(outputs, &value);
    let literals = literals.map_err(|error| invalid_value(format!("output of task `{name}`: {error}")))?;
    Ok((Outputs { literals }, value))
}

fn invalid_value(message: String) -> Problem {
    Problem::new(Code::InvalidValue, message)
}
