//! The actions of a run at one time, with their details, inputs and outputs.

use std::{collections::HashSet, sync::Arc, time::SystemTime};

use sealkit_idl::{
    common::{ActionPhase, ListRequest},
    core::Secret,
    service,
    workflow::{
        Action, ActionAttempt, ActionDetails, ListActionsRequest, ListActionsResponse, WatchActionsRequest,
    },
};
use serde_json::{Map, Value};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use super::{
    RunAction, RunId,
    action::Naming,
    list::{RunStatus, time},
    report::reason,
    values::to_json,
};
use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
};

const LIST: Method = Method { service: service::RUN, name: "ListActions", is_idempotent: true };

/// The number of actions of one request.
const PAGE: u32 = 200;

/// The maximum number of concurrent requests.
const MAX_REQUESTS: usize = 16;

/// A run with all its actions.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The actions, each after its parent.
    pub actions: Vec<ActionReport>,
    /// The names of the environment variables of the run. Their values may be secrets.
    pub variables: Vec<String>,
}

/// An action of a run.
#[derive(Clone, Debug)]
pub struct ActionReport {
    /// The action.
    pub action: Arc<RunAction>,
    /// The name of its parent. Empty for the first action.
    pub parent: String,
    /// The phase and the times.
    pub status: RunStatus,
    /// The server's message, if the action did not succeed.
    pub error: Option<String>,
    /// The secrets that the task requests: `KEY` or `GROUP/KEY`.
    pub secrets: Vec<String>,
    /// The attempts.
    pub attempts: Vec<AttemptReport>,
    /// The inputs, unless the server cannot read them.
    pub inputs: Option<Map<String, Value>>,
    /// The outputs, if the action has succeeded and the server can read them.
    pub outputs: Option<Map<String, Value>>,
}

/// An attempt of an action.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// The number, from 1.
    pub number: u32,
    /// The phase. It stays `running` for an attempt that was retried.
    pub phase: ActionPhase,
    /// The time of the start.
    pub started: Option<SystemTime>,
    /// The error.
    pub error: Option<String>,
    /// The events that the cluster reports.
    pub events: Vec<String>,
}

impl Client {
    /// Returns the phase of a run.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the run does not exist, or another error if the call fails.
    pub async fn run_phase(&self, run: &RunId) -> Result<ActionPhase> {
        let status = self.run_details(run).await?.action.and_then(|action| action.status);
        Ok(status.unwrap_or_default().phase())
    }

    /// Returns all actions of a run with their details, inputs and outputs.
    ///
    /// Must be called on a tokio runtime, as it spawns a task for each action.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the run does not exist, or another error if a call fails.
    pub async fn run_report(&self, run: &RunId) -> Result<RunReport> {
        let details = self.run_details(run).await?;
        let variables = details.run_spec.and_then(|spec| spec.envs).unwrap_or_default().values;
        let requests = Arc::new(Semaphore::new(MAX_REQUESTS));
        let mut tasks = JoinSet::new();
        for (place, (action, parent)) in self.actions(run).await?.into_iter().enumerate() {
            let (client, run, requests) = (self.clone(), run.clone(), Arc::clone(&requests));
            tasks.spawn(async move {
                // Never closed.
                let _permit = requests.acquire().await;
                client.action_report(&run, action, parent).await.map(|report| (place, report))
            });
        }
        let mut actions = Vec::new();
        while let Some(report) = tasks.join_next().await {
            actions.push(report.map_err(|_| incomplete())??);
        }
        actions.sort_by_key(|(place, _)| *place);
        let actions = actions.into_iter().map(|(_, report)| report).collect();
        Ok(RunReport { actions, variables: variables.into_iter().map(|variable| variable.key).collect() })
    }

    async fn action_report(
        &self,
        run: &RunId,
        action: Arc<RunAction>,
        parent: String,
    ) -> Result<ActionReport> {
        let details = self.action_details(run, &action.name).await?;
        let status = RunStatus::new(&details.status.clone().unwrap_or_default());
        let data = self.action_data(self.action_id(run, &action.name)).await.ok();
        let (inputs, outputs) = data.map(|data| (data.inputs, data.outputs)).unwrap_or_default();
        let error = if status.phase.is_terminal() { reason(&details, status.phase) } else { None };
        Ok(ActionReport {
            action,
            parent,
            error,
            secrets: secrets(&details),
            attempts: details.attempts.into_iter().map(AttemptReport::from).collect(),
            inputs: inputs.map(|inputs| to_json(inputs.literals)),
            outputs: outputs.filter(|_| status.phase.is_success()).map(|outputs| to_json(outputs.literals)),
            status,
        })
    }

    /// Returns all actions of a run in the order of their creation, each with the name of its parent.
    ///
    /// Only the stream has the names of tasks, but it has no end. The list contains the actions to expect.
    pub(super) async fn actions(&self, run: &RunId) -> Result<Vec<(Arc<RunAction>, String)>> {
        let mut expected = self.action_names(run).await?;
        let request = WatchActionsRequest { run_id: Some(run.identifier(self.org())) };
        let mut stream = self.watch_actions(request).await?;
        let (mut naming, mut actions) = (Naming::default(), Vec::new());
        while !expected.is_empty() {
            let message = timeout(self.timeout(), stream.next()).await.map_err(|_| incomplete())??;
            let Some(message) = message else { return Err(incomplete()) };
            for action in message.enriched_actions.into_iter().filter_map(|one| one.action) {
                if expected.remove(name(&action))
                    && let Some(named) = naming.name(&action)
                {
                    actions.push((named, action.metadata.unwrap_or_default().parent));
                }
            }
        }
        Ok(actions)
    }

    /// Returns the names of all actions of a run.
    async fn action_names(&self, run: &RunId) -> Result<HashSet<String>> {
        let (mut names, mut token) = (HashSet::new(), String::new());
        loop {
            let request = ListRequest { limit: PAGE, token, ..ListRequest::default() };
            let run_id = Some(run.identifier(self.org()));
            let request = ListActionsRequest { request: Some(request), run_id };
            let response: ListActionsResponse = self.control_plane().call(LIST, &request).await?;
            let before = names.len();
            names.extend(response.actions.iter().map(|action| name(action).to_owned()));
            // A server that repeats its pages must not keep this waiting forever.
            if response.token.is_empty() || names.len() == before {
                return Ok(names);
            }
            token = response.token;
        }
    }
}

fn name(action: &Action) -> &str {
    action.id.as_ref().map_or("", |id| &id.name)
}

fn incomplete() -> Error {
    Error::new(ErrorKind::Server, "cannot list the actions of the run: the server sends only some of them")
        .with_hint("try again, or check the logs of the server")
}

fn secrets(details: &ActionDetails) -> Vec<String> {
    let template = details.task.as_ref().and_then(|task| task.task_template.as_ref());
    let context = template.and_then(|template| template.security_context.as_ref());
    let secrets = context.map(|context| &context.secrets[..]).unwrap_or_default();
    let name = |secret: &Secret| match secret.group.as_str() {
        "" => secret.key.clone(),
        group => format!("{group}/{}", secret.key),
    };
    secrets.iter().map(name).collect()
}

impl From<ActionAttempt> for AttemptReport {
    fn from(attempt: ActionAttempt) -> Self {
        Self {
            number: attempt.attempt,
            phase: attempt.phase(),
            started: attempt.start_time.and_then(time),
            error: attempt.error_info.map(|error| error.message),
            events: attempt.cluster_events.into_iter().map(|event| event.message).collect(),
        }
    }
}
