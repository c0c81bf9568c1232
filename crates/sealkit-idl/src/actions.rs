//! Package `flyteidl2.actions`: enqueues child actions and watches them.

use crate::{
    common::ActionIdentifier,
    workflow::{ActionUpdate, TaskAction, TraceAction},
};

/// A child action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Action {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// The name of the parent action.
    #[prost(string, optional, tag = "2")]
    pub parent_action_name: Option<String>,
    /// The URI of the inputs.
    #[prost(string, tag = "3")]
    pub input_uri: String,
    /// The base URI of the outputs.
    #[prost(string, tag = "4")]
    pub run_output_base: String,
    /// What the action runs.
    #[prost(oneof = "ActionSpec", tags = "7, 8")]
    pub spec: Option<ActionSpec>,
}

/// What an action runs.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ActionSpec {
    /// A task.
    #[prost(message, tag = "7")]
    Task(Box<TaskAction>),
    /// A trace: work that the parent has done.
    #[prost(message, tag = "8")]
    Trace(TraceAction),
}

/// The request to enqueue an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EnqueueRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action: Option<Action>,
}

/// The request to watch the children of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WatchForUpdatesRequest {
    /// The filter.
    #[prost(oneof = "WatchFilter", tags = "1")]
    pub filter: Option<WatchFilter>,
}

/// Selects the actions to watch.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum WatchFilter {
    /// All children of this action.
    #[prost(message, tag = "1")]
    ParentActionId(ActionIdentifier),
}

/// A message of a watch. It is `None` for the control message that follows the initial state.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchForUpdatesResponse {
    /// The message.
    #[prost(oneof = "WatchMessage", tags = "1")]
    pub message: Option<WatchMessage>,
}

/// The message of a watch.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum WatchMessage {
    /// A new state of an action.
    #[prost(message, tag = "1")]
    ActionUpdate(ActionUpdate),
}

/// The request to abort an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// The reason.
    #[prost(string, optional, tag = "2")]
    pub reason: Option<String>,
}
