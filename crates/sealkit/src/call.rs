//! Calling a task: from code, and by name with values.

use std::{any::TypeId, fmt::Display, future::Future};

use crate::{Context, Error, TaskMetadata, TaskType, Type, Value, ValueError, Variable, task_type::Members};

/// Runs a task with inputs by name; generated for every task.
pub(crate) type Invoke = fn(Members) -> Result<Option<Value>, Failure>;

/// Why a task that was called by name did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// An input is missing or has the wrong type.
    Input(ValueError),
    /// The task failed; its error's text.
    Task(String),
    /// The output cannot be expressed.
    Output(ValueError),
}

/// A value that a task cannot take; generated code converts inputs with `?`.
impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::Input(error)
    }
}

/// What `#[task]` wants of a return type: `Result<T, E>`.
#[diagnostic::on_unimplemented(
    message = "a task must return `Result<T, E>`, not `{Self}`",
    label = "write `-> sealkit::Result<…>`",
    note = "any error type that implements `From<sealkit::Error>` and `Display` is fine, as `anyhow::Error` does"
)]
pub trait TaskResult {
    /// The outputs of the interface.
    const OUTPUTS: &'static [Variable];

    /// Turns the result into what leaves the task.
    fn finish(self) -> Result<Option<Value>, Failure>;
}

/// What a task may fail with; one trait, so that the compiler reports one error for a type that is neither.
#[diagnostic::on_unimplemented(
    message = "a task cannot fail with `{Self}`",
    label = "this needs `From<sealkit::Error>` and `Display`",
    note = "`sealkit::Error`, `anyhow::Error` and `eyre::Report` have both"
)]
pub trait TaskError: From<Error> + Display {}

#[diagnostic::do_not_recommend]
impl<E: From<Error> + Display> TaskError for E {}

impl<T: TaskType, E: TaskError> TaskResult for Result<T, E> {
    const OUTPUTS: &'static [Variable] = match T::TYPE {
        Type::None => &[],
        _ => &[Variable { name: "o0", r#type: T::TYPE }],
    };

    fn finish(self) -> Result<Option<Value>, Failure> {
        match self {
            Ok(output) if matches!(T::TYPE, Type::None) => {
                drop(output);
                Ok(None)
            }
            Ok(output) => output.to_value().map(Some).map_err(|error| Failure::Output(error.at("o0"))),
            // Alternate, because `anyhow` and `eyre` then tell the sources too.
            Err(error) => Err(Failure::Task(format!("{error:#}"))),
        }
    }
}

/// The output of a task: the only place where generated code asks for `R: TaskResult`.
#[derive(Debug)]
pub struct Output<R> {
    /// What the interface says of it.
    pub variables: &'static [Variable],
    convert: fn(R) -> Result<Option<Value>, Failure>,
}

impl<R> Output<R> {
    /// The output of a function that returns `R`.
    #[expect(clippy::new_without_default, reason = "called by generated code only")]
    pub const fn new() -> Self
    where
        R: TaskResult,
    {
        Self { variables: R::OUTPUTS, convert: R::finish }
    }

    /// Turns the function's result into what leaves the task.
    ///
    /// # Errors
    ///
    /// The task's own, and an output that cannot be expressed.
    pub fn finish(&self, result: R) -> Result<Option<Value>, Failure> {
        (self.convert)(result)
    }
}

/// Runs the body of a task in its own context.
pub fn run<R>(task: &'static TaskMetadata, body: impl FnOnce() -> R) -> R {
    Context::of_call(task).run(body)
}

/// Runs the body of an async task in its own context.
pub fn run_async<F: Future>(
    task: &'static TaskMetadata,
    body: F,
) -> impl Future<Output = F::Output> + use<F> {
    Context::of_call(task).scope(body)
}

/// The type of a function, which stands for the task.
pub fn type_id_of<F: 'static>(_function: &F) -> TypeId {
    TypeId::of::<F>()
}
