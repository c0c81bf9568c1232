//! The details of actions: of one action at a time, and of the first action until it ends.

use std::time::{Duration, Instant};

use sealkit_idl::{
    common::ActionPhase,
    service,
    workflow::{
        ActionDetails, GetActionDetailsRequest, GetActionDetailsResponse, GetRunDetailsRequest,
        GetRunDetailsResponse, RunDetails, WatchActionDetailsRequest, WatchActionDetailsResponse,
    },
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tonic::{Code, Status};

use super::{
    RunId,
    context::{Context, QUEUE_WARNING_DELAY},
    event::{ActionEvent, Event, Reporter},
    progress::Progress,
    report::{Reported, RunOutcome, last_attempt_outcome, outcome},
};
use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
    rpc_error::RpcError,
};

const WATCH: Method = Method { service: service::RUN, name: "WatchActionDetails", is_idempotent: true };
const GET_RUN: Method = Method { service: service::RUN, name: "GetRunDetails", is_idempotent: true };
const GET_ACTION: Method = Method { service: service::RUN, name: "GetActionDetails", is_idempotent: true };

/// How many connections in a row may end without a message.
const MAX_EMPTY_CONNECTIONS: u32 = 8;

/// How often to ask for the end of an action whose last attempt has ended.
const MAX_END_REQUESTS: u32 = 10;

impl Client {
    /// Returns the details of a run.
    pub(super) async fn run_details(&self, run: &RunId) -> Result<RunDetails> {
        let request = GetRunDetailsRequest { run_id: Some(run.identifier(self.org())) };
        match self.control_plane().call::<_, GetRunDetailsResponse>(GET_RUN, &request).await {
            Ok(response) => Ok(response.details.unwrap_or_default()),
            Err(error) if error.code() == Code::NotFound => {
                let RunId { name, project, domain } = run;
                let message = format!(
                    "run `{name}` not found in project `{project}`, domain `{domain}` on `{}`",
                    self.config().endpoint
                );
                Err(Error::new(ErrorKind::NotFound, message).with_hint("list the runs: sealkit get run"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the details of an action.
    pub(super) async fn action_details(&self, run: &RunId, action: &str) -> Result<ActionDetails, RpcError> {
        let request = GetActionDetailsRequest { action_id: Some(self.action_id(run, action)) };
        let response: GetActionDetailsResponse = self.control_plane().call(GET_ACTION, &request).await?;
        Ok(response.details.unwrap_or_default())
    }
}

/// Follows the details of the first action until it ends, reconnecting as needed.
pub(super) struct DetailsWatch {
    pub(super) context: Context,
    pub(super) reporter: Reporter,
    pub(super) progress: watch::Sender<Progress>,
    reported: Reported,
    messages: u64,
    is_still_queued: bool,
}

/// How a connection ended.
enum Closed {
    /// The action has ended.
    Ended(RunOutcome),
    /// The last attempt has ended. The status of the action may follow later.
    AttemptEnded,
    /// The server has closed the stream.
    Early,
}

impl DetailsWatch {
    pub(super) fn new(context: Context, reporter: Reporter, progress: watch::Sender<Progress>) -> Self {
        Self {
            context,
            reporter,
            progress,
            reported: Reported::default(),
            messages: 0,
            is_still_queued: false,
        }
    }

    /// Returns the outcome of the first action.
    pub(super) async fn follow(mut self) -> Result<RunOutcome> {
        let outcome = self.follow_connections().await;
        self.progress.send_modify(|progress| progress.is_over = true);
        outcome.map_err(|error| self.context.client.with_console_hint(&self.context.run, error))
    }

    async fn follow_connections(&mut self) -> Result<RunOutcome> {
        let (mut empty, mut short, mut is_lost) = (0, 0_u32, false);
        loop {
            let before = self.messages;
            let closed = match self.receive().await {
                Ok(Closed::AttemptEnded) => self.wait_for_end().await,
                other => other,
            };
            let received = self.messages - before;
            is_lost &= received == 0;
            let error = match closed {
                Ok(Closed::Ended(outcome)) => return Ok(outcome),
                Ok(_) => None,
                Err(error) if error.is_interruption() => Some(error),
                Err(error) => return Err(error.into()),
            };
            empty = if received > 0 { 0 } else { empty + 1 };
            short = if received > 1 { 0 } else { short + 1 };
            if empty == MAX_EMPTY_CONNECTIONS {
                return Err(error.map_or_else(|| self.no_updates(), Error::from));
            }
            // A stream that the server closes is not a lost connection.
            if error.is_some() && !is_lost {
                is_lost = true;
                let _ = self.reporter.events.send(Event::ConnectionLost).await;
            }
            sleep(Duration::from_millis(250 << short.min(5))).await;
        }
    }

    /// Receives messages over one connection until it ends.
    async fn receive(&mut self) -> Result<Closed, RpcError> {
        let client = self.context.client.clone();
        let route = client.control_plane();
        let action_id = Some(client.action_id(&self.context.run, &self.reporter.action.name));
        let request = WatchActionDetailsRequest { action_id };
        let mut stream = route.stream::<_, WatchActionDetailsResponse>(WATCH, &request).await?;
        let (mut is_first, mut has_attempt_ended) = (true, false);
        let began = Instant::now();
        loop {
            let limit = if is_first {
                client.timeout()
            } else if self.reported.phase == ActionPhase::Queued && !self.is_still_queued {
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
                    self.is_still_queued = true;
                    self.reporter.report(ActionEvent::StillQueued).await;
                    continue;
                }
            };
            let Some(message) = message else {
                return Ok(if has_attempt_ended { Closed::AttemptEnded } else { Closed::Early });
            };
            is_first = false;
            self.messages += 1;
            let Some(details) = message.details else { continue };
            if let Some(outcome) = self.report(&details).await {
                return Ok(Closed::Ended(outcome));
            }
            has_attempt_ended = last_attempt_outcome(&details).is_some();
        }
    }

    /// Reports what is new, and returns the outcome if the action has ended.
    async fn report(&mut self, details: &ActionDetails) -> Option<RunOutcome> {
        for event in self.reported.news(details) {
            self.reporter.report(event).await;
        }
        let status = details.status.clone().unwrap_or_default();
        self.progress.send_modify(|progress| progress.update(&status, self.reported.attempt));
        outcome(details)
    }

    /// Waits for the end of the action after that of its last attempt.
    async fn wait_for_end(&mut self) -> Result<Closed, RpcError> {
        let mut last = None;
        for request in 0..MAX_END_REQUESTS {
            sleep(Duration::from_millis(50 << request.min(5))).await;
            let Context { client, run, .. } = &self.context;
            let details = client.action_details(run, &self.reporter.action.name).await?;
            if let Some(outcome) = self.report(&details).await {
                return Ok(Closed::Ended(outcome));
            }
            last = last_attempt_outcome(&details);
            let phase = details.status.unwrap_or_default().phase();
            if last.is_none() || phase != ActionPhase::Running {
                // Another attempt begins.
                return Ok(Closed::Early);
            }
        }
        Ok(last.map_or(Closed::Early, Closed::Ended))
    }

    fn no_updates(&self) -> Error {
        let endpoint = &self.context.client.config().endpoint;
        Error::new(ErrorKind::Server, format!("cannot follow the run: `{endpoint}` sends no updates"))
    }
}
