//! Watching a run until it ends, over as many connections as it takes.

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

use super::{RunId, logs};
use crate::{
    client::{Client, Method},
    error::{Error, ErrorKind, Result},
    refused::Refused,
};

const WATCH: Method = Method { service: service::RUN, name: "WatchActionDetails", is_idempotent: true };

/// How often in a row a connection may be lost before anything new is heard.
const CONNECTIONS: u32 = 8;

/// After this time in the queue, something is wrong: the server says that all is well even if it could not hand the run on.
const LONG_IN_QUEUE: Duration = Duration::from_secs(60);

/// How long what was printed last is waited for when the run has ended.
const LAST_LOGS: Duration = Duration::from_secs(5);

/// What happens in a run. Text is the server's or the task's: nobody has looked whether a terminal can bear it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run has got this far.
    Phase {
        /// So far.
        phase: ActionPhase,
        /// In which try, from 1.
        attempt: u32,
    },
    /// A try has failed, and another one follows.
    Retry {
        /// Which try has failed, from 1.
        attempt: u32,
        /// Why.
        why: &'a str,
    },
    /// The cluster tells something of the pod.
    Cluster(&'a str),
    /// The task has printed a line.
    Log(&'a str),
    /// Nothing has happened for a minute.
    LongInQueue,
    /// The connection was lost, and is made again.
    Lost,
}

/// How a run has ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// In which way.
    pub phase: ActionPhase,
    /// Why, if it has not succeeded; the server's text.
    pub why: Option<String>,
}

/// How far the run is known to be.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    /// The last try that has begun, from 1; 0 before the first one.
    pub(super) attempt: u32,
    pub(super) has_ended: bool,
}

impl Client {
    /// Watches a run until it ends, and tells what happens.
    ///
    /// # Errors
    ///
    /// When nobody tells any more; the run goes on.
    pub async fn follow(&self, run: &RunId, tell: &dyn Fn(Event<'_>)) -> Result<Ending> {
        let (known, seen) = watch::channel(Known::default());
        let logs = logs::follow(self, run, seen, tell);
        let details = async {
            let ending = self.follow_details(run, &known, tell).await;
            known.send_modify(|known| known.has_ended = true);
            ending
        };
        tokio::pin!(logs, details);
        tokio::select! {
            ending = &mut details => {
                // What was printed last may still be on its way.
                let _ = timeout(LAST_LOGS, logs).await;
                ending
            }
            () = &mut logs => details.await,
        }
    }

    async fn follow_details(
        &self,
        run: &RunId,
        known: &watch::Sender<Known>,
        tell: &dyn Fn(Event<'_>),
    ) -> Result<Ending> {
        let mut told = Told::default();
        let mut lost = 0;
        loop {
            let before = told.messages;
            let refused = match self.hear(run, known, &mut told, tell).await {
                Ok(Some(ending)) => return Ok(ending),
                Ok(None) => None,
                Err(refused) if refused.is_interruption() => Some(refused),
                Err(refused) => return Err(self.gone(run, refused.into())),
            };
            lost = if told.messages > before { 0 } else { lost + 1 };
            if lost == CONNECTIONS {
                let error = refused.map_or_else(
                    || {
                        let endpoint = &self.config().endpoint;
                        Error::new(ErrorKind::Server, format!("`{endpoint}` tells nothing of the run"))
                    },
                    Error::from,
                );
                return Err(self.gone(run, error));
            }
            tell(Event::Lost);
            sleep(Duration::from_millis(250 << lost.min(5))).await;
        }
    }

    /// Listens over one connection; `None` if it ends before the run does.
    async fn hear(
        &self,
        run: &RunId,
        known: &watch::Sender<Known>,
        told: &mut Told,
        tell: &dyn Fn(Event<'_>),
    ) -> Result<Option<Ending>, Refused> {
        let route = self.control_plane();
        let request = WatchActionDetailsRequest { action_id: Some(self.first_action(run)) };
        let mut stream = route.watch::<_, WatchActionDetailsResponse>(WATCH, &request).await?;
        let mut is_first = true;
        let began = Instant::now();
        loop {
            let patience = if is_first {
                self.patience()
            } else if told.phase == ActionPhase::Queued && !told.long_in_queue {
                LONG_IN_QUEUE.saturating_sub(began.elapsed())
            } else {
                Duration::MAX
            };
            let message = match timeout(patience, stream.next()).await {
                Ok(message) => message?,
                Err(_) if is_first => {
                    let status = Status::deadline_exceeded("the stream is open, and nothing comes");
                    return Err(route.refused(WATCH, status));
                }
                Err(_) => {
                    told.long_in_queue = true;
                    tell(Event::LongInQueue);
                    continue;
                }
            };
            let Some(message) = message else { return Ok(None) };
            is_first = false;
            told.messages += 1;
            let Some(details) = message.details else { continue };
            let ending = told.tell(&details, tell);
            known.send_modify(|known| known.attempt = told.attempt);
            if ending.is_some() {
                return Ok(ending);
            }
        }
    }

    /// The run goes on without us.
    fn gone(&self, run: &RunId, error: Error) -> Error {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let console = self.config().console_url(&run.name, &run.project, &run.domain);
        error.with_hint(format!("the run goes on: see {console}{hint}"))
    }
}

/// What was told already: each connection begins with all of it.
#[derive(Debug)]
struct Told {
    messages: u64,
    phase: ActionPhase,
    attempt: u32,
    events: usize,
    long_in_queue: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { messages: 0, phase: ActionPhase::Unspecified, attempt: 0, events: 0, long_in_queue: false }
    }
}

impl Told {
    fn tell(&mut self, details: &ActionDetails, tell: &dyn Fn(Event<'_>)) -> Option<Ending> {
        let status = details.status.clone().unwrap_or_default();
        let phase = status.phase();
        let last = details.attempts.iter().max_by_key(|attempt| attempt.attempt);
        let attempt = last.map_or(0, |attempt| attempt.attempt).max(status.attempts).max(self.attempt);
        if attempt > self.attempt {
            let failed = details.attempts.iter().find(|one| one.attempt == self.attempt);
            if let Some(error) = failed.and_then(|one| one.error_info.as_ref()) {
                tell(Event::Retry { attempt: self.attempt, why: &error.message });
            }
            self.events = 0;
        }
        let events = last.map_or(&[][..], |attempt| &attempt.cluster_events);
        for event in events.iter().skip(self.events) {
            tell(Event::Cluster(&event.message));
        }
        self.events = self.events.max(events.len());
        if (phase, attempt) != (self.phase, self.attempt) {
            (self.phase, self.attempt) = (phase, attempt);
            tell(Event::Phase { phase, attempt });
        }
        let why = || match &details.result {
            Some(ActionResult::ErrorInfo(error)) => Some(error.message.clone()),
            Some(ActionResult::AbortInfo(abort)) => Some(abort.reason.clone()),
            None => last.and_then(|attempt| attempt.error_info.as_ref()).map(|error| error.message.clone()),
        };
        phase.is_terminal().then(|| Ending { phase, why: if phase.is_success() { None } else { why() } })
    }
}
