//! Reads the logs that the actions of a run have at this time.

use std::time::{Duration, SystemTime};

use tokio::time::timeout;
use tonic::Code;

use super::{LoggedLine, RunAction, RunId};
use crate::{client::Client, error::Result, rpc_error::RpcError};

/// How long to wait for another line of a pod that may still run.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to read one log, if the clock of the cluster is behind.
const MAX_TIME: Duration = Duration::from_secs(300);

/// The actions of a run whose logs were read.
#[derive(Clone, Debug, Default)]
pub struct LoggedActions {
    /// The labels of all actions of the run.
    pub all: Vec<String>,
    /// The labels of the selected actions without a log: the pod does not exist yet, was aborted or deleted.
    pub without_log: Vec<String>,
    /// The number of selected actions.
    pub selected: usize,
}

impl Client {
    /// Reads the lines that the actions of a run have printed so far, action by action, and calls `on_line` for each.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the run does not exist, or another error if a call
    /// fails.
    pub async fn read_logs(
        &self,
        run: &RunId,
        is_selected: &dyn Fn(&RunAction) -> bool,
        on_line: &dyn Fn(&RunAction, &LoggedLine),
    ) -> Result<LoggedActions> {
        self.run_details(run).await?;
        let mut read = LoggedActions::default();
        for (action, _) in self.actions(run).await? {
            read.all.push(action.label());
            if !is_selected(&action) {
                continue;
            }
            read.selected += 1;
            let attempts = self.action_details(run, &action.name).await?.attempts;
            let mut has_log = false;
            for attempt in attempts.iter().map(|attempt| attempt.attempt) {
                let on_line = |line: &LoggedLine| on_line(&action, line);
                match self.read_log(run, &action.name, attempt, &on_line).await {
                    Ok(()) => has_log = true,
                    Err(error) if error.code() == Code::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if !has_log {
                read.without_log.push(action.label());
            }
        }
        Ok(read)
    }

    async fn read_log(
        &self,
        run: &RunId,
        action: &str,
        attempt: u32,
        on_line: &dyn Fn(&LoggedLine),
    ) -> Result<(), RpcError> {
        // A running pod without output has neither a line nor an end.
        let Ok(stream) = timeout(IDLE_TIMEOUT, self.tail(run, action, attempt)).await else { return Ok(()) };
        let (mut stream, began) = (stream?, SystemTime::now());
        while let Ok(lines) = timeout(IDLE_TIMEOUT, stream.next()).await {
            let Some(lines) = lines? else { break };
            for line in lines {
                let line = LoggedLine::new(attempt, line);
                // A pod that prints all the time would never be idle.
                if line.time.is_some_and(|time| time > began)
                    || began.elapsed().is_ok_and(|age| age > MAX_TIME)
                {
                    return Ok(());
                }
                on_line(&line);
            }
        }
        Ok(())
    }
}
