//! The delay and the time limits of attempts on a cluster: Flyte ignores both, and starts a later attempt at once.

use std::{
    io, thread,
    time::{Duration, SystemTime},
};

use sealkit_idl::{prost::Message as _, prost_types::Timestamp};
use sealkit_protocol::{Attempts, ErrorFile, Problem, Retry, TimeLimit};

use super::{super::print, Pod};
use crate::{
    TaskMetadata, identity,
    storage::{self, Location},
};

/// The maximum size of the error of the previous attempt: Flyte reads no larger file.
const MAX_ERROR: u64 = 2 << 20;

/// The name of the first action of a run.
const ROOT_ACTION: &str = "a0";

/// Waits before the task starts, if this is not its first attempt.
///
/// Returns an error instead if the attempt would start too late.
pub(super) fn wait(task: &TaskMetadata, pod: &Pod) -> Result<(), Problem> {
    let attempts = attempts(task, pod, Duration::ZERO);
    // The retries are counted from 0.
    let Some(retry) = identity::attempt().and_then(|attempt| attempt.checked_sub(2)) else {
        return if attempts.is_overdue(0) { Err(attempts.overdue()) } else { Ok(()) };
    };
    let previous =
        pod.outputs.as_deref().and_then(previous_directory).and_then(|directory| problem(&directory));
    let retry_after = previous.as_ref().and_then(Problem::retry_after);
    let delay = task.attempt_limits().backoff.wait(retry, retry_after);
    let limit = self::attempts(task, pod, delay).time_limit();
    if let Some(limit) = limit.filter(|limit| limit.deadline.is_some() && limit.left <= delay) {
        return Err(limit.problem(task.name()));
    }
    let attempt = retry.saturating_add(2);
    let attempts = task.retries().saturating_add(1).max(attempt);
    let retry = Retry { delay, attempt, attempts };
    print(io::stderr().lock(), &retry.line(task.name(), previous.as_ref()));
    if let Some(limit) = limit {
        sealkit_process::start_time_limit(limit);
    }
    thread::sleep(delay);
    Ok(())
}

/// Returns how long this attempt may take.
pub(super) fn time_limit(task: &TaskMetadata, pod: &Pod) -> Option<TimeLimit> {
    attempts(task, pod, Duration::ZERO).time_limit()
}

/// Returns the attempts of this task, whose timeout starts after `delay`.
///
/// The first action of a run is called when the run starts. The callers of the others enforce the time that counts from the call.
fn attempts(task: &TaskMetadata, pod: &Pod, delay: Duration) -> Attempts<'static> {
    let mut limits = task.attempt_limits();
    limits.timeout = limits.timeout.map(|timeout| timeout.saturating_add(delay));
    let is_root = identity::action_name().is_some_and(|name| name == ROOT_ACTION);
    let start =
        pod.run_start.as_deref().filter(|_| is_root).and_then(|start| start.parse::<Timestamp>().ok());
    let start = start.and_then(|start| SystemTime::try_from(start).ok()?.elapsed().ok());
    if start.is_none() {
        (limits.max_queued_time, limits.deadline) = (None, None);
    }
    Attempts::called(limits, start.unwrap_or_default())
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
