//! Package `flyteidl2.workflow`: runs and their actions.

use prost_types::Timestamp;

use crate::{
    common::{ActionIdentifier, ActionPhase, ProjectIdentifier, RunIdentifier},
    core::ExecutionError,
    task::{Inputs, RunSpec, TaskIdentifier, TaskSpec},
};

/// The request to create a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateRunRequest {
    /// The name of the run, or the project in which the server generates one.
    #[prost(oneof = "RunName", tags = "1, 6")]
    pub id: Option<RunName>,
    /// The task to run.
    #[prost(oneof = "RunTask", tags = "2, 3")]
    pub task: Option<RunTask>,
    /// The inputs.
    #[prost(message, optional, tag = "4")]
    pub inputs: Option<Inputs>,
    /// The settings of the run.
    #[prost(message, optional, tag = "5")]
    pub run_spec: Option<RunSpec>,
    /// The client that creates the run.
    #[prost(enumeration = "RunSource", tag = "8")]
    pub source: i32,
}

/// The name of a new run.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum RunName {
    /// This name.
    #[prost(message, tag = "1")]
    RunId(RunIdentifier),
    /// A name that the server generates in this project.
    #[prost(message, tag = "6")]
    ProjectId(ProjectIdentifier),
}

/// The task of a run.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum RunTask {
    /// A task that is already deployed.
    #[prost(message, tag = "2")]
    TaskId(TaskIdentifier),
    /// A task that is sent with the request.
    #[prost(message, tag = "3")]
    TaskSpec(Box<TaskSpec>),
}

/// The client that creates a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RunSource {
    /// Unspecified.
    Unspecified = 0,
    /// The console.
    Web = 1,
    /// A command-line tool.
    Cli = 2,
}

/// The response to [`CreateRunRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateRunResponse {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run: Option<Run>,
}

/// A run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Run {
    /// The root action.
    #[prost(message, optional, tag = "1")]
    pub action: Option<Action>,
}

/// An action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Action {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ActionIdentifier>,
}

/// The status of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionStatus {
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
    /// The number of attempts so far.
    #[prost(uint32, tag = "4")]
    pub attempts: u32,
}

/// The details of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionDetails {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ActionIdentifier>,
    /// The status.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ActionStatus>,
    /// The error or the abort of an action that did not succeed.
    #[prost(oneof = "ActionResult", tags = "4, 5")]
    pub result: Option<ActionResult>,
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
    /// The origin of the error.
    #[prost(enumeration = "ErrorInfoKind", tag = "2")]
    pub kind: i32,
    /// The machine-readable error code.
    #[prost(string, tag = "3")]
    pub code: String,
}

/// `ErrorInfo.Kind`: the origin of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ErrorInfoKind {
    /// Unspecified.
    Unspecified = 0,
    /// The task's own code.
    User = 1,
    /// The platform.
    System = 2,
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
    /// The error, if the attempt failed.
    #[prost(message, optional, tag = "4")]
    pub error_info: Option<ErrorInfo>,
    /// The number of the attempt, starting at 1.
    #[prost(uint32, tag = "5")]
    pub attempt: u32,
    /// The events of the cluster about this attempt.
    #[prost(message, repeated, tag = "10")]
    pub cluster_events: Vec<ClusterEvent>,
}

/// An event of the cluster about a pod.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterEvent {
    /// The time of the event.
    #[prost(message, optional, tag = "1")]
    pub occurred_at: Option<Timestamp>,
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

/// The request to abort a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortRunRequest {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run_id: Option<RunIdentifier>,
    /// The reason.
    #[prost(string, optional, tag = "2")]
    pub reason: Option<String>,
}

/// The task of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskAction {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<TaskIdentifier>,
    /// The specification.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TaskSpec>,
}

/// A new state of a child action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionUpdate {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "2")]
    pub phase: i32,
    /// The error, if the action failed.
    #[prost(message, optional, tag = "3")]
    pub error: Option<ExecutionError>,
    /// The URI of the outputs.
    #[prost(string, tag = "4")]
    pub output_uri: String,
}
