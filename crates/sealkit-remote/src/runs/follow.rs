//! Follows a run until it ends, reconnecting as needed.

use std::time::{Duration, Instant};

use sealkit_idl::{
    common::ActionPhase,
    service,
    workflow::{ActionDetails, ActionResult, WatchActionDetailsRequest, WatchActionDetailsResponse},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tonic::Status;

use super::{
    RunId,
    event::{Event, Progress},
    logs,
};
use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
    rpc_error::RpcError,
};

const WATCH: Method = Method { service: service::RUN, name: "WatchActionDetails", is_idempotent: true };

/// How many connections in a row may be lost without a new message.
const MAX_LOST_CONNECTIONS: u32 = 8;

/// How long a run may be queued before [`Event::StillQueued`] is reported. The server reports no error if it fails to start a run.
const QUEUE_WARNING_DELAY: Duration = Duration::from_secs(60);

/// How long to wait for the last log lines after the run has ended.
const LOG_DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The final phase.
    pub phase: ActionPhase,
    /// The server's message, if the run did not succeed.
    pub reason: Option<String>,
}

impl Client {
    /// Follows a run until it ends, and calls `on_event` for each event.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection is lost for good. The run continues on the cluster.
    pub async fn follow(&self, run: &RunId, on_event: &dyn Fn(Event<'_>)) -> Result<RunOutcome> {
        let (sender, receiver) = watch::channel(Progress::default());
        let logs = logs::follow(self, run, receiver, on_event);
        let details = async {
            let outcome = self.follow_details(run, &sender, on_event).await;
            sender.send_modify(|progress| progress.has_ended = true);
            outcome
        };
        tokio::pin!(logs, details);
        tokio::select! {
            outcome = &mut details => {
                // The last log lines may not have arrived yet.
                let _ = timeout(LOG_DRAIN_TIMEOUT, logs).await;
                outcome
            }
            () = &mut logs => details.await,
        }
    }

    async fn follow_details(
        &self,
        run: &RunId,
        progress: &watch::Sender<Progress>,
        on_event: &dyn Fn(Event<'_>),
    ) -> Result<RunOutcome> {
        let mut reported = Reported::default();
        let mut lost = 0;
        loop {
            let before = reported.messages;
            let error = match self.receive_details(run, progress, &mut reported, on_event).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => None,
                Err(error) if error.is_interruption() => Some(error),
                Err(error) => return Err(self.with_console_hint(run, error.into())),
            };
            lost = if reported.messages > before { 0 } else { lost + 1 };
            if lost == MAX_LOST_CONNECTIONS {
                let error = error.map_or_else(|| self.no_updates(), Error::from);
                return Err(self.with_console_hint(run, error));
            }
            on_event(Event::ConnectionLost);
            sleep(Duration::from_millis(250 << lost.min(5))).await;
        }
    }

    /// Receives messages over one connection. Returns `None` if the connection ends before the run does.
    async fn receive_details(
        &self,
        run: &RunId,
        progress: &watch::Sender<Progress>,
        reported: &mut Reported,
        on_event: &dyn Fn(Event<'_>),
    ) -> Result<Option<RunOutcome>, RpcError> {
        let route = self.control_plane();
        let request = WatchActionDetailsRequest { action_id: Some(self.first_action(run)) };
        let mut stream = route.stream::<_, WatchActionDetailsResponse>(WATCH, &request).await?;
        let mut is_first = true;
        let began = Instant::now();
        loop {
            let limit = if is_first {
                self.timeout()
            } else if reported.phase == ActionPhase::Queued && !reported.is_still_queued {
                QUEUE_WARNING_DELAY.saturating_sub(began.elapsed())
            } else {
                Duration::MAX
            };
            let message = match timeout(limit, stream.next()).await {
                Ok(message) => message?,
                Err(_) if is_first => {
                    let status = Status::deadline_exceeded("no message on the open stream");
                    return Err(route.rpc_error(WATCH, status));
                }
                Err(_) => {
                    reported.is_still_queued = true;
                    on_event(Event::StillQueued);
                    continue;
                }
            };
            let Some(message) = message else { return Ok(None) };
            is_first = false;
            reported.messages += 1;
            let Some(details) = message.details else { continue };
            let outcome = reported.report(&details, on_event);
            progress.send_modify(|progress| progress.attempt = reported.attempt);
            if outcome.is_some() {
                return Ok(outcome);
            }
        }
    }

    fn no_updates(&self) -> Error {
        let endpoint = &self.config().endpoint;
        Error::new(ErrorKind::Server, format!("cannot follow the run: `{endpoint}` sends no updates"))
    }

    /// Adds a hint where to see the run, which continues on the cluster.
    fn with_console_hint(&self, run: &RunId, error: Error) -> Error {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let console = self.config().console_url(&run.name, &run.project, &run.domain);
        error.with_hint(format!("see the run, which continues, at {console}{hint}"))
    }
}

/// What was already reported: each connection starts with all details of the run.
#[derive(Debug)]
struct Reported {
    messages: u64,
    phase: ActionPhase,
    attempt: u32,
    events: usize,
    is_still_queued: bool,
}

impl Default for Reported {
    fn default() -> Self {
        Self { messages: 0, phase: ActionPhase::Unspecified, attempt: 0, events: 0, is_still_queued: false }
    }
}

impl Reported {
    /// Reports what is new in `details`. Returns the outcome if the run has ended.
    fn report(&mut self, details: &ActionDetails, on_event: &dyn Fn(Event<'_>)) -> Option<RunOutcome> {
        let status = details.status.clone().unwrap_or_default();
        let phase = status.phase();
        let last = details.attempts.iter().max_by_key(|attempt| attempt.attempt);
        let attempt = last.map_or(0, |attempt| attempt.attempt).max(status.attempts).max(self.attempt);
        if attempt > self.attempt {
            let failed = details.attempts.iter().find(|one| one.attempt == self.attempt);
            if let Some(error) = failed.and_then(|one| one.error_info.as_ref()) {
                on_event(Event::Retry { attempt: self.attempt, reason: &error.message });
            }
            self.events = 0;
        }
        let events = last.map_or(&[][..], |attempt| &attempt.cluster_events);
        for event in events.iter().skip(self.events) {
            on_event(Event::Cluster(&event.message));
        }
        self.events = self.events.max(events.len());
        if (phase, attempt) != (self.phase, self.attempt) {
            (self.phase, self.attempt) = (phase, attempt);
            on_event(Event::Phase { phase, attempt });
        }
        let reason = || match &details.result {
            Some(ActionResult::ErrorInfo(error)) => Some(error.message.clone()),
            Some(ActionResult::AbortInfo(abort)) => Some(abort.reason.clone()),
            None => last.and_then(|attempt| attempt.error_info.as_ref()).map(|error| error.message.clone()),
        };
        phase
            .is_terminal()
            .then(|| RunOutcome { phase, reason: if phase.is_success() { None } else { reason() } })
    }
}
