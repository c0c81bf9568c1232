//! The events of a run.

use std::{sync::Arc, time::Duration};

use sealkit_idl::task::Inputs;
use sealkit_protocol::{Problem, Retry, Task, call::Success};

/// An event of a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A pod starts.
    Started {
        /// The number of the pod, from 0; every attempt is a new pod.
        pod: u64,
        /// The pod whose task called this one.
        caller: Option<u64>,
        /// The task.
        task: &'a Task,
        /// The number of the call among all calls of the task in this run, from 1; attempts share it.
        call: u32,
        /// The number of attempts before this one.
        attempt: u32,
        /// The inputs, not redacted.
        inputs: &'a Inputs,
    },
    /// The result of an earlier call is used, and no pod is started.
    Cached {
        /// The number that the pod would have.
        pod: u64,
        /// The pod whose task called this one.
        caller: Option<u64>,
        /// The task.
        task: &'a Task,
        /// The number of the call among all calls of the task in this run, from 1.
        call: u32,
        /// The inputs, not redacted.
        inputs: &'a Inputs,
        /// The outputs, not redacted.
        success: &'a Success,
    },
    /// A call of a serialized task waits until an equal call has ended, in this run or in another one.
    Waiting {
        /// The pod whose task made the call.
        caller: Option<u64>,
        /// The task.
        task: &'a Task,
    },
    /// A call is not cached, although the task asks for it.
    NotCached {
        /// The task.
        task: &'a Task,
        /// Why not.
        reason: &'a str,
        /// What to do about it.
        hint: Option<&'a str>,
    },
    /// A pod writes to its standard output or standard error.
    Output {
        /// The number of the pod.
        pod: u64,
        /// The bytes, redacted.
        bytes: &'a [u8],
    },
    /// A pod was stopped, and does not run until it is continued.
    Stopped {
        /// The number of the pod.
        pod: u64,
        /// The signal that stopped it.
        signal: &'a str,
        /// The process group of the pod.
        group: i32,
    },
    /// A pod did not end after SIGTERM, and was killed.
    Killed {
        /// The number of the pod.
        pod: u64,
        /// How long it had time to end.
        grace_period: Duration,
    },
    /// A pod has finished.
    Finished {
        /// The number of the pod.
        pod: u64,
        /// The task.
        task: &'a Task,
        /// The outputs, not redacted, if it succeeded; the problem if it failed.
        outcome: Result<&'a Success, &'a Problem>,
        /// How long it ran.
        duration: Duration,
        /// The next attempt, if one follows.
        retry: Option<Retry>,
    },
}

/// Returns the name of a call of a task: the second call of a task is `task[2]`.
pub fn call_label(task: &str, call: u32) -> String {
    if call > 1 { format!("{task}[{call}]") } else { task.to_owned() }
}

/// A callback that receives events, from several threads.
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;
