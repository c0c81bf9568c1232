//! Package `flyteidl2.workflow`: runs and their actions.

mod details;
mod list;

use prost_types::Timestamp;

use crate::{
    common::{ActionIdentifier, ActionPhase, ProjectIdentifier, RunIdentifier},
    core::{ExecutionError, TypedInterface},
    task::{Inputs, RunSpec, TaskIdentifier, TaskSpec},
};

pub use details::{
    AbortInfo, ActionAttempt, ActionDetails, ActionResult, ClusterEvent, ErrorInfo, GetActionDetailsRequest,
    GetActionDetailsResponse, GetRunDetailsRequest, GetRunDetailsResponse, PhaseTransition, RunDetails,
    WatchActionDetailsRequest, WatchActionDetailsResponse,
};
pub use list::{
    EnrichedAction, ListActionsRequest, ListActionsResponse, ListRunsRequest, ListRunsResponse, RunScope,
    WatchActionsRequest, WatchActionsResponse,
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
    /// What the action is.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<ActionMetadata>,
    /// The status.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ActionStatus>,
}

/// What an action is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ActionMetadata {
    /// The name of the parent action. Empty for the root action.
    #[prost(string, tag = "3")]
    pub parent: String,
    /// What the action runs.
    #[prost(oneof = "ActionKind", tags = "7, 8, 9")]
    pub kind: Option<ActionKind>,
}

/// What an action runs.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum ActionKind {
    /// A task, in a pod.
    #[prost(message, tag = "7")]
    Task(TaskActionMetadata),
    /// A function that is recorded after its end.
    #[prost(message, tag = "8")]
    Trace(NamedActionMetadata),
    /// A question to a user.
    #[prost(message, tag = "9")]
    Condition(NamedActionMetadata),
}

/// The task of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TaskActionMetadata {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<TaskIdentifier>,
    /// The name in the console.
    #[prost(string, tag = "3")]
    pub short_name: String,
}

/// The trace or the condition of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct NamedActionMetadata {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// The status of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionStatus {
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
    /// The time of the creation.
    #[prost(message, optional, tag = "2")]
    pub start_time: Option<Timestamp>,
    /// The time of the end.
    #[prost(message, optional, tag = "3")]
    pub end_time: Option<Timestamp>,
    /// The number of attempts so far.
    #[prost(uint32, tag = "4")]
    pub attempts: u32,
    /// The duration, in milliseconds.
    #[prost(uint64, optional, tag = "6")]
    pub duration_ms: Option<u64>,
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
    /// The encoded [`TaskSpec`]. That of a deployed task may have fields that are not defined here.
    #[prost(bytes = "vec", tag = "2")]
    pub spec: Vec<u8>,
    /// The key of the cached result, if results are cached. Without it, the backend ignores the version of the cache.
    #[prost(message, optional, tag = "3")]
    pub cache_key: Option<String>,
}

/// Work that a task has done.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TraceAction {
    /// The name of the work.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The phase.
    #[prost(enumeration = "ActionPhase", tag = "2")]
    pub phase: i32,
    /// When it started.
    #[prost(message, optional, tag = "3")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[prost(message, optional, tag = "4")]
    pub end_time: Option<Timestamp>,
    /// Where its result is.
    #[prost(message, optional, tag = "5")]
    pub outputs: Option<OutputReferences>,
    /// Its interface.
    #[prost(message, optional, tag = "6")]
    pub spec: Option<TraceSpec>,
}

/// `task.OutputReferences`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OutputReferences {
    /// The URI of the outputs.
    #[prost(string, tag = "1")]
    pub output_uri: String,
}

/// `task.TraceSpec`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TraceSpec {
    /// The interface.
    #[prost(message, optional, tag = "1")]
    pub interface: Option<TypedInterface>,
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
