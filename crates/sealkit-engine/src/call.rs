//! A call of a task: its result comes from the cache, or from the last of its attempts.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use sealkit_idl::task::Inputs;
use sealkit_protocol::{Attempts, Code, Problem, Retry, call::Success};

use crate::{
    actions::Action,
    cache::Cached,
    engine::{Caller, Engine, lock},
    event::Event,
    problems::{cancelled, problem},
    slots::Slot,
};

/// The deepest nesting of calls: a deeper one is taken for an endless recursion.
const MAX_CALL_DEPTH: usize = 64;

/// How often a task that waits for its next attempt looks whether the run is cancelled.
const CANCELLATION_INTERVAL: Duration = Duration::from_millis(50);

/// What a call of a pod has when its thread begins.
pub(crate) struct Ready<'s> {
    /// When it was made.
    pub(crate) since: Instant,
    /// What the cache has for it.
    pub(crate) cached: Cached,
    /// The slot of its first attempt, if it needs one.
    pub(crate) slot: Option<Slot<'s>>,
}

impl Engine {
    /// Numbers the calls of a task.
    pub(crate) fn next_call(&self, task: &str) -> u32 {
        let mut calls = lock(&self.calls);
        let count = calls.entry(task.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Runs a task, with retries, unless its result is in the cache. Each attempt waits for a slot, unless the call is `ready`; no slot is
    /// held between attempts.
    pub(crate) fn call(
        self: &Arc<Self>,
        caller: Option<Caller>,
        depth: usize,
        task: &str,
        call: u32,
        inputs: &Inputs,
        ready: Option<Ready<'_>>,
    ) -> Result<Success, Problem> {
        let task = self.program.task(task).map_err(|error| problem(Code::InvalidName, &error))?;
        if depth > MAX_CALL_DEPTH {
            let message = format!("calls of task `{}` are nested deeper than {MAX_CALL_DEPTH}", task.name);
            return Err(Problem::new(Code::Other, message).not_retryable());
        }
        let since = ready.as_ref().map_or_else(Instant::now, |ready| ready.since);
        let attempts = Attempts::called(task.limits(), since.elapsed());
        let (cached, mut ready_slot) = match ready {
            Some(ready) => (ready.cached, ready.slot),
            None => (self.look_up(task, inputs, caller, attempts.queue_limit(0)), None),
        };
        let cached = match cached {
            Cached::Hit(success) => {
                self.report_hit(task, call, inputs, caller, &success);
                return Ok(success);
            }
            Cached::Miss(cached) => Some(cached),
            Cached::Never => None,
        };
        let (mut attempt, mut first) = (0, None);
        loop {
            let slot = ready_slot.take().or_else(|| self.slots.acquire(depth, attempts.queue_limit(attempt)));
            if self.is_cancelled(caller) {
                return Err(cancelled(&task.name));
            }
            // Without a slot, or with one that came too late.
            let Some(slot) = slot.filter(|_| !attempts.is_overdue(attempt)) else {
                return Err(Attempts::finish(attempt.saturating_sub(1), attempts.overdue()));
            };
            let pod = self.next_pod.fetch_add(1, Ordering::SeqCst);
            // All attempts are one action, as on a cluster.
            let action = first.get_or_insert_with(|| Action::new(self, pod));
            let started = Instant::now();
            let caller_pod = caller.map(|caller| caller.pod);
            (self.observer)(&Event::Started { pod, caller: caller_pod, task, call, attempt, inputs });
            let outcome = self.attempt(pod, action.number, caller, depth, task, attempt, &attempts, inputs);
            let problem = outcome.as_ref().err();
            let retry = problem
                .filter(|_| !self.is_cancelled(caller))
                .and_then(|problem| attempts.next(attempt, problem));
            let duration = started.elapsed();
            (self.observer)(&Event::Finished { pod, task, outcome: outcome.as_ref(), duration, retry });
            drop(slot);
            let Some(Retry { delay, .. }) = retry else {
                if let (Some(cached), Ok(success)) = (&cached, &outcome) {
                    self.store(task, cached, success, action);
                }
                return outcome.map_err(|problem| Attempts::finish(attempt, problem));
            };
            self.pause(delay, caller);
            attempt += 1;
        }
    }

    /// Waits before the next attempt, unless the run is cancelled meanwhile.
    fn pause(&self, delay: Duration, caller: Option<Caller>) {
        let until = Instant::now().checked_add(delay);
        while !self.is_cancelled(caller) {
            let left =
                until.map_or(CANCELLATION_INTERVAL, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(CANCELLATION_INTERVAL));
        }
    }
}
