//! The progress of an action, which its log stream waits for.

use std::time::Duration;

use sealkit_idl::{common::ActionPhase, workflow::ActionStatus};

/// The progress of an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// How many attempts have, or had, a pod.
    pub(super) attempts: u32,
    /// The final phase.
    pub(super) ended: Option<ActionPhase>,
    pub(super) duration: Option<Duration>,
    /// Whether no more updates will follow.
    pub(super) is_over: bool,
}

impl Progress {
    /// Applies a status, and the highest number of an attempt that is known from elsewhere.
    ///
    /// A status may contain fewer attempts than one before.
    pub(super) fn update(&mut self, status: &ActionStatus, attempt: u32) {
        let known = status.attempts.max(attempt);
        let phase = status.phase();
        let started = if phase == ActionPhase::Running || phase.is_terminal() {
            known.max(1)
        } else {
            // The pod of the last attempt does not run yet.
            known.saturating_sub(1)
        };
        self.attempts = self.attempts.max(started);
        if phase.is_terminal() {
            self.ended = Some(phase);
            self.duration = status.duration_ms.map(Duration::from_millis);
            self.is_over = true;
        }
    }
}
