//! Calls of tasks: from code, and by name with values.

use std::{any::TypeId, fmt, future::Future, panic::RefUnwindSafe, thread};

use futures_timer::Delay;
use sealkit_protocol::Problem;

use crate::{
    Context, Error, ErrorKind, TaskMetadata, Type, Value, ValueError, Variable,
    attempts::InProcess,
    context::Frame,
    controller::{self, PendingCall},
    current_context,
    error_codec::ErrorCodec,
    invoke::InvokeError,
    known_secrets::KnownSecrets,
    leaks::{self, Destination, OutgoingValue},
    task_error::{AsError, ErrorConversions},
    task_type::{CallInputs, Member, Members},
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

    /// Returns why the call failed, without secrets that it has read; `None` if it succeeded.
    fn problem(&self, result: &R, call: &Context) -> Option<Problem>;

    /// Converts an error of sealkit into the result.
    fn convert_error(&self, error: Error) -> R;

    /// Converts the response of a pod of `task` into the result.
    fn convert_response(&self, task: &TaskMetadata, response: Result<Option<Value>, Error>) -> R;
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
    /// How the error crosses pods as itself, if it can be serialized.
    pub codec: fn() -> Option<ErrorCodec<E>>,
}

impl<T, E> ResultConversions<T, E> {
    /// Returns the problem of a call that failed with `error`.
    fn problem_of(&self, error: &E, call: &Context) -> Problem {
        let recorded = call.frame().map(Frame::recorded_errors).unwrap_or_default();
        let value = (self.codec)().and_then(|codec| codec.encode(error));
        self.error.problem(error, self.as_error, &recorded).with_value(value)
    }

    /// Adds the name of the only output to the path of an error. Several outputs are in the path already.
    fn at_output(&self, error: ValueError) -> ValueError {
        match self.output.variable.r#type {
            Type::Outputs(_) => error,
            _ => error.at("o0"),
        }
    }

    /// Returns the same problem without the secrets that the call has read.
    fn redacted(problem: Problem, call: &Context) -> Problem {
        match call.frame() {
            Some(frame) if frame.known_secrets.count() > 0 => {
                let guard = frame.known_secrets.guard();
                problem.map_texts(|text| guard.redact_text(text).into_owned())
            }
            _ => problem,
        }
    }
}

impl<T, E> TaskResult<Result<T, E>> for ResultConversions<T, E> {
    fn finish(&self, result: Result<T, E>) -> Result<Option<Value>, InvokeError> {
        match result {
            Ok(output) if matches!(self.output.variable.r#type, Type::None) => {
                drop(output);
                Ok(None)
            }
            Ok(output) => self
                .output
                .convert(&output)
                .map(Some)
                .map_err(|error| InvokeError::Output(self.at_output(error))),
            Err(error) => Err(InvokeError::Task(self.problem_of(&error, &current_context()))),
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
                match leaks::check_outputs(task, self.output.variable.r#type, &value, &call.known_secrets) {
                    Ok(()) => Ok(output),
                    Err(error) => {
                        call.record_error(&error);
                        self.convert_error(error)
                    }
                }
            }
            Err(error) => {
                let problem = self.problem_of(&error, context);
                let redacted = Self::redacted(problem.clone(), context);
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

    fn problem(&self, result: &Result<T, E>, call: &Context) -> Option<Problem> {
        let error = result.as_ref().err()?;
        let problem = Self::redacted(self.problem_of(error, call), call);
        Some(problem.of_task(call.task().map_or("", TaskMetadata::name)))
    }

    fn convert_error(&self, error: Error) -> Result<T, E> {
        Err(self.error.convert(error, (self.codec)().as_ref()))
    }

    fn convert_response(&self, task: &TaskMetadata, response: Result<Option<Value>, Error>) -> Result<T, E> {
        let output = response.and_then(|value| {
            self.output.parse(value.unwrap_or(Value::None)).map_err(|error| {
                let message = format!("call of task `{}`: output {}", task.name(), self.at_output(error));
                Error::new(ErrorKind::InvalidValue, message)
            })
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
        let needs_inputs = task.retries() > 0 && !controller::is_available();
        let (caller, mut inputs) = match Context::of_caller() {
            Ok(caller) => (caller, Ok(CallInputs::default())),
            Err(error) => (current_context(), Err(error)),
        };
        if let Some((frame, calling_task)) = caller.frame().and_then(|frame| Some((frame, frame.task?))) {
            if !calling_task.may_call(task) {
                inputs = Err(undeclared_call(calling_task, task));
            } else if needs_inputs || frame.known_secrets.count() > 0 || controller::is_available() {
                let mut collected = CallInputs::default();
                collect(&mut collected);
                // A pod can read all of its secrets without asking the context.
                let known = if controller::is_available() {
                    frame.session().known_secrets()
                } else {
                    &frame.known_secrets
                };
                inputs = check_inputs(&collected, known, calling_task, task).map(|()| collected);
            }
            if let Err(error) = &inputs {
                frame.record_error(error);
            }
        } else if let (true, Ok(inputs)) = (needs_inputs, &mut inputs) {
            collect(inputs);
        }
        Self { task, output, caller, inputs }
    }

    /// Runs the body of a task, or asks the controller to run the task in a pod. `again` runs the body another time.
    pub fn run(self, body: impl FnOnce() -> R, again: impl Fn(Members) -> Result<R, ValueError>) -> R {
        let Self { task, output, caller, inputs } = self;
        match inputs {
            Err(error) => output.result.convert_error(error),
            Ok(inputs) => match call_controller(task, &caller, &inputs) {
                Some(pending) => output.receive(task, &caller, pending.and_then(PendingCall::wait)),
                None => {
                    let mut attempts = InProcess::new(task, output, caller, inputs);
                    let mut result = attempts.run(body);
                    while let Some((delay, inputs)) = attempts.retry(&result) {
                        thread::sleep(delay);
                        result = attempts.run(|| match again(inputs) {
                            Ok(result) => result,
                            Err(error) => output.invalid_input(task, &error),
                        });
                    }
                    attempts.finish(result)
                }
            },
        }
    }

    /// Runs the body that `start` returns, or asks the controller to run the task in a pod. `again` returns the body another time.
    pub async fn run_async<F: Future<Output = R>>(
        self,
        start: impl FnOnce() -> F,
        again: impl Fn(Members) -> Result<F, ValueError>,
    ) -> R {
        let Self { task, output, caller, inputs } = self;
        match inputs {
            Err(error) => output.result.convert_error(error),
            Ok(inputs) => match call_controller(task, &caller, &inputs) {
                Some(Ok(pending)) => output.receive(task, &caller, pending.await),
                Some(Err(error)) => output.receive(task, &caller, Err(error)),
                None => {
                    let mut attempts = InProcess::new(task, output, caller, inputs);
                    let mut result = attempts.run_async(start).await;
                    while let Some((delay, inputs)) = attempts.retry(&result) {
                        Delay::new(delay).await;
                        result = match again(inputs) {
                            // On the heap, so that the future of a call without retries stays small.
                            Ok(body) => Box::pin(attempts.run_async(|| body)).await,
                            Err(error) => output.invalid_input(task, &error),
                        };
                    }
                    attempts.finish(result)
                }
            },
        }
    }
}

/// Starts `task` through the controller. Returns `None` if the task runs in this process.
fn call_controller(
    task: &'static TaskMetadata,
    caller: &Context,
    inputs: &CallInputs,
) -> Option<Result<PendingCall, Error>> {
    caller.task()?;
    let controller = match controller::current()? {
        Ok(controller) => controller,
        Err(error) => return Some(Err(error)),
    };
    if let Some(error) = &inputs.error {
        return Some(Err(controller::invalid_value(task, error)));
    }
    Some(controller.call(task, &inputs.values))
}

impl<R> Output<R> {
    /// Returns the result of a function that refers to a deployed task and has no body; called by generated code only.
    pub fn only_deployed(&self, deployed: &str) -> R {
        let message = format!(
            "cannot run `{deployed}` here: it is deployed on a cluster, and the function has no body"
        );
        self.result.convert_error(
            Error::new(ErrorKind::Configuration, message)
                .with_hint("run its caller on a cluster: sealkit run --remote; or add a body for local runs"),
        )
    }

    /// Returns the result of an attempt whose inputs cannot be read again.
    fn invalid_input(&self, task: &TaskMetadata, error: &ValueError) -> R {
        self.result.convert_error(controller::invalid_value(task, error))
    }

    /// Converts the response of a pod into the caller's result.
    fn receive(&self, task: &TaskMetadata, caller: &Context, response: Result<Option<Value>, Error>) -> R {
        let response = response.inspect_err(|error| {
            if let Some(caller) = caller.frame() {
                caller.record_error(error);
            }
        });
        self.result.convert_response(task, response)
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
