//! Calling a task: from code, and by name with values.

use std::{any::TypeId, fmt::Display, future::Future};

use crate::{
    Context, Error, ErrorKind, TaskMetadata, TaskType, Type, Value, ValueError, Variable,
    context::Frame,
    current_context,
    leaks::{Exit, Leaving},
    link::{self, Pending},
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

    /// The result of a call that was answered by another process.
    fn answered(answer: Result<Option<Value>, Error>) -> Self;
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

    fn answered(answer: Result<Option<Value>, Error>) -> Self {
        let value = answer?.unwrap_or(Value::None);
        let unfit =
            |error: ValueError| Error::new(ErrorKind::InvalidValue, format!("output {}", error.at("o0")));
        Ok(T::from_value(value).map_err(unfit)?)
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
    answered: fn(Result<Option<Value>, Error>) -> R,
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
            answered: R::answered,
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
    task: &'static TaskMetadata,
    output: &'a Output<R>,
    caller: Context,
    /// What is handed over, if that matters.
    handed: Result<Handed, Error>,
}

/// The inputs that a call hands over.
#[derive(Debug, Default)]
pub struct Handed {
    values: Vec<(Variable, Value)>,
    /// Flyte has no value for one of them.
    error: Option<ValueError>,
}

impl Handed {
    pub(crate) fn add(&mut self, input: Variable, value: Result<Value, ValueError>) {
        match value {
            Ok(value) => self.values.push((input, value)),
            Err(error) => self.error = Some(error.at(input.name)),
        }
    }

    fn check(
        &self,
        caller: &Frame,
        giver: &'static TaskMetadata,
        task: &'static TaskMetadata,
    ) -> Result<(), Error> {
        self.values.iter().try_for_each(|(input, value)| {
            let (exit, name, r#type) = (Exit::Input(task), input.name, input.r#type);
            Leaving { task: giver, exit, name, r#type, value }.check(&caller.given)
        })
    }
}

impl<'a, R> Call<'a, R> {
    /// A call from the context that is current; `inputs` tells what is handed over, if that matters.
    pub fn new(task: &'static TaskMetadata, output: &'a Output<R>, inputs: impl FnOnce(&mut Handed)) -> Self {
        let caller = current_context();
        let mut handed = Ok(Handed::default());
        if let Some((frame, giver)) = caller.frame().and_then(|frame| Some((frame, frame.task?)))
            && (frame.given.count() > 0 || link::is_expected())
        {
            let mut inside = Handed::default();
            inputs(&mut inside);
            handed = inside.check(frame, giver, task).map(|()| inside);
            if let Err(error) = &handed {
                frame.session.remember(error);
            }
        }
        Self { task, output, caller, handed }
    }

    /// Runs the body of a task, or has it run in a pod of its own.
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        let Self { task, output, caller, handed } = self;
        match handed {
            Err(error) => (output.refused)(error),
            Ok(handed) => match elsewhere(task, &caller, handed) {
                Some(pending) => output.answer(&caller, pending.and_then(Pending::wait)),
                None => {
                    let context = caller.of_call(task);
                    let result = context.run(body);
                    output.leave(result, &context)
                }
            },
        }
    }

    /// Runs the body of an async task, or has it run in a pod of its own.
    pub async fn run_async(self, body: impl Future<Output = R>) -> R {
        let Self { task, output, caller, handed } = self;
        match handed {
            Err(error) => (output.refused)(error),
            Ok(handed) => match elsewhere(task, &caller, handed) {
                Some(Ok(pending)) => output.answer(&caller, pending.await),
                Some(Err(error)) => output.answer(&caller, Err(error)),
                None => {
                    let context = caller.of_call(task);
                    let result = context.scope(body).await;
                    output.leave(result, &context)
                }
            },
        }
    }
}

/// A task that a task calls runs in a pod of its own, if there is somebody to start it.
fn elsewhere(
    task: &'static TaskMetadata,
    caller: &Context,
    handed: Handed,
) -> Option<Result<Pending, Error>> {
    caller.task()?;
    let link = match link::link()? {
        Ok(link) => link,
        Err(error) => return Some(Err(error)),
    };
    if let Some(error) = handed.error {
        return Some(Err(link::unfit(task, &error)));
    }
    Some(link.call(task, &handed.values))
}

impl<R> Output<R> {
    /// What a pod has answered, for the one who has called it.
    fn answer(&self, caller: &Context, answer: Result<Option<Value>, Error>) -> R {
        let remember = |error: &Error| {
            if let Some(caller) = caller.frame() {
                caller.session.remember(error);
            }
        };
        let answer = answer.inspect_err(remember);
        (self.answered)(answer)
    }

    fn leave(&self, result: R, call: &Context) -> R {
        // A task that was given nothing pays nothing.
        if call.frame().is_none_or(|call| call.given.count() == 0) {
            return result;
        }
        (self.without_secrets)(result, call)
    }
}

/// The type of a function, which stands for the task.
pub fn type_id_of<F: 'static>(_function: &F) -> TypeId {
    TypeId::of::<F>()
}
