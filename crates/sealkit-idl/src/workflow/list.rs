//! Lists of runs and actions.

use super::{Action, Run};
use crate::common::{ListRequest, ProjectIdentifier, RunIdentifier};

/// The request to watch the actions of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WatchActionsRequest {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run_id: Option<RunIdentifier>,
}

/// Actions of a run: a page of the initial list, or a changed action and all its ancestors.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchActionsResponse {
    /// The actions; parents come before their children.
    #[prost(message, repeated, tag = "1")]
    pub enriched_actions: Vec<EnrichedAction>,
}

/// An action, and what is known of its descendants.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EnrichedAction {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action: Option<Action>,
}

/// The request to list the actions of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListActionsRequest {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub request: Option<ListRequest>,
    /// The run.
    #[prost(message, optional, tag = "2")]
    pub run_id: Option<RunIdentifier>,
}

/// A page of the actions of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListActionsResponse {
    /// The actions.
    #[prost(message, repeated, tag = "1")]
    pub actions: Vec<Action>,
    /// The token of the next page. Empty for the last one.
    #[prost(string, tag = "2")]
    pub token: String,
}

/// The request to list runs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListRunsRequest {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub request: Option<ListRequest>,
    /// Which runs to list.
    #[prost(oneof = "RunScope", tags = "2, 4")]
    pub scope_by: Option<RunScope>,
}

/// Which runs to list.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum RunScope {
    /// The runs of an organization.
    #[prost(string, tag = "2")]
    Org(String),
    /// The runs of a project in a domain.
    #[prost(message, tag = "4")]
    ProjectId(ProjectIdentifier),
}

/// A page of runs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListRunsResponse {
    /// The runs.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<Run>,
    /// The token of the next page. Empty for the last one.
    #[prost(string, tag = "2")]
    pub token: String,
}
