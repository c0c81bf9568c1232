//! The delay and the deadline of attempts on a cluster: Flyte ignores both, and starts a later attempt at once.

use std::{
    env, io, thread,
    time::{Duration, SystemTime},
};

use sealkit_idl::{prost::Message as _, prost_types::Timestamp};
use sealkit_names::variables;
use sealkit_protocol::{ErrorFile, Problem, Retry, exit};

use super::{super::print, Pod};
use crate::{
    TaskMetadata, identity,
    storage::{self, Location},
};

/// The maximum size of the error of the previous attempt: Flyte reads no larger file.
const MAX_ERROR: u64 = 2 << 20;

/// The name of the first action of a run. It is called when the run starts; when other actions are called is unknown.
const ROOT_ACTION: &str = "a0";

/// Waits before the task starts, if this is not its first attempt.
///
/// Returns an error instead if the attempt would start after the deadline of the task.
pub(super) fn wait(task: &TaskMetadata, pod: &Pod) -> Result<(), Problem> {
    let attempt = env::var(variables::ATTEMPT).ok().and_then(|attempt| attempt.parse::<u32>().ok());
    let Some(retry) = attempt.and_then(|attempt| attempt.checked_sub(1)) else {
        return check_deadline(task, pod, Duration::ZERO);
    };
    let previous =
        pod.outputs.as_deref().and_then(previous_directory).and_then(|directory| problem(&directory));
    let retry_after = previous.as_ref().and_then(Problem::retry_after);
    let delay = task.attempt_limits().backoff.wait(retry, retry_after);
    check_deadline(task, pod, delay)?;
    let attempt = retry.saturating_add(2);
    let attempts = task.retries().saturating_add(1).max(attempt);
    let retry = Retry { delay, attempt, attempts };
    print(io::stderr().lock(), &retry.line(task.name(), previous.as_ref()));
    if let Some(limit) = time_limit(task, pod, delay) {
        sealkit_process::start_timeout(limit);
    }
    thread::sleep(delay);
    Ok(())
}

/// Returns how long this attempt may take: the timeout counts from the start of the task after `delay`, the deadline from that of the run.
pub(super) fn time_limit(task: &TaskMetadata, pod: &Pod, delay: Duration) -> Option<Duration> {
    let timeout = task.timeout().map(|timeout| timeout.saturating_add(delay));
    let left = time_left(task, pod).map(|(_, left)| left);
    [timeout, left].into_iter().flatten().min()
}

/// Returns an error if the deadline of the first task of a run is over after `delay`.
fn check_deadline(task: &TaskMetadata, pod: &Pod, delay: Duration) -> Result<(), Problem> {
    match time_left(task, pod) {
        Some((deadline, left)) if left <= delay => Err(exit::deadline_exceeded(task.name(), deadline)),
        _ => Ok(()),
    }
}

/// Returns the deadline of the first task of a run, and the time until it. When other tasks were called is unknown.
fn time_left(task: &TaskMetadata, pod: &Pod) -> Option<(Duration, Duration)> {
    let is_root = identity::action_name().is_some_and(|name| name == ROOT_ACTION);
    let started = pod.run_start.as_deref().filter(|_| is_root)?.parse::<Timestamp>().ok()?;
    let elapsed = SystemTime::try_from(started).ok()?.elapsed().ok()?;
    let deadline = task.deadline()?;
    Some((deadline, deadline.saturating_sub(elapsed)))
}

/// Returns the directory of the previous attempt.
fn previous_directory(outputs: &str) -> Option<String> {
    let (parent, attempt) = outputs.trim_end_matches('/').rsplit_once('/')?;
    let previous = attempt.parse::<u32>().ok()?.checked_sub(1)?;
    Some(format!("{parent}/{previous}"))
}

/// Returns why the previous attempt failed. If it cannot be read, the task only starts sooner.
fn problem(directory: &str) -> Option<Problem> {
    let file = Location::parse(directory).ok()?.join("error.pb");
    ErrorFile::decode(&*storage::read(&file, MAX_ERROR).ok()?).ok()?.into_problem()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_previous_attempt_has_a_directory_beside_this_one() {
        assert_eq!(previous_directory("s3://b/r/a0/2").as_deref(), Some("s3://b/r/a0/1"));
        assert_eq!(previous_directory("/r/a0/1/").as_deref(), Some("/r/a0/0"));
        assert_eq!(previous_directory("/r/a0/0"), None);
        assert_eq!(previous_directory("/r/a0/outputs"), None);
    }
}
