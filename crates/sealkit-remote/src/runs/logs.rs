//! Streams the logs of an action, attempt by attempt.

use std::time::Duration;

use sealkit_idl::{
    cluster::{Operation, Resource},
    common::ActionPhase,
    dataproxy::{TailLogsRequest, TailLogsResponse},
    logs::LogLine,
    service,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tonic::Code;

use super::{
    LoggedLine, RunId,
    context::{Context, QUEUE_WARNING_DELAY},
    cursor::Cursor,
    event::{ActionEvent, Reporter},
    progress::Progress,
    restarts::Restarts,
};
use crate::{
    client::{Client, ResponseStream},
    method::Method,
    rpc_error::RpcError,
};

const TAIL: Method = Method { service: service::DATA_PROXY, name: "TailLogs", is_idempotent: true };

/// The delay between two streams of an attempt, as in the official tool: the pod may not exist yet.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// How often a stream of an attempt that is over may be interrupted.
const MAX_INTERRUPTIONS: u32 = 5;

/// Reports the lines of each attempt in turn until the action has ended and all lines are reported.
pub(super) async fn follow(context: &Context, reporter: &Reporter, mut progress: watch::Receiver<Progress>) {
    let mut attempt = 0;
    while wait_for_attempt(reporter, &mut progress, attempt).await > attempt {
        attempt += 1;
        // The details of the first action contain its phases.
        if reporter.action.depth > 0 {
            reporter.report(ActionEvent::Phase { phase: ActionPhase::Running, attempt }).await;
        }
        follow_attempt(context, reporter, attempt, &mut progress).await;
    }
}

/// Waits for the attempt after `attempt`. Returns the number of attempts, or 0 if the watch of the action has stopped.
async fn wait_for_attempt(
    reporter: &Reporter,
    progress: &mut watch::Receiver<Progress>,
    attempt: u32,
) -> u32 {
    let mut has_warned = reporter.action.depth == 0 || attempt > 0;
    loop {
        let limit = if has_warned { Duration::MAX } else { QUEUE_WARNING_DELAY };
        let next = async {
            let next = progress.wait_for(|progress| progress.attempts > attempt || progress.is_over).await;
            next.map_or(0, |progress| progress.attempts)
        };
        match timeout(limit, next).await {
            Ok(attempts) => return attempts,
            Err(_) => {
                has_warned = true;
                reporter.report(ActionEvent::StillQueued).await;
            }
        }
    }
}

/// Reports the lines of an attempt until it is over.
async fn follow_attempt(
    context: &Context,
    reporter: &Reporter,
    attempt: u32,
    progress: &mut watch::Receiver<Progress>,
) {
    let is_over = |progress: &Progress| progress.is_over || progress.attempts > attempt;
    let (mut cursor, mut restarts, mut interruptions) = (Cursor::default(), Restarts::default(), 0);
    loop {
        // Read first: a stream that begins before the end of the attempt may end before its last line.
        let was_over = is_over(&progress.borrow());
        let closed = stream(context, reporter, attempt, &mut cursor).await;
        interruptions += u32::from(was_over);
        match closed {
            Ok(()) if was_over => return,
            Err(error) if was_over && error.code() == Code::NotFound => return,
            Err(error) if is_temporary(&error) && interruptions < MAX_INTERRUPTIONS => {}
            Err(error) => return reporter.report(ActionEvent::LogsUnavailable(error.into())).await,
            // The pod has ended: it may be replaced. The details of the first action are watched.
            Ok(()) if reporter.action.depth > 0 => {
                let details = context.client.action_details(&context.run, &reporter.action.name).await;
                let attempts = details.map(|details| details.attempts).unwrap_or_default();
                if attempts.last().is_some_and(|attempt| restarts.observe(attempt)) {
                    reporter.report(ActionEvent::KeepsRestarting).await;
                }
            }
            Ok(()) => {}
        }
        tokio::select! {
            () = sleep(RETRY_DELAY) => {}
            _ = progress.wait_for(is_over), if !was_over => {}
        }
    }
}

/// Returns whether another stream may succeed. A server may answer only when there is something to send.
pub(super) fn is_temporary(error: &RpcError) -> bool {
    matches!(error.code(), Code::NotFound | Code::DeadlineExceeded) || error.is_interruption()
}

/// Reports the new lines of one stream.
async fn stream(
    context: &Context,
    reporter: &Reporter,
    attempt: u32,
    cursor: &mut Cursor,
) -> Result<(), RpcError> {
    // Never closed.
    let _permit = context.log_streams.acquire().await;
    cursor.restart();
    let mut stream = context.client.tail(&context.run, &reporter.action.name, attempt).await?;
    while let Some(lines) = stream.next().await? {
        for line in lines {
            if cursor.advance(&line) {
                reporter.report(ActionEvent::Log(LoggedLine::new(attempt, line))).await;
            }
        }
    }
    Ok(())
}

/// The stream of the log of an attempt. It ends with the pod, and begins with its first line.
pub(super) struct LogStream<'a>(ResponseStream<'a, TailLogsRequest, TailLogsResponse>);

impl LogStream<'_> {
    /// Receives the next lines, or `None` after the last ones.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<LogLine>>, RpcError> {
        let message = self.0.next().await?;
        Ok(message.map(|message| message.logs.into_iter().flat_map(|logs| logs.lines).collect()))
    }
}

impl Client {
    /// Opens the log of an attempt of an action.
    pub(super) async fn tail(
        &self,
        run: &RunId,
        action: &str,
        attempt: u32,
    ) -> Result<LogStream<'_>, RpcError> {
        let id = self.action_id(run, action);
        let route = self.route(Operation::TailLogs, Resource::ActionId(id.clone())).await?;
        let request = TailLogsRequest { action_id: Some(id), attempt };
        Ok(LogStream(route.stream(TAIL, &request).await?))
    }
}
