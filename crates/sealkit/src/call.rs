//! Calls of tasks: from code, and by name with values.

use std::{any::TypeId, fmt, future::Future, panic::RefUnwindSafe};

use sealkit_protocol::Problem;

use crate::{
    Context, Error, ErrorKind, TaskMetadata, Type, Value, Variable,
    context::Frame,
    controller::{self, PendingCall},
    current_context,
    invoke::InvokeError,
    known_secrets::KnownSecrets,
    leaks::{Destination, OutgoingValue},
    task_error::{AsError, ErrorConversions},
    task_type::{CallInputs, Member},
};

/// The conversions of the return type `R` of a task, which must be `Result<T, E>`.
#[diagnostic::on_unimplemented(
    message = "a task must return `Result<T, E>`, not `{R}`",
    label = "write `-> sealkit::Result<…>`",
    note = "`E` can be any error type that implements `From<sealkit::Error>` and `Display`, such as `anyhow::Error`"
)]
pub trait TaskResult<R>: Sync + RefUnwindSafe {
    /// Converts the result into the output value.
    fn finish(&self, result: R) -> Result<Option<Value>, InvokeError>;

    /// Returns the result, or an error if it contains a secret that the call has read.
    fn without_secrets(&self, result: R, call: &Context) -> R;

    /// Converts an error of sealkit into the result.
    fn convert_error(&self, error: Error) -> R;

    /// Converts the response of a pod into the result.
    fn convert_response(&self, response: Result<Option<Value>, Error>) -> R;
}

/// The conversions of a `Result<T, E>`.
///
/// The fields have no bounds. Generated code takes their values from [`TaskType`](crate::TaskType) and
/// [`TaskError`](crate::task_error::TaskError), so that the compiler reports each missing implementation once, at the type.
#[derive(Debug)]
pub struct ResultConversions<T, E> {
    /// The output.
    pub output: Member<T>,
    /// The error.
    pub error: ErrorConversions<E>,
    /// The error as a standard error.
    pub as_error: AsError<E>,
}

impl<T, E> ResultConversions<T, E> {
    /// Returns the problem of a call that failed with `error`.
    fn problem(&self, error: &E, call: &Context) -> Problem {
        let recorded = call.frame().map(Frame::recorded_errors).unwrap_or_default();
        self.error.problem(error, self.as_error, &recorded)
    }
}

impl<T, E> TaskResult<Result<T, E>> for ResultConversions<T, E> {
    fn finish(&self, result: Result<T, E>) -> Result<Option<Value>, InvokeError> {
        match result {
            Ok(output) if matches!(self.output.variable.r#type, Type::None) => {
                drop(output);
                Ok(None)
            }
            Ok(output) => {
                self.output.convert(&output).map(Some).map_err(|error| InvokeError::Output(error.at("o0")))
            }
            Err(error) => Err(InvokeError::Task(self.problem(&error, &current_context()))),
        }
    }

    fn without_secrets(&self, result: Result<T, E>, call: &Context) -> Result<T, E> {
        let context = call;
        let Some((call, task)) = context.frame().and_then(|call| Some((call, call.task?))) else {
            return result;
        };
        match result {
            Ok(output) => {
                // An output without a Flyte value fails later, and does not leave the task.
                let Ok(value) = self.output.convert(&output) else { return Ok(output) };
                let outgoing = OutgoingValue {
                    task,
                    destination: Destination::Output,
                    name: "o0",
                    r#type: self.output.variable.r#type,
                    value: &value,
                };
                match outgoing.check(&call.known_secrets) {
                    Ok(()) => Ok(output),
                    Err(error) => {
                        call.record_error(&error);
                        self.convert_error(error)
                    }
                }
            }
            Err(error) => {
                let problem = self.problem(&error, context);
                let guard = call.known_secrets.guard();
                let redacted = problem.clone().map_texts(|text| guard.redact_text(text).into_owned());
                if redacted == problem {
                    // An error without secrets keeps its type.
                    return Err(error);
                }
                let error = redacted.into();
                call.record_error(&error);
                self.convert_error(error)
            }
        }
    }

    fn convert_error(&self, error: Error) -> Result<T, E> {
        Err(self.error.convert(error))
    }

    fn convert_response(&self, response: Result<Option<Value>, Error>) -> Result<T, E> {
        let output = response.and_then(|value| {
            self.output
                .parse(value.unwrap_or(Value::None))
                .map_err(|error| Error::new(ErrorKind::InvalidValue, format!("output {}", error.at("o0"))))
        });
        output.or_else(|error| self.convert_error(error))
    }
}

/// The output of a task that returns `R`.
pub struct Output<R: 'static> {
    /// The outputs of the interface.
    pub variables: &'static [Variable],
    /// The conversions of the result.
    pub result: &'static dyn TaskResult<R>,
}

impl<R> Output<R> {
    /// Converts the function's result into the output value.
    ///
    /// # Errors
    ///
    /// Returns the error of the task, or an error if the output has no Flyte value.
    pub fn finish(&self, result: R) -> Result<Option<Value>, InvokeError> {
        self.result.finish(result)
    }
}

impl<R> fmt::Debug for Output<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("variables", &self.variables).finish_non_exhaustive()
    }
}

/// A call of a task: checks the inputs, runs the task in its own context, and checks the output.
///
/// An input must not contain a secret that the caller has read. The output and the error must not contain a secret that the task
/// has read. A caller or task that has read no secret is not checked.
#[derive(Debug)]
pub struct Call<'a, R: 'static> {
    task: &'static TaskMetadata,
    output: &'a Output<R>,
    caller: Context,
    /// The inputs, where they are checked or sent to a controller.
    inputs: Result<CallInputs, Error>,
}

impl<'a, R> Call<'a, R> {
    /// Creates a call from the current context. `collect` adds the inputs; it runs only where they are needed.
    pub fn new(
        task: &'static TaskMetadata,
        output: &'a Output<R>,
        collect: impl FnOnce(&mut CallInputs),
    ) -> Self {
        let (caller, mut inputs) = match Context::of_caller() {
            Ok(caller) => (caller, Ok(CallInputs::default())),
            Err(error) => (current_context(), Err(error)),
        };
        if let Some((frame, calling_task)) = caller.frame().and_then(|frame| Some((frame, frame.task?))) {
            if !calling_task.may_call(task) {
                inputs = Err(undeclared_call(calling_task, task));
            } else if frame.known_secrets.count() > 0 || controller::is_available() {
                let mut collected = CallInputs::default();
                collect(&mut collected);
                // A pod can read all of its secrets without asking the context.
                let known = if controller::is_available() {
                    frame.session.known_secrets()
                } else {
                    &frame.known_secrets
                };
                inputs = check_inputs(&collected, known, calling_task, task).map(|()| collected);
            }
            if let Err(error) = &inputs {
                frame.record_error(error);
            }
        }
        Self { task, output, caller, inputs }
    }

    /// Runs the body of a task, or asks the controller to run the task in a pod.
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        let Self { task, output, caller, inputs } = self;
        match inputs {
            Err(error) => output.result.convert_error(error),
            Ok(inputs) => match call_controller(task, &caller, inputs) {
                Some(pending) => output.receive(&caller, pending.and_then(PendingCall::wait)),
                None => {
                    let context = caller.of_call(task);
                    let result = context.run(body);
                    output.check(result, &caller, &context)
                }
            },
        }
    }

    /// Runs the body of an async task, or asks the controller to run the task in a pod.
    pub async fn run_async(self, body: impl Future<Output = R>) -> R {
        let Self { task, output, caller, inputs } = self;
        match inputs {
            Err(error) => output.result.convert_error(error),
            Ok(inputs) => match call_controller(task, &caller, inputs) {
                Some(Ok(pending)) => output.receive(&caller, pending.await),
                Some(Err(error)) => output.receive(&caller, Err(error)),
                None => {
                    let context = caller.of_call(task);
                    let result = context.scope(body).await;
                    output.check(result, &caller, &context)
                }
            },
        }
    }
}

/// Starts `task` through the controller. Returns `None` if the task runs in this process.
fn call_controller(
    task: &'static TaskMetadata,
    caller: &Context,
    inputs: CallInputs,
) -> Option<Result<PendingCall, Error>> {
    caller.task()?;
    let controller = match controller::current()? {
        Ok(controller) => controller,
        Err(error) => return Some(Err(error)),
    };
    if let Some(error) = inputs.error {
        return Some(Err(controller::invalid_value(task, &error)));
    }
    Some(controller.call(task, &inputs.values))
}

impl<R> Output<R> {
    /// Converts the response of a pod into the caller's result.
    fn receive(&self, caller: &Context, response: Result<Option<Value>, Error>) -> R {
        let response = response.inspect_err(|error| {
            if let Some(caller) = caller.frame() {
                caller.record_error(error);
            }
        });
        self.result.convert_response(response)
    }

    /// Checks the result of a call that ran in this process.
    fn check(&self, result: R, caller: &Context, call: &Context) -> R {
        let Some(frame) = call.frame() else { return result };
        // A task that has read no secret pays nothing.
        let result =
            if frame.known_secrets.count() == 0 { result } else { self.result.without_secrets(result, call) };
        if let Some(caller) = caller.frame() {
            caller.adopt_errors(frame);
        }
        result
    }
}

/// Checks that the inputs contain no secret that the caller knows.
fn check_inputs(
    inputs: &CallInputs,
    known: &KnownSecrets,
    caller: &'static TaskMetadata,
    called_task: &'static TaskMetadata,
) -> Result<(), Error> {
    inputs.values.iter().try_for_each(|(input, value)| {
        let (destination, name, r#type) = (Destination::Input(called_task), input.name, input.r#type);
        OutgoingValue { task: caller, destination, name, r#type, value }.check(known)
    })
}

/// Returns the type of a function, which identifies the task.
pub fn type_id_of<F: 'static>(_function: &F) -> TypeId {
    TypeId::of::<F>()
}

fn undeclared_call(caller: &TaskMetadata, task: &TaskMetadata) -> Error {
    let (kind, caller, task) = (caller.kind().as_str(), caller.name(), task.name());
    let message = format!("{kind} `{caller}` calls task `{task}`, which is not in its `calls`");
    Error::new(ErrorKind::Configuration, message)
        .with_hint(format!("add task `{task}`: #[{kind}(calls = [..., {task}])]"))
}
