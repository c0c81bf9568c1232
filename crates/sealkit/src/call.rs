//! Calling a task: from code, and by name with values.

use std::{any::TypeId, fmt::Display, future::Future};

use crate::{
    Context, Error, TaskMetadata, TaskType, Type, Value, ValueError, Variable, current_context,
    leaks::{Exit, Leaving},
    task_type::Members,
};

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

    /// The result, or a failure if it holds a secret that this call was given.
    fn without_secrets(self, call: &Context) -> Self;

    /// The result of a call that was refused.
    fn refused(error: Error) -> Self;
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

    fn without_secrets(self, call: &Context) -> Self {
        let Some((call, task)) = call.frame().and_then(|call| Some((call, call.task?))) else { return self };
        match self {
            Ok(output) => {
                // What cannot be expressed cannot leave either.
                let Ok(value) = output.to_value() else { return Ok(output) };
                let leaving =
                    Leaving { task, exit: Exit::Output, name: "o0", r#type: T::TYPE, value: &value };
                match leaving.check(&call.given) {
                    Ok(()) => Ok(output),
                    Err(error) => {
                        call.session.remember(&error);
                        Err(error.into())
                    }
                }
            }
            Err(error) => {
                let text = format!("{error:#}");
                let redacted = call.given.guard().redact_text(&text).into_owned();
                // An error that holds none stays what it is.
                if redacted == text { Err(error) } else { Err(Error::other(redacted).into()) }
            }
        }
    }

    fn refused(error: Error) -> Self {
        Err(error.into())
    }
}

/// The output of a task: the only place where generated code asks for `R: TaskResult`.
#[derive(Debug)]
pub struct Output<R> {
    /// What the interface says of it.
    pub variables: &'static [Variable],
    convert: fn(R) -> Result<Option<Value>, Failure>,
    without_secrets: fn(R, &Context) -> R,
    refused: fn(Error) -> R,
}

impl<R> Output<R> {
    /// The output of a function that returns `R`.
    #[expect(clippy::new_without_default, reason = "called by generated code only")]
    pub const fn new() -> Self
    where
        R: TaskResult,
    {
        Self {
            variables: R::OUTPUTS,
            convert: R::finish,
            without_secrets: R::without_secrets,
            refused: R::refused,
        }
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

/// A call of a task: its own context, and a look at what goes in and what comes out.
///
/// A secret that the caller was given may not be handed on as an input, and none that the task itself was given may be in its
/// output or its error. Where nobody was given any, nothing is looked at.
#[derive(Debug)]
pub struct Call<'a, R> {
    output: &'a Output<R>,
    context: Context,
    refused: Option<Error>,
}

/// The inputs that a call hands over.
#[derive(Debug, Default)]
pub struct Handed(pub(crate) Vec<(Variable, Value)>);

impl<'a, R> Call<'a, R> {
    /// A call from the context that is current; `inputs` tells what is handed over, if that matters.
    pub fn new(task: &'static TaskMetadata, output: &'a Output<R>, inputs: impl FnOnce(&mut Handed)) -> Self {
        let caller = current_context();
        let refused = caller.frame().and_then(|caller| {
            let giver = caller.task.filter(|_| caller.given.count() > 0)?;
            let mut handed = Handed::default();
            inputs(&mut handed);
            let refused = handed.0.iter().find_map(|(input, value)| {
                let (exit, name, r#type) = (Exit::Input(task), input.name, input.r#type);
                Leaving { task: giver, exit, name, r#type, value }.check(&caller.given).err()
            })?;
            caller.session.remember(&refused);
            Some(refused)
        });
        Self { output, context: caller.of_call(task), refused }
    }

    /// Runs the body of a task.
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        if let Some(error) = self.refused {
            return (self.output.refused)(error);
        }
        let result = self.context.run(body);
        self.leave(result)
    }

    /// Runs the body of an async task.
    pub async fn run_async(self, body: impl Future<Output = R>) -> R {
        if let Some(error) = self.refused {
            return (self.output.refused)(error);
        }
        let result = self.context.scope(body).await;
        self.leave(result)
    }

    fn leave(&self, result: R) -> R {
        // A task that was given nothing pays nothing.
        if self.context.frame().is_none_or(|call| call.given.count() == 0) {
            return result;
        }
        (self.output.without_secrets)(result, &self.context)
    }
}

/// The type of a function, which stands for the task.
pub fn type_id_of<F: 'static>(_function: &F) -> TypeId {
    TypeId::of::<F>()
}
