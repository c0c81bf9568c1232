//! The events of a run.

use sealkit_idl::common::ActionPhase;

/// An event of a run. Text comes from the server or the task: it may contain control characters.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run has entered a phase.
    Phase {
        /// The phase.
        phase: ActionPhase,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt has failed, and the run is retried.
    Retry {
        /// The number of the failed attempt, from 1.
        attempt: u32,
        /// The error message.
        reason: &'a str,
    },
    /// The cluster reports an event of the pod.
    Cluster(&'a str),
    /// The task has printed a line.
    Log(&'a str),
    /// The run has been queued for a minute.
    StillQueued,
    /// The connection was lost and is being restored.
    ConnectionLost,
}

/// The progress of a run, which the log stream waits for.
#[derive(Clone, Copy, Default)]
pub(super) struct Progress {
    /// The number of the last attempt, from 1, or 0 before the first one.
    pub(super) attempt: u32,
    pub(super) has_ended: bool,
}
