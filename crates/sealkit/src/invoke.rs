//! Running a task by name, with values.

use sealkit_protocol::Problem;

use crate::{Value, ValueError, task_type::Members};

/// A function that runs a task with inputs by name; the macros generate one for every task.
pub(crate) type Invoke = fn(Members) -> Result<Option<Value>, InvokeError>;

/// Converts inputs of a task without running it, and adds the errors; generated for every task with inputs.
pub(crate) type CheckInputs = fn(&mut Members, &mut Vec<ValueError>);

/// The error of a task that was called by name.
#[derive(Debug)]
pub enum InvokeError {
    /// An input is missing or has the wrong type.
    Input(ValueError),
    /// The task failed.
    Task(Problem),
    /// The output cannot be represented as a Flyte value.
    Output(ValueError),
}

/// Generated code converts inputs with `?`.
impl From<ValueError> for InvokeError {
    fn from(error: ValueError) -> Self {
        Self::Input(error)
    }
}
