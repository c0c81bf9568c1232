//! Follows a run until it ends: its first action, all child actions and their logs.

use std::{sync::Arc, time::Duration};

use sealkit_idl::workflow::Action;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use super::{
    RunId, RunOutcome,
    action::Naming,
    context::Context,
    details::DetailsWatch,
    event::{Event, Reporter},
    logs,
    progress::Progress,
    tree,
};
use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
};

/// How long to wait for another event after the run has ended.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// How many logs to stream at once. Servers limit the streams of a connection, often to 100.
const MAX_LOG_STREAMS: usize = 32;

/// How many events may wait for the caller.
const EVENT_BUFFER: usize = 256;

impl Client {
    /// Follows a run until it ends, and calls `on_event` for each event. Events of one action are in order.
    ///
    /// Must be called on a tokio runtime, as it spawns a task for each action.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the run does not exist, or an error if the connection is lost for good. The run
    /// continues on the cluster.
    pub async fn follow(&self, run: &RunId, on_event: &dyn Fn(&Event)) -> Result<RunOutcome> {
        let details = self.run_details(run).await?.action.unwrap_or_default();
        let action = Action { id: details.id, metadata: details.metadata, status: details.status };
        let (sender, mut events) = mpsc::channel(EVENT_BUFFER);
        let Some(action) = Naming::default().name(&action) else { return Err(stopped()) };
        let reporter = Reporter { action, events: sender.clone() };
        let log_streams = Arc::new(Semaphore::new(MAX_LOG_STREAMS));
        let context = Context { client: self.clone(), run: run.clone(), events: sender, log_streams };

        // The tasks end when these are dropped.
        let (mut first, mut others) = (JoinSet::new(), JoinSet::new());
        let (progress, receiver) = watch::channel(Progress::default());
        let (logs_context, logs_reporter) = (context.clone(), reporter.clone());
        others.spawn(async move { logs::follow(&logs_context, &logs_reporter, receiver).await });
        others.spawn(tree::follow(context.clone()));
        first.spawn(DetailsWatch::new(context, reporter, progress).follow());
        let outcome = loop {
            tokio::select! {
                Some(event) = events.recv() => on_event(&event),
                outcome = first.join_next() => break outcome,
            }
        };
        let outcome = outcome.ok_or_else(stopped)?.map_err(|_| stopped())??;
        // The last lines and the ends of child actions may not have arrived yet.
        while let Ok(Some(event)) = timeout(DRAIN_TIMEOUT, events.recv()).await {
            on_event(&event);
        }
        Ok(outcome)
    }

    /// Adds a hint where to see the run, which continues on the cluster.
    pub(super) fn with_console_hint(&self, run: &RunId, error: Error) -> Error {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let console = self.config().console_url(&run.name, &run.project, &run.domain);
        error.with_hint(format!("see the run, which continues, at {console}{hint}"))
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Local, "cannot follow the run: the watch has stopped")
}
