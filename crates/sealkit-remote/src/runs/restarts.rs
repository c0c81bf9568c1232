//! Counts the pods that the cluster starts within one attempt.
//!
//! The open-source backend replaces a pod whose program fails, forever, and reports the action as running.

use sealkit_idl::{common::ActionPhase, prost_types::Timestamp, workflow::ActionAttempt};

/// After how many restarts the user is warned.
const MANY: u32 = 3;

/// The restarts of the pod of an action.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    attempt: u32,
    started: Option<Timestamp>,
    /// How often the start time of the pod has changed.
    starts: u32,
    /// How often the attempt was queued although it ran before. Fast restarts show only this.
    queued: u32,
    is_reported: bool,
}

impl Restarts {
    /// Observes an attempt. Returns whether to warn the user that the pod keeps ending, which is once for each attempt.
    pub(super) fn observe(&mut self, attempt: &ActionAttempt) -> bool {
        if attempt.attempt != self.attempt {
            *self = Self { attempt: attempt.attempt, ..Self::default() };
        }
        let started = attempt.log_context.as_ref().and_then(|context| context.started()).copied();
        self.starts += u32::from(started.is_some() && self.started.is_some() && started != self.started);
        self.started = started.or(self.started);
        let has_run = attempt.phase_transitions.iter().any(|one| one.phase() == ActionPhase::Running);
        self.queued += u32::from(has_run && attempt.phase() == ActionPhase::Queued);
        let is_new = self.starts.max(self.queued) >= MANY && !self.is_reported;
        self.is_reported |= is_new;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::{
        core::{ContainerContext, LogContext, PodLogContext, ProcessContext},
        workflow::PhaseTransition,
    };

    use super::*;

    fn attempt(phase: ActionPhase, seconds: i64) -> ActionAttempt {
        let container_start_time = Some(Timestamp { seconds, nanos: 0 });
        let process = Some(ProcessContext { container_start_time, container_end_time: None });
        let container = ContainerContext { container_name: "main".to_owned(), process };
        let pod = PodLogContext {
            pod_name: "pod".to_owned(),
            containers: vec![container],
            primary_container_name: "main".to_owned(),
        };
        let context = LogContext { pods: vec![pod], primary_pod_name: "pod".to_owned() };
        let running = PhaseTransition { phase: ActionPhase::Running.into() };
        ActionAttempt {
            phase: phase.into(),
            attempt: 1,
            phase_transitions: vec![running],
            log_context: (seconds > 0).then_some(context),
            ..ActionAttempt::default()
        }
    }

    #[test]
    fn the_third_restart_is_reported_once() {
        let mut restarts = Restarts::default();
        let reports = [1, 1, 2, 3, 3, 4, 5, 6, 7]
            .map(|started| restarts.observe(&attempt(ActionPhase::Running, started)));
        assert_eq!(reports, [false, false, false, false, false, true, false, false, false]);
    }

    #[test]
    fn a_queued_attempt_that_ran_before_is_a_restart() {
        let mut restarts = Restarts::default();
        let queued = attempt(ActionPhase::Queued, 0);
        assert_eq!([(); 4].map(|()| restarts.observe(&queued)), [false, false, true, false]);
    }

    #[test]
    fn a_running_attempt_is_no_restart() {
        let mut restarts = Restarts::default();
        assert!((0..9).all(|_| !restarts.observe(&attempt(ActionPhase::Running, 1))));
    }
}
