//! Lists the runs of a project.

use std::time::{Duration, SystemTime};

use sealkit_idl::{
    common::{ActionPhase, ListRequest, Sort, SortDirection},
    prost_types::Timestamp,
    service,
    workflow::{Action, ActionStatus, ListRunsRequest, ListRunsResponse, RunScope},
};

use super::action::task_name;
use crate::{client::Client, error::Result, method::Method};

const LIST: Method = Method { service: service::RUN, name: "ListRuns", is_idempotent: true };

/// The largest number of runs of one request that servers accept.
const MAX_PAGE: usize = 200;

/// A run in a list.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// The name of the run.
    pub name: String,
    /// The short name of the task that the run was started with. Empty if the server does not report it.
    pub task: String,
    /// The status of the first action.
    pub status: RunStatus,
}

/// The phase of an action, and its times.
#[derive(Clone, Copy, Debug)]
pub struct RunStatus {
    /// The phase.
    pub phase: ActionPhase,
    /// The time of the creation.
    pub started: Option<SystemTime>,
    /// The time of the end.
    pub ended: Option<SystemTime>,
    /// The time from the creation to the end, or to now.
    pub duration: Option<Duration>,
}

impl RunStatus {
    pub(super) fn new(status: &ActionStatus) -> Self {
        let started = status.start_time.and_then(time);
        let ended = status.end_time.and_then(time);
        let until = ended.unwrap_or_else(SystemTime::now);
        let measured = status.duration_ms.filter(|_| ended.is_some()).map(Duration::from_millis);
        let duration = measured.or_else(|| until.duration_since(started?).ok());
        Self { phase: status.phase(), started, ended, duration }
    }
}

/// Returns the time of a timestamp that the system can represent.
pub(super) fn time(timestamp: Timestamp) -> Option<SystemTime> {
    SystemTime::try_from(timestamp).ok()
}

impl Client {
    /// Returns the latest runs of a project in a domain, at most `limit`, the newest first.
    ///
    /// # Errors
    ///
    /// Returns an error if a call fails.
    pub async fn list_runs(&self, project: &str, domain: &str, limit: usize) -> Result<Vec<RunSummary>> {
        let project = self.project_id(project, domain);
        let newest_first = Sort { key: "created_at".to_owned(), direction: SortDirection::Descending.into() };
        let (mut runs, mut token) = (Vec::new(), String::new());
        while runs.len() < limit {
            let page = (limit - runs.len()).min(MAX_PAGE);
            let request = ListRequest {
                limit: u32::try_from(page).unwrap_or(u32::MAX),
                token,
                sort_by_fields: vec![newest_first.clone()],
                ..ListRequest::default()
            };
            let request = ListRunsRequest {
                request: Some(request),
                scope_by: Some(RunScope::ProjectId(project.clone())),
            };
            let response: ListRunsResponse = self.control_plane().call(LIST, &request).await?;
            let is_last = response.token.is_empty() || response.runs.is_empty();
            let actions = response.runs.into_iter().filter_map(|run| run.action);
            let before = runs.len();
            runs.extend(actions.filter_map(summary));
            if is_last || runs.len() == before {
                break;
            }
            token = response.token;
        }
        runs.truncate(limit);
        Ok(runs)
    }
}

fn summary(action: Action) -> Option<RunSummary> {
    let name = action.id?.run?.name;
    let metadata = action.metadata.unwrap_or_default();
    let task = task_name(&metadata).unwrap_or_default().to_owned();
    Some(RunSummary { name, task, status: RunStatus::new(&action.status.unwrap_or_default()) })
}
