//! The events of a run.

use std::{sync::Arc, time::Duration};

use sealkit_idl::common::ActionPhase;
use tokio::sync::mpsc;

use super::{LoggedLine, RunAction};
use crate::error::Error;

/// An event of a run. Text comes from the server or a task: it may contain control characters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An event of an action.
    Action {
        /// The action.
        action: Arc<RunAction>,
        /// What has happened.
        event: ActionEvent,
    },
    /// The connection was lost and is being restored.
    ConnectionLost,
    /// The child actions cannot be watched. The first action still is.
    ChildrenUnavailable(Error),
}

/// An event of an action.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ActionEvent {
    /// The action has entered a phase.
    Phase {
        /// The phase.
        phase: ActionPhase,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt has failed, and the action is retried.
    Retry {
        /// The number of the failed attempt, from 1.
        attempt: u32,
        /// The error message.
        reason: String,
    },
    /// The cluster reports an event of the pod.
    Cluster(String),
    /// The task has printed a line.
    Log(LoggedLine),
    /// The logs cannot be read.
    LogsUnavailable(Error),
    /// The action has been queued for a minute.
    StillQueued,
    /// The pod has ended and was started again several times within one attempt. Reported once for each attempt.
    KeepsRestarting,
    /// A child action has ended, and all its lines are reported.
    Ended {
        /// The final phase.
        phase: ActionPhase,
        /// The time from the creation to the end.
        duration: Option<Duration>,
        /// The server's message, if the action did not succeed.
        reason: Option<String>,
    },
}

/// Reports the events of one action.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    pub(super) action: Arc<RunAction>,
    pub(super) events: mpsc::Sender<Event>,
}

impl Reporter {
    pub(super) async fn report(&self, event: ActionEvent) {
        // The receiver is dropped when the caller stops to follow the run, which ends this task, too.
        let _ = self.events.send(Event::Action { action: Arc::clone(&self.action), event }).await;
    }
}
