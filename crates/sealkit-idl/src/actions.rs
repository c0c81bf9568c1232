//! Package `flyteidl2.actions`: an action asks for further ones, and is told what becomes of them.

use crate::{
    common::ActionIdentifier,
    workflow::{ActionUpdate, TaskAction},
};

/// An action that is asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Action {
    /// What it is called.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// Who asks for it.
    #[prost(string, optional, tag = "2")]
    pub parent_action_name: Option<String>,
    /// Where its inputs are.
    #[prost(string, tag = "3")]
    pub input_uri: String,
    /// Below what its outputs are to be.
    #[prost(string, tag = "4")]
    pub run_output_base: String,
    /// What it runs.
    #[prost(oneof = "ActionSpec", tags = "7")]
    pub spec: Option<ActionSpec>,
}

/// What an action runs.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ActionSpec {
    /// A task.
    #[prost(message, tag = "7")]
    Task(Box<TaskAction>),
}

/// Asks for an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EnqueueRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action: Option<Action>,
}

/// Asks for what becomes of the actions that an action has asked for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WatchForUpdatesRequest {
    /// Whose.
    #[prost(oneof = "WatchFilter", tags = "1")]
    pub filter: Option<WatchFilter>,
}

/// Whose actions are watched.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum WatchFilter {
    /// Those that this action has asked for.
    #[prost(message, tag = "1")]
    ParentActionId(ActionIdentifier),
}

/// What has become of an action, or that all is told that was known at first.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchForUpdatesResponse {
    /// What has become of an action.
    #[prost(oneof = "WatchMessage", tags = "1")]
    pub message: Option<WatchMessage>,
}

/// What a watcher is told.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum WatchMessage {
    /// What has become of an action.
    #[prost(message, tag = "1")]
    ActionUpdate(ActionUpdate),
}

/// Asks for the end of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// Why.
    #[prost(string, optional, tag = "2")]
    pub reason: Option<String>,
}
