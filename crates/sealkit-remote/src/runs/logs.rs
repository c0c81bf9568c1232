//! What the task of a run prints, try by try.

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
    follow::{Event, Known},
};
use crate::{
    client::{Client, Method},
    refused::Refused,
};

const TAIL: Method = Method { service: service::DATA_PROXY, name: "TailLogs", is_idempotent: true };

/// As the official tool does: the pod may not be there yet.
const PAUSE: Duration = Duration::from_secs(2);

/// How often in a row nothing may come before it is given up; logs are worth no failure.
const TRIES: u32 = 5;

/// Tells what the tries print, one after the other, until the run has ended and all is told.
pub(super) async fn follow(
    client: &Client,
    run: &RunId,
    mut seen: watch::Receiver<Known>,
    tell: &dyn Fn(Event<'_>),
) {
    let mut attempt = 0;
    loop {
        let news = seen.wait_for(|known| known.attempt > attempt || known.has_ended).await;
        let known = news.map(|known| *known).unwrap_or_default();
        if known.attempt <= attempt {
            return;
        }
        attempt = known.attempt;
        let mut lines = 0;
        for _ in 0..TRIES {
            let before = lines;
            match tail(client, run, attempt, &mut lines, tell).await {
                Ok(()) => break,
                Err(refused) if refused.code() == Code::NotFound || refused.is_interruption() => {}
                Err(_) => return,
            }
            let has_ended = seen.borrow().has_ended;
            if has_ended && lines == before {
                break;
            }
            sleep(if lines > before { Duration::from_millis(100) } else { PAUSE }).await;
        }
    }
}

/// Tells the lines after the first `told`: a stream begins with the first one again.
async fn tail(
    client: &Client,
    run: &RunId,
    attempt: u32,
    told: &mut usize,
    tell: &dyn Fn(Event<'_>),
) -> Result<(), Refused> {
    let action = client.first_action(run);
    let route = client.route(Operation::TailLogs, Resource::ActionId(action.clone())).await?;
    let request = TailLogsRequest { action_id: Some(action), attempt };
    let mut stream = route.watch::<_, TailLogsResponse>(TAIL, &request).await?;
    let mut line = 0;
    while let Some(message) = stream.next().await? {
        for logged in message.logs.iter().flat_map(|logs| &logs.lines) {
            line += 1;
            if line > *told {
                *told = line;
                tell(Event::Log(&logged.message));
            }
        }
    }
    Ok(())
}
