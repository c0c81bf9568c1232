//! Streams the logs of a run, attempt by attempt.

use std::time::Duration;

use sealkit_idl::{
    cluster::{Operation, Resource},
    dataproxy::{TailLogsRequest, TailLogsResponse},
    service,
};
use tokio::{sync::watch, time::sleep};
use tonic::Code;

use super::{
    RunId,
    event::{Event, Progress},
};
use crate::{client::Client, method::Method, rpc_error::RpcError};

const TAIL: Method = Method { service: service::DATA_PROXY, name: "TailLogs", is_idempotent: true };

/// The delay between two requests without new lines, as in the official tool: the pod may not exist yet.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// How many requests to make for one attempt of the run. Missing logs do not fail a run.
const MAX_REQUESTS: u32 = 5;

/// Reports the log lines of each attempt in turn until the run has ended and all lines are reported.
pub(super) async fn follow(
    client: &Client,
    run: &RunId,
    mut progress: watch::Receiver<Progress>,
    on_event: &dyn Fn(Event<'_>),
) {
    let mut attempt = 0;
    loop {
        let next = progress.wait_for(|progress| progress.attempt > attempt || progress.has_ended).await;
        let next = next.map(|progress| *progress).unwrap_or_default();
        if next.attempt <= attempt {
            return;
        }
        attempt = next.attempt;
        let mut lines = 0;
        for _ in 0..MAX_REQUESTS {
            let before = lines;
            match tail(client, run, attempt, &mut lines, on_event).await {
                Ok(()) => break,
                Err(error) if error.code() == Code::NotFound || error.is_interruption() => {}
                Err(_) => return,
            }
            let has_ended = progress.borrow().has_ended;
            if has_ended && lines == before {
                break;
            }
            sleep(if lines > before { Duration::from_millis(100) } else { RETRY_DELAY }).await;
        }
    }
}

/// Reports the lines after the first `reported` ones. Each stream starts again with the first line.
async fn tail(
    client: &Client,
    run: &RunId,
    attempt: u32,
    reported: &mut usize,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(), RpcError> {
    let action = client.first_action(run);
    let route = client.route(Operation::TailLogs, Resource::ActionId(action.clone())).await?;
    let request = TailLogsRequest { action_id: Some(action), attempt };
    let mut stream = route.stream::<_, TailLogsResponse>(TAIL, &request).await?;
    let mut count = 0;
    while let Some(message) = stream.next().await? {
        for line in message.logs.iter().flat_map(|logs| &logs.lines) {
            count += 1;
            if count > *reported {
                *reported = count;
                on_event(Event::Log(&line.message));
            }
        }
    }
    Ok(())
}
