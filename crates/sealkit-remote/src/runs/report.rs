//! What is new in the details of an action: each message contains all of them.

use sealkit_idl::{
    common::ActionPhase,
    workflow::{ActionDetails, ActionResult},
};

use super::{event::ActionEvent, restarts::Restarts};

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The final phase.
    pub phase: ActionPhase,
    /// The server's message, if the run did not succeed.
    pub reason: Option<String>,
}

/// What was already reported.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) phase: ActionPhase,
    pub(super) attempt: u32,
    events: usize,
    restarts: Restarts,
}

impl Default for Reported {
    fn default() -> Self {
        Self { phase: ActionPhase::Unspecified, attempt: 0, events: 0, restarts: Restarts::default() }
    }
}

impl Reported {
    /// Returns what is new in `details`.
    pub(super) fn news(&mut self, details: &ActionDetails) -> Vec<ActionEvent> {
        let mut news = Vec::new();
        let phase = details
            .status
            .as_ref()
            .map_or(ActionPhase::Unspecified, sealkit_idl::workflow::ActionStatus::phase);
        let last = details.attempts.iter().max_by_key(|attempt| attempt.attempt);
        let attempts = details.status.as_ref().map_or(0, |status| status.attempts);
        let attempt = last.map_or(0, |attempt| attempt.attempt).max(attempts).max(self.attempt);
        if attempt > self.attempt {
            if self.attempt > 0 {
                let failed = details.attempts.iter().find(|one| one.attempt == self.attempt);
                let error = failed.and_then(|one| one.error_info.as_ref());
                let reason = error.map(|error| error.message.clone()).unwrap_or_default();
                news.push(ActionEvent::Retry { attempt: self.attempt, reason });
            }
            self.events = 0;
        }
        let events = last.map_or(&[][..], |attempt| &attempt.cluster_events);
        let new = events.iter().skip(self.events);
        news.extend(new.map(|event| ActionEvent::Cluster(event.message.clone())));
        self.events = self.events.max(events.len());
        if (phase, attempt) != (self.phase, self.attempt) {
            (self.phase, self.attempt) = (phase, attempt);
            news.push(ActionEvent::Phase { phase, attempt });
        }
        if last.is_some_and(|last| self.restarts.observe(last)) {
            news.push(ActionEvent::KeepsRestarting);
        }
        news
    }
}

/// Returns the outcome of an action that has ended.
pub(super) fn outcome(details: &ActionDetails) -> Option<RunOutcome> {
    let phase = details.status.as_ref()?.phase();
    phase.is_terminal().then(|| RunOutcome { phase, reason: reason(details, phase) })
}

/// Returns the final phase of the last attempt, which may end before the action. `None` if the attempt has not ended.
pub(super) fn last_attempt_outcome(details: &ActionDetails) -> Option<RunOutcome> {
    let phase = details.attempts.iter().max_by_key(|attempt| attempt.attempt)?.phase();
    phase.is_terminal().then(|| RunOutcome { phase, reason: reason(details, phase) })
}

/// Returns why an action did not succeed. The error may be missing in the action but not in its last attempt.
pub(super) fn reason(details: &ActionDetails, phase: ActionPhase) -> Option<String> {
    if phase.is_success() {
        return None;
    }
    match &details.result {
        Some(ActionResult::ErrorInfo(error)) => Some(error.message.clone()),
        Some(ActionResult::AbortInfo(abort)) => Some(abort.reason.clone()),
        None => {
            let last = details.attempts.iter().max_by_key(|attempt| attempt.attempt)?;
            last.error_info.as_ref().map(|error| error.message.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::workflow::{ActionAttempt, ActionStatus, ClusterEvent, ErrorInfo};

    use super::*;

    fn details(phase: ActionPhase, attempts: &[ActionPhase]) -> ActionDetails {
        let error = |number: u32| ErrorInfo { message: format!("error {number}"), ..ErrorInfo::default() };
        let attempt = |(number, phase): (u32, &ActionPhase)| ActionAttempt {
            phase: (*phase).into(),
            attempt: number,
            error_info: (*phase == ActionPhase::Failed).then(|| error(number)),
            ..ActionAttempt::default()
        };
        ActionDetails {
            status: Some(ActionStatus { phase: phase.into(), ..ActionStatus::default() }),
            attempts: (1..).zip(attempts).map(attempt).collect(),
            ..ActionDetails::default()
        }
    }

    #[test]
    fn an_attempt_may_end_before_its_action() {
        let running = details(ActionPhase::Running, &[ActionPhase::Running]);
        assert!(outcome(&running).is_none() && last_attempt_outcome(&running).is_none());
        let ending = details(ActionPhase::Running, &[ActionPhase::Succeeded]);
        assert!(outcome(&ending).is_none());
        assert_eq!(last_attempt_outcome(&ending).unwrap().phase, ActionPhase::Succeeded);
    }

    #[test]
    fn the_error_of_the_action_may_be_only_in_its_last_attempt() {
        let failed = details(ActionPhase::Failed, &[ActionPhase::Failed, ActionPhase::Failed]);
        assert_eq!(outcome(&failed).unwrap().reason.as_deref(), Some("error 2"));
    }

    #[test]
    fn each_phase_attempt_and_event_is_news_once() {
        let mut reported = Reported::default();
        let mut running = details(ActionPhase::Running, &[ActionPhase::Running]);
        let event = ClusterEvent { message: "pulled".to_owned() };
        running.attempts[0].cluster_events.push(event);
        let news = reported.news(&running);
        assert!(matches!(&news[..], [ActionEvent::Cluster(_), ActionEvent::Phase { attempt: 1, .. }]));
        assert!(reported.news(&running).is_empty());
        // A retried attempt of the open-source backend stays `running`, without an error.
        let retried = details(ActionPhase::Running, &[ActionPhase::Running, ActionPhase::Running]);
        let news = reported.news(&retried);
        let [ActionEvent::Retry { attempt: 1, reason }, ActionEvent::Phase { attempt: 2, .. }] = &news[..]
        else {
            panic!("{news:?}");
        };
        assert_eq!(reason, "");
    }
}
