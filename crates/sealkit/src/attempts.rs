//! The attempts of a call in the process of its caller. They follow the same rules as those in pods.
//!
//! A timeout ends an async task at its next `await`. A sync task cannot be ended from outside: it fails when it returns too late.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use futures_timer::Delay;
use sealkit_protocol::{Attempts, Problem, TimeLimit};

use crate::{
    Context, Error, TaskMetadata,
    call::Output,
    context::CallNumber,
    controller,
    provider::is_pod,
    step::Steps,
    task_type::{CallInputs, Members},
};

/// The attempts of a call.
pub(crate) struct InProcess<'a, R: 'static> {
    task: &'static TaskMetadata,
    output: &'a Output<R>,
    caller: Context,
    /// The number of the call, and of the attempt.
    number: CallNumber,
    /// `None` if the engine or the cluster counts the attempts, or the task has no limits.
    limited: Option<Box<Limited>>,
    /// The context of the last attempt.
    call: Option<Context>,
}

/// The attempts of a call that has a limit or may be tried again.
struct Limited {
    attempts: Attempts<'static>,
    inputs: CallInputs,
    /// The results of steps.
    steps: Arc<Steps>,
    /// Why the last attempt failed, if it was asked for.
    problem: Option<Problem>,
}

impl<'a, R> InProcess<'a, R> {
    /// Prepares the first attempt.
    pub(crate) fn new(
        task: &'static TaskMetadata,
        output: &'a Output<R>,
        caller: Context,
        inputs: CallInputs,
    ) -> Self {
        let has_limits = task.retries() > 0 || task.timeout().is_some() || task.deadline().is_some();
        // Flyte 1 counts the attempts of a pod's own task, but not those of the tasks that it calls.
        let is_counted_outside = || controller::is_available() || caller.task().is_none() && is_pod();
        let limited = (has_limits && !is_counted_outside()).then(|| {
            let attempts = Attempts::new(task.attempt_limits());
            Box::new(Limited { attempts, inputs, steps: Arc::default(), problem: None })
        });
        Self { task, output, caller, number: CallNumber::next(), limited, call: None }
    }

    /// Runs an attempt of a sync task.
    pub(crate) fn run(&mut self, body: impl FnOnce() -> R) -> R {
        let call = self.start();
        // Without a limit, a call does not pay for the clock.
        let limit = self.time_limit().map(|limit| (limit, Instant::now()));
        let (call, result) = call.enter(body);
        let exceeded = limit.filter(|(limit, started)| started.elapsed() >= limit.left);
        self.check(result, call, exceeded.map(|(limit, _)| limit))
    }

    /// Runs an attempt of an async task, whose body `start` returns: a future that is passed on is stored twice.
    pub(crate) async fn run_async<F: Future<Output = R>>(&mut self, start: impl FnOnce() -> F) -> R {
        let call = self.start();
        let Some(limit) = self.time_limit() else {
            let result = call.scope(start()).await;
            return self.check(result, call, None);
        };
        let started = Instant::now();
        // On the heap, so that the future of a call without limits stays small.
        match Box::pin(within(limit.left, call.scope(start()))).await {
            Some(result) => {
                self.check(result, call, Some(limit).filter(|limit| started.elapsed() >= limit.left))
            }
            None => self.timed_out(call, limit),
        }
    }

    /// Returns the delay before the next attempt and its inputs, if the task is tried again after `result`.
    pub(crate) fn retry(&mut self, result: &R) -> Option<(Duration, Members)> {
        let limited = self.limited.as_mut()?;
        if limited.problem.is_none() {
            limited.problem = self.output.result.problem(result, self.call.as_ref()?);
        }
        let problem = limited.problem.as_ref()?;
        let mut retry =
            limited.attempts.next(self.number.attempt, problem).filter(|_| limited.inputs.error.is_none())?;
        if !self.caller.waits() {
            retry.delay = Duration::ZERO;
        }
        report(&retry.line(self.task.name(), Some(problem)));
        self.number.attempt += 1;
        limited.problem = None;
        let inputs = &limited.inputs.values;
        let inputs = inputs.iter().map(|(input, value)| (input.name.to_owned(), value.clone()));
        Some((retry.delay, Members::new(inputs.collect())))
    }

    /// Returns the result for the caller. A calling task gets the error that it would get from another pod.
    pub(crate) fn finish(self, mut result: R) -> R {
        let Some(call) = self.call else { return result };
        if let (Some(frame), Some(caller)) = (call.frame(), self.caller.frame()) {
            let problem = self.limited.and_then(|limited| limited.problem);
            if caller.task.is_some()
                && let Some(problem) = problem.or_else(|| self.output.result.problem(&result, &call))
            {
                let error = Error::from(Attempts::finish(self.number.attempt, problem));
                frame.record_error(&error);
                result = self.output.result.convert_error(error);
            }
            caller.adopt_errors(frame);
        }
        call.end();
        result
    }

    /// Returns the context of the next attempt.
    fn start(&self) -> Context {
        let steps = self.limited.as_ref().map(|limited| limited.steps.clone());
        self.caller.of_call(self.task, self.number, steps)
    }

    fn time_limit(&self) -> Option<TimeLimit> {
        self.limited.as_ref()?.attempts.time_limit()
    }

    /// Checks the result of an attempt, which may have `exceeded` its limit.
    fn check(&mut self, result: R, call: Context, exceeded: Option<TimeLimit>) -> R {
        if let Some(limit) = exceeded {
            return self.timed_out(call, limit);
        }
        // A task that has read no secret pays nothing.
        let has_secrets = call.frame().is_some_and(|frame| frame.known_secrets.count() > 0);
        let result = if has_secrets { self.output.result.without_secrets(result, &call) } else { result };
        self.call = Some(call);
        result
    }

    fn timed_out(&mut self, call: Context, limit: TimeLimit) -> R {
        self.call = Some(call);
        let problem = limit.problem(self.task.name());
        if let Some(limited) = &mut self.limited {
            limited.problem = Some(problem.clone());
        }
        self.output.result.convert_error(problem.into())
    }
}

/// Polls `future` until it is ready, or `limit` is over.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let (mut future, mut limit) = (pin!(future), Delay::new(limit));
    poll_fn(|task| match future.as_mut().poll(task) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Pin::new(&mut limit).poll(task).map(|()| None),
    })
    .await
}

/// Prints a line to standard error, where tests capture it.
#[expect(clippy::print_stderr, reason = "what is retried is visible in every kind of run")]
fn report(line: &str) {
    eprint!("{line}");
}
