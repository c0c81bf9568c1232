//! Package `flyteidl2.workflow`: runs, and the actions that they are made of.

use prost_types::Timestamp;

use crate::{
    common::{ActionIdentifier, ActionPhase, ProjectIdentifier, RunIdentifier},
    core::ExecutionError,
    task::{Inputs, RunSpec, TaskIdentifier, TaskSpec},
};

/// Asks for a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateRunRequest {
    /// What it is called, or where it is to be and be given a name.
    #[prost(oneof = "RunName", tags = "1, 6")]
    pub id: Option<RunName>,
    /// What runs.
    #[prost(oneof = "RunTask", tags = "2, 3")]
    pub task: Option<RunTask>,
    /// With what.
    #[prost(message, optional, tag = "4")]
    pub inputs: Option<Inputs>,
    /// How.
    #[prost(message, optional, tag = "5")]
    pub run_spec: Option<RunSpec>,
    /// Who asks.
    #[prost(enumeration = "RunSource", tag = "8")]
    pub source: i32,
}

/// What a run is called.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum RunName {
    /// This.
    #[prost(message, tag = "1")]
    RunId(RunIdentifier),
    /// What the server makes up, in this project.
    #[prost(message, tag = "6")]
    ProjectId(ProjectIdentifier),
}

/// What runs.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum RunTask {
    /// A task that was deployed.
    #[prost(message, tag = "2")]
    TaskId(TaskIdentifier),
    /// This task.
    #[prost(message, tag = "3")]
    TaskSpec(Box<TaskSpec>),
}

/// Who asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RunSource {
    /// Not told.
    Unspecified = 0,
    /// The console.
    Web = 1,
    /// A command line.
    Cli = 2,
}

/// The run that was asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateRunResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub run: Option<Run>,
}

/// A run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Run {
    /// Its first action.
    #[prost(message, optional, tag = "1")]
    pub action: Option<Action>,
}

/// An action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Action {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ActionIdentifier>,
}

/// How an action is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionStatus {
    /// How far it is.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
    /// How often it was tried.
    #[prost(uint32, tag = "4")]
    pub attempts: u32,
}

/// All of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionDetails {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<ActionIdentifier>,
    /// How it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ActionStatus>,
    /// Why it has ended, if it did not return.
    #[prost(oneof = "ActionResult", tags = "4, 5")]
    pub result: Option<ActionResult>,
    /// Try by try.
    #[prost(message, repeated, tag = "7")]
    pub attempts: Vec<ActionAttempt>,
}

/// Why an action has ended.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum ActionResult {
    /// It has failed.
    #[prost(message, tag = "4")]
    ErrorInfo(ErrorInfo),
    /// Somebody has ended it.
    #[prost(message, tag = "5")]
    AbortInfo(AbortInfo),
}

/// Why something has failed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ErrorInfo {
    /// For people.
    #[prost(string, tag = "1")]
    pub message: String,
    /// Whose fault it is.
    #[prost(enumeration = "ErrorInfoKind", tag = "2")]
    pub kind: i32,
    /// For programs.
    #[prost(string, tag = "3")]
    pub code: String,
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ErrorInfoKind {
    /// Nobody knows.
    Unspecified = 0,
    /// The task's own code.
    User = 1,
    /// The platform.
    System = 2,
}

/// Why somebody has ended an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortInfo {
    /// For people.
    #[prost(string, tag = "1")]
    pub reason: String,
}

/// One try of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionAttempt {
    /// How far it is.
    #[prost(enumeration = "ActionPhase", tag = "1")]
    pub phase: i32,
    /// Why it has failed.
    #[prost(message, optional, tag = "4")]
    pub error_info: Option<ErrorInfo>,
    /// Which, from 1.
    #[prost(uint32, tag = "5")]
    pub attempt: u32,
    /// What the cluster has told of it.
    #[prost(message, repeated, tag = "10")]
    pub cluster_events: Vec<ClusterEvent>,
}

/// What a cluster tells of a pod.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterEvent {
    /// When.
    #[prost(message, optional, tag = "1")]
    pub occurred_at: Option<Timestamp>,
    /// What.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// Asks for all of an action, again whenever it changes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WatchActionDetailsRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// All of an action, as it is now.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchActionDetailsResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub details: Option<ActionDetails>,
}

/// Asks for the end of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AbortRunRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub run_id: Option<RunIdentifier>,
    /// Why.
    #[prost(string, optional, tag = "2")]
    pub reason: Option<String>,
}

/// What a task action runs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskAction {
    /// Which task.
    #[prost(message, optional, tag = "1")]
    pub id: Option<TaskIdentifier>,
    /// All of it.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TaskSpec>,
}

/// What has become of an action that another one has asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActionUpdate {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// How far it is.
    #[prost(enumeration = "ActionPhase", tag = "2")]
    pub phase: i32,
    /// Why it has failed.
    #[prost(message, optional, tag = "3")]
    pub error: Option<ExecutionError>,
    /// Where its outputs are.
    #[prost(string, tag = "4")]
    pub output_uri: String,
}
