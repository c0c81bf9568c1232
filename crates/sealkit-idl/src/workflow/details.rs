//! The details of actions and runs.

use prost_types::Timestamp;

use super::{ActionMetadata, ActionStatus};
use crate::{
    common::{ActionIdentifier, ActionPhase, RunIdentifier},
    core::LogContext,
    task::{RunSpec, TaskSpec},
};

/// The details of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionDetails {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ActionIdentifier>,
    /// What the action is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<ActionMetadata>,
    /// The status.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ActionStatus>,
    /// The error or the abort of an action that did not succeed.
    #[prost(oneof = "ActionResult", tags = "4, 5")]
    pub result: Option<ActionResult>,
    /// The specification of the task.
    #[prost(message, optional, tag = "6")]
    pub task: Option<TaskSpec>,
    /// The attempts.
    #[prost(message, repeated, tag = "7")]
    pub attempts: Vec<ActionAttempt>,
}

/// The reason why an action did not succeed.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum ActionResult {
    /// The action failed.
    #[prost(message, tag = "4")]
    ErrorInfo(ErrorInfo),
    /// The action was aborted.
    #[prost(message, tag = "5")]
    AbortInfo(AbortInfo),
}

/// The error of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ErrorInfo {
    /// The human-readable message.
    #[prost(string, tag = "1")]
    pub message: String,
    /// The machine-readable error code.
    #[prost(string, tag = "3")]
    pub code: String,
}

/// The abort of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortInfo {
    /// The reason.
    #[prost(string, tag = "1")]
    pub reason: String,
}

/// An attempt of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionAttempt {
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
    /// The time of the start.
    #[prost(message, optional, tag = "2")]
    pub start_time: Option<Timestamp>,
    /// The time of the end.
    #[prost(message, optional, tag = "3")]
    pub end_time: Option<Timestamp>,
    /// The error, if the attempt failed.
    #[prost(message, optional, tag = "4")]
    pub error_info: Option<ErrorInfo>,
    /// The number of the attempt, starting at 1.
    #[prost(uint32, tag = "5")]
    pub attempt: u32,
    /// The events of the cluster about this attempt.
    #[prost(message, repeated, tag = "10")]
    pub cluster_events: Vec<ClusterEvent>,
    /// The phases so far.
    #[prost(message, repeated, tag = "11")]
    pub phase_transitions: Vec<PhaseTransition>,
    /// The pods.
    #[prost(message, optional, tag = "13")]
    pub log_context: Option<LogContext>,
}

/// A phase that an attempt has entered.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PhaseTransition {
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
}

/// An event of the cluster about a pod.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterEvent {
    /// The message.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// The request to watch the details of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WatchActionDetailsRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// The current details of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchActionDetailsResponse {
    /// The details.
    #[prost(message, optional, tag = "1")]
    pub details: Option<ActionDetails>,
}

/// The request for the details of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetActionDetailsRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// The details of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetActionDetailsResponse {
    /// The details.
    #[prost(message, optional, tag = "1")]
    pub details: Option<ActionDetails>,
}

/// The request for the details of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetRunDetailsRequest {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run_id: Option<RunIdentifier>,
}

/// The details of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetRunDetailsResponse {
    /// The details.
    #[prost(message, optional, tag = "1")]
    pub details: Option<RunDetails>,
}

/// The details of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunDetails {
    /// The settings of the run.
    #[prost(message, optional, tag = "1")]
    pub run_spec: Option<RunSpec>,
    /// The root action.
    #[prost(message, optional, tag = "2")]
    pub action: Option<ActionDetails>,
}
