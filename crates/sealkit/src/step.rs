//! Steps: pieces of work that a retry does not do again.

mod scope;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use sealkit_idl::task::{NamedLiteral, Outputs};

use crate::{
    Context, Error, ErrorKind, TaskMetadata, TaskType, Value, ValueError, Variable, controller,
    current_context,
    leaks::{Destination, OutgoingValue},
    literal::{from_outputs, to_outputs},
};

use self::scope::Scope;
#[cfg(feature = "cluster")]
pub(crate) use self::scope::last_name;

/// The longest name of a step.
const MAX_NAME: usize = 63;

/// The results of the steps of a call that runs in the process of its caller. All attempts share them.
#[derive(Debug, Default)]
pub(crate) struct Steps(Mutex<BTreeMap<String, Value>>);

impl Steps {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a piece of work once for all attempts of the task: a retry gets the recorded result of the attempt that did it.
///
/// Use it for what must not happen twice, such as a payment, or for what takes long. Failures are not recorded. The result is recorded
/// when this function returns, so an attempt that is killed before has not done the step, as far as sealkit knows. Pass the
/// [idempotency key](Context::idempotency_key) to the service to close this gap.
///
/// sealkit numbers the steps of one name in the order in which an attempt reaches them, also those that failed. Every attempt must reach
/// them in the same order: put the item into the name, as in `format!("charge-{order}")`. To try work again, loop inside the step. The steps
/// inside of a step have numbers of their own: a retry that has the result of the outer one does not reach them. This does not hold on other
/// threads that the step starts.
///
/// On a cluster, a step is a trace of the official SDK, which the console shows below its task. Locally, the `sealkit` command keeps the
/// results in private files until the call ends. Pods on Flyte 1 do not keep them for the next attempt.
///
/// Outside a task, the work just runs. So it does in process on a thread to which the task has not passed its [`Context`]. Steps belong
/// to one call: when a local run or a test retries a caller, the tasks that it calls do their steps again.
///
/// A result that cannot be recorded, such as one above 2 MiB on a cluster, is a warning: an error would make the work happen again.
///
/// # Errors
///
/// Returns the error of the work. Returns an error of kind [`ErrorKind::Leak`], which is not retried, if the result contains a secret
/// that the task has read: the work is done, and its result is not recorded. [`ErrorKind::InvalidValue`] if the recorded result has
/// another type, and [`ErrorKind::InvalidName`] unless the name has 1 to 63 bytes without brackets.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use sealkit::{current_context, step, task, testing::TestSecrets};
///
/// static CHARGES: AtomicU32 = AtomicU32::new(0);
///
/// #[task(retries = 2)]
/// fn order() -> anyhow::Result<String> {
///     let receipt: String = step("charge", || {
///         let number = CHARGES.fetch_add(1, Ordering::SeqCst) + 1;
///         anyhow::Ok(format!("receipt {number}"))
///     })?;
///     anyhow::ensure!(current_context().attempt() == 3, "cannot send the mail");
///     Ok(receipt)
/// }
///
/// assert_eq!(TestSecrets::new().run(order)?, "receipt 1");
///
/// let error = step("fails", || anyhow::bail!("declined")) as anyhow::Result<()>;
/// assert_eq!(error.unwrap_err().to_string(), "declined");
/// # anyhow::Ok(())
/// ```
pub fn step<T: TaskType, E: From<Error>>(name: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    const { T::TYPE.check_returned() };
    let context = current_context();
    let Some(step) = Step::new(&context, name)? else { return work() };
    let recorded = match step.question()? {
        Some(question) => question.wait().map_err(|error| step.not_read(&error))?,
        None => Outputs::default(),
    };
    if let Some(recorded) = step.recorded(recorded)? {
        return Ok(recorded);
    }
    let started = SystemTime::now();
    let result = step.scope.clone().run(work)?;
    if let Some(record) = step.record(&result, started)? {
        step.warn_unless_recorded(record.and_then(controller::PendingStep::wait));
    }
    Ok(result)
}

/// Awaits a piece of work once for all attempts of the task, like [`step`].
///
/// # Errors
///
/// The same as those of [`step`].
///
/// # Examples
///
/// ```
/// use sealkit::{step_async, task, testing::TestSecrets};
///
/// #[task]
/// async fn order(amount: i64) -> anyhow::Result<i64> {
///     let charged = step_async("charge", async { anyhow::Ok(amount) }).await?;
///     step_async("mail", async { anyhow::ensure!(charged > 0, "nothing to send"); Ok(()) }).await?;
///     Ok(charged)
/// }
///
/// # #[cfg(feature = "tokio")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let secrets = TestSecrets::new().session();
/// assert_eq!(secrets.scope(order(5)).await?, 5);
/// assert_eq!(secrets.scope(order(0)).await.unwrap_err().to_string(), "nothing to send");
/// # anyhow::Ok(())
/// # }).unwrap();
/// ```
pub async fn step_async<T: TaskType, E: From<Error>>(
    name: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    const { T::TYPE.check_returned() };
    let context = current_context();
    let Some(step) = Step::new(&context, name)? else { return work.await };
    let recorded = match step.question()? {
        Some(question) => question.await.map_err(|error| step.not_read(&error))?,
        None => Outputs::default(),
    };
    if let Some(recorded) = step.recorded(recorded)? {
        return Ok(recorded);
    }
    let started = SystemTime::now();
    let result = step.scope.clone().wrap(work).await?;
    if let Some(record) = step.record(&result, started)? {
        let recorded = match record {
            Ok(pending) => pending.await,
            Err(error) => Err(error),
        };
        step.warn_unless_recorded(recorded);
    }
    Ok(result)
}

/// A step of a task.
struct Step<'c> {
    context: &'c Context,
    task: &'static TaskMetadata,
    steps: Option<&'c Steps>,
    /// The name, with those of the steps around it, and with a number if it is not the first step of this name there.
    name: String,
    scope: Scope,
}

impl<'c> Step<'c> {
    /// Returns the next step of this name, or `None` outside a task.
    fn new(context: &'c Context, name: &str) -> Result<Option<Self>, Error> {
        // Brackets number the steps of one name.
        if name.is_empty() || name.len() > MAX_NAME || name.contains(['[', ']']) {
            let name = sealkit_names::escape(name);
            let message = format!(
                "invalid name `{name}` of a step: expected 1 to {MAX_NAME} bytes without `[` and `]`"
            );
            return Err(Error::new(ErrorKind::InvalidName, message));
        }
        let Some((frame, task)) = context.frame().and_then(|frame| Some((frame, frame.task?))) else {
            return Ok(None);
        };
        let name = scope::name_inside(frame, name);
        let number = frame.next_step(&name);
        let scope = Scope::new(frame, &name, number);
        let name = if number > 1 { format!("{name}[{number}]") } else { name };
        let step = Self { context, task, steps: frame.steps.as_deref(), name, scope };
        step.check_name()?;
        Ok(Some(step))
    }

    /// Checks that the name, which leaves the task, contains no secret.
    fn check_name(&self) -> Result<(), Error> {
        let Some(frame) = self.context.frame().filter(|frame| frame.known_secrets.count() > 0) else {
            return Ok(());
        };
        let Some(finding) = frame.known_secrets.guard().check(self.name.as_bytes()).into_iter().next() else {
            return Ok(());
        };
        let message = format!("the name of a step of task `{}` contains secret {finding}", self.task.name());
        let error =
            Error::new(ErrorKind::Leak, message).with_hint("name the step after an id, not after a secret");
        frame.record_error(&error);
        Err(error)
    }

    /// Returns the question for the recorded result; `None` if the result is in this process.
    fn question(&self) -> Result<Option<controller::PendingStep>, Error> {
        let controller = controller::current().transpose()?;
        controller.map(|controller| controller.find_step(&self.name)).transpose()
    }

    /// The error if the recorded result cannot be read: it is not known whether the step is done.
    fn not_read(&self, error: &Error) -> Error {
        let (name, task) = (&self.name, self.task.name());
        let message = format!("step `{name}` of task `{task}`: cannot read its recorded result: {error}");
        Error::new(error.kind(), message)
            .with_hint(error.hint().unwrap_or("to do the step again, give it another name"))
    }

    /// Returns the result of an earlier attempt, if there is one.
    fn recorded<T: TaskType>(&self, answer: Outputs) -> Result<Option<T>, Error> {
        let value = if answer.literals.is_empty() {
            self.steps.and_then(|steps| steps.lock().get(&self.name).cloned()).map(Ok)
        } else {
            Some(result_of(T::__MEMBER.outputs, answer.literals))
        };
        let value = value.transpose().and_then(|value| value.map(T::from_value).transpose());
        value.map_err(|error| {
            let message =
                format!("step `{}` of task `{}`: the recorded result {error}", self.name, self.task.name());
            Error::new(ErrorKind::InvalidValue, message)
                .with_hint("a step needs another name if its result has another type")
        })
    }

    /// Records the result. Returns `None` if it is recorded, and otherwise the answer to wait for, or why it cannot be recorded.
    ///
    /// # Errors
    ///
    /// Returns an error if the result contains a secret. Any other error would make the work happen again.
    fn record<T: TaskType>(
        &self,
        result: &T,
        started: SystemTime,
    ) -> Result<Option<Result<controller::PendingStep, Error>>, Error> {
        let (task, name) = (self.task.name(), &self.name);
        let invalid = |error: ValueError| {
            Error::new(
                ErrorKind::InvalidValue,
                format!("the result of step `{name}` of task `{task}` {error}"),
            )
        };
        self.check_name()?;
        let value = match result.to_value() {
            Ok(value) => value,
            Err(error) => return Ok(Some(Err(invalid(error)))),
        };
        if let Some(frame) = self.context.frame() {
            let (destination, r#type) = (Destination::Step(name.clone()), T::TYPE);
            OutgoingValue { task: self.task, destination, name: "o0", r#type, value: &value }
                .check(&frame.known_secrets)
                .inspect_err(|error| frame.record_error(error))?;
        }
        let controller = match controller::current() {
            Some(Ok(controller)) => controller,
            Some(Err(error)) => return Ok(Some(Err(error))),
            None => {
                if let Some(steps) = self.steps {
                    steps.lock().insert(name.clone(), value);
                }
                return Ok(None);
            }
        };
        let mut literals = match to_outputs(T::__MEMBER.outputs, &value) {
            Ok(literals) => literals,
            Err(error) => return Ok(Some(Err(invalid(error)))),
        };
        if literals.is_empty() {
            literals.push(NamedLiteral { name: "o0".to_owned(), ..NamedLiteral::default() });
        }
        let interface = crate::Interface::__new(&[], T::__MEMBER.outputs);
        Ok(Some(controller.record_step(name, Outputs { literals }, &interface, started)))
    }

    /// Prints that a result is not recorded. An error would make the work happen again at once.
    #[expect(clippy::print_stderr, reason = "the result itself is not lost")]
    fn warn_unless_recorded(&self, recorded: Result<Outputs, Error>) {
        if let Err(error) = recorded {
            let (name, task) = (&self.name, self.task.name());
            eprintln!(
                "warning: step `{name}` of task `{task}` is not recorded, a retry does it again: {error}"
            );
        }
    }
}

/// Returns a recorded result. That of a step without a result is an absent value.
fn result_of(outputs: &'static [Variable], literals: Vec<NamedLiteral>) -> Result<Value, ValueError> {
    let has_value = literals.iter().filter_map(|literal| literal.value.as_ref()).any(|of| of.value.is_some());
    if has_value == outputs.is_empty() {
        return Err(ValueError::new(if has_value { "is a value" } else { "is no value" }));
    }
    from_outputs(outputs, literals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_be_that_of_a_repeated_step() {
        let long = "n".repeat(64);
        for name in ["", "charge[2]", "charge]", &long] {
            let error = step(name, || Ok::<_, Error>(())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidName);
            let expected =
                format!("invalid name `{name}` of a step: expected 1 to 63 bytes without `[` and `]`");
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(step(&long[1..], || Ok::<_, Error>(1)).unwrap(), 1);
    }
}
