//! When a task is tried again, and when its time is over.

use std::time::{Duration, Instant};

use sealkit_names::{backoff::Backoff, escape};

use crate::{Code, Problem, exit};

/// How often and how long a task may run.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'t> {
    /// The name of the task.
    pub task: &'t str,
    /// The number of retries after a failed attempt.
    pub retries: u32,
    /// The delays between attempts.
    pub backoff: Backoff,
    /// The longest time of each attempt.
    pub timeout: Option<Duration>,
    /// The longest wait for a free slot before the first attempt.
    pub max_queued_time: Option<Duration>,
    /// The longest time for all attempts together, with the delays between them.
    pub deadline: Option<Duration>,
}

/// The attempts of one call of a task.
#[derive(Debug)]
pub struct Attempts<'t> {
    limits: Limits<'t>,
    /// When this process learned of the call.
    known: Instant,
    /// The time between the call and `known`.
    before: Duration,
}

/// How long an attempt may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit {
    /// The time that is left.
    pub left: Duration,
    /// The deadline of the task, if it ends the attempt, and not the timeout.
    pub deadline: Option<Duration>,
}

impl TimeLimit {
    /// Returns the problem of an attempt of `task` that reached the limit.
    pub fn problem(&self, task: &str) -> Problem {
        match self.deadline {
            Some(deadline) => exit::deadline_exceeded(task, deadline),
            None => exit::timed_out(task, self.left),
        }
    }
}

/// A further attempt of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How long the task waits before it.
    pub delay: Duration,
    /// Its number, from 1.
    pub attempt: u32,
    /// The maximum number of attempts.
    pub attempts: u32,
}

impl Retry {
    /// Returns the line that says why the task waits.
    pub fn line(&self, task: &str, previous: Option<&Problem>) -> String {
        let Self { delay, attempt, attempts } = self;
        let reason = previous.and_then(|problem| problem.message.lines().next()).map(escape);
        let reason = reason.map(|reason| format!(": the previous one failed: {reason}")).unwrap_or_default();
        let seconds = delay.as_secs_f64();
        format!("attempt {attempt} of {attempts} of task `{task}` starts in {seconds:.1} s{reason}\n")
    }
}

impl<'t> Attempts<'t> {
    /// Starts the clock of the call.
    pub fn new(limits: Limits<'t>) -> Self {
        Self::called(limits, Duration::ZERO)
    }

    /// Starts the clock of a call that was made some time before.
    pub fn called(limits: Limits<'t>, before: Duration) -> Self {
        Self { limits, known: Instant::now(), before }
    }

    /// Returns the next attempt after `attempt`, counted from 0, failed with `problem`.
    ///
    /// A delay beyond the deadline is not waited for.
    pub fn next(&self, attempt: u32, problem: &Problem) -> Option<Retry> {
        if attempt >= self.limits.retries || !problem.retryable {
            return None;
        }
        let delay = self.limits.backoff.wait(attempt, problem.retry_after());
        let is_in_time = self.time_left().is_none_or(|left| delay < left);
        let attempts = self.limits.retries.saturating_add(1);
        is_in_time.then_some(Retry { delay, attempt: attempt + 2, attempts })
    }

    /// Returns the time until the deadline of the task.
    fn time_left(&self) -> Option<Duration> {
        Some(self.limits.deadline?.saturating_sub(self.before + self.known.elapsed()))
    }

    /// Returns the time until which the first attempt has to start, and later ones.
    pub fn queue_limit(&self, attempt: u32) -> Option<Instant> {
        let queue = self.limits.max_queued_time.filter(|_| attempt == 0);
        let limit = [queue, self.limits.deadline].into_iter().flatten().min()?;
        self.known.checked_add(limit.saturating_sub(self.before))
    }

    /// Returns whether it is too late for an attempt to start.
    pub fn is_overdue(&self, attempt: u32) -> bool {
        self.queue_limit(attempt).is_some_and(|limit| limit <= Instant::now())
    }

    /// Returns how long an attempt that starts now may run.
    pub fn time_limit(&self) -> Option<TimeLimit> {
        let timeout = self.limits.timeout.map(|left| TimeLimit { left, deadline: None });
        let deadline = self.time_left().map(|left| TimeLimit { left, deadline: self.limits.deadline });
        [timeout, deadline].into_iter().flatten().min_by_key(|limit| limit.left)
    }

    /// Returns the problem of a task that did not start in time, or did not end by its deadline.
    pub fn overdue(&self) -> Problem {
        match self.limits.max_queued_time {
            Some(limit) if self.time_left().is_none_or(|left| !left.is_zero()) => {
                let message = format!("task `{}` did not start within {limit:?}", self.limits.task);
                Problem::new(Code::Timeout, message)
                    .with_hint("raise `max_queued_time`, or call fewer tasks at the same time")
                    .not_retryable()
            }
            _ => exit::deadline_exceeded(self.limits.task, self.limits.deadline.unwrap_or_default()),
        }
    }

    /// Adds the number of attempts, if there was more than one.
    pub fn finish(attempt: u32, mut problem: Problem) -> Problem {
        if attempt > 0 {
            problem.message = format!("{} (after {} attempts)", problem.message, attempt + 1);
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(limits: &str) -> crate::Task {
        let json = format!(
            r#"{{"name":"t","kind":"task","secret_requests":[],"interface":{{"inputs":[]}},{limits}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_task_is_retried_as_often_as_it_declares_and_waits_meanwhile() {
        let task = task(r#""retries":2,"backoff":{"base":"8s","factor":2.0,"cap":"60s"}"#);
        let attempts = Attempts::new(task.limits());
        let problem = Problem::new(Code::Other, "not yet");
        let delay = |attempt| attempts.next(attempt, &problem).map(|retry| retry.delay.as_secs_f64());
        assert!((4.0..=8.0).contains(&delay(0).unwrap()));
        assert!((8.0..=16.0).contains(&delay(1).unwrap()));
        assert_eq!(delay(2), None);
        let later = problem.clone().with_retry_after(Some(Duration::from_secs(100)));
        let expected = Retry { delay: Duration::from_secs(100), attempt: 2, attempts: 3 };
        assert_eq!(attempts.next(0, &later), Some(expected));
        assert_eq!(attempts.next(0, &problem.not_retryable()), None);
    }

    #[test]
    fn a_task_does_not_wait_beyond_its_deadline() {
        let task = task(r#""retries":2,"timeout":"90s","deadline":"50s""#);
        let attempts = Attempts::new(task.limits());
        let problem = Problem::new(Code::Other, "not yet");
        assert!(attempts.next(0, &problem).is_some());
        assert_eq!(attempts.next(0, &problem.with_retry_after(Some(Duration::from_secs(51)))), None);
        assert!(attempts.time_limit().unwrap().left <= Duration::from_secs(50));
    }

    #[test]
    fn the_problem_names_the_limit() {
        let task = task(r#""max_queued_time":"5s""#);
        assert_eq!(Attempts::new(task.limits()).overdue().message, "task `t` did not start within 5s");
        let message = |limits: &str, before| {
            let task = self::task(limits);
            let attempts = Attempts::called(task.limits(), Duration::from_secs(before));
            attempts.time_limit().unwrap().problem("t").message
        };
        assert_eq!(message(r#""timeout":"5s","deadline":"9s""#, 5), "task `t` exceeded its deadline of 9s");
        assert_eq!(message(r#""timeout":"5s","deadline":"9s""#, 1), "task `t` timed out after 5s");
        assert_eq!(message(r#""timeout":"5s""#, 9), "task `t` timed out after 5s");
    }

    #[test]
    fn the_wait_in_the_queue_counts_from_the_call() {
        let task = task(r#""max_queued_time":"5s","deadline":"9s""#);
        let is_over = |attempt, before| {
            Attempts::called(task.limits(), Duration::from_secs(before)).is_overdue(attempt)
        };
        assert!(is_over(0, 5) && !is_over(0, 4) && is_over(1, 9) && !is_over(1, 8));
    }
}
