//! Package `flyteidl2.trigger`, and the triggers of package `flyteidl2.task`: when tasks are started.

use prost_types::Timestamp;

use crate::{
    common::{ListRequest, ProjectIdentifier},
    task::{Inputs, RunSpec},
};

/// `task.TaskTrigger`: a trigger that is deployed with its task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskTrigger {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The inputs and the options of the runs.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TaskTriggerSpec>,
    /// The times.
    #[prost(message, optional, tag = "3")]
    pub automation_spec: Option<TriggerAutomationSpec>,
}

/// `task.TaskTriggerSpec`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskTriggerSpec {
    /// Whether it starts runs.
    #[prost(bool, tag = "1")]
    pub active: bool,
    /// The inputs of the runs.
    #[prost(message, optional, tag = "2")]
    pub inputs: Option<Inputs>,
    /// The options of the runs.
    #[prost(message, optional, tag = "3")]
    pub run_spec: Option<RunSpec>,
}

/// `task.TriggerAutomationSpec`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TriggerAutomationSpec {
    /// The kind: 1 none, 2 a schedule, 3 an artifact.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// The schedule.
    #[prost(message, optional, tag = "2")]
    pub schedule: Option<Schedule>,
}

/// The kind of an automation that is a schedule.
pub const TYPE_SCHEDULE: i32 = 2;

/// `task.Schedule`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Schedule {
    /// The times.
    #[prost(oneof = "ScheduleExpression", tags = "1, 4")]
    pub expression: Option<ScheduleExpression>,
    /// The input that receives the scheduled time. Empty if there is none.
    #[prost(string, tag = "3")]
    pub kickoff_time_input_arg: String,
}

/// The times of a schedule.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ScheduleExpression {
    /// A fixed interval.
    #[prost(message, tag = "1")]
    Rate(FixedRate),
    /// A cron expression.
    #[prost(message, tag = "4")]
    Cron(Cron),
}

/// `task.FixedRate`.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct FixedRate {
    /// The number of units.
    #[prost(uint32, tag = "1")]
    pub value: u32,
    /// The unit: 1 minute, 2 hour, 3 day.
    #[prost(int32, tag = "2")]
    pub unit: i32,
    /// The first time.
    #[prost(message, optional, tag = "3")]
    pub start_time: Option<Timestamp>,
}

/// `task.Cron`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Cron {
    /// Five fields, or a name such as `@daily`.
    #[prost(string, tag = "1")]
    pub expression: String,
    /// The time zone.
    #[prost(string, tag = "2")]
    pub timezone: String,
}

/// `common.TriggerName`: identifies a trigger.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TriggerName {
    /// The organization.
    #[prost(string, tag = "1")]
    pub org: String,
    /// The project.
    #[prost(string, tag = "2")]
    pub project: String,
    /// The domain.
    #[prost(string, tag = "3")]
    pub domain: String,
    /// The name.
    #[prost(string, tag = "4")]
    pub name: String,
    /// The name of the task.
    #[prost(string, tag = "5")]
    pub task_name: String,
}

/// `common.TriggerIdentifier`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TriggerIdentifier {
    /// The name.
    #[prost(message, optional, tag = "1")]
    pub name: Option<TriggerName>,
}

/// `trigger.Trigger`: a trigger in a list.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Trigger {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<TriggerIdentifier>,
    /// When it last started a run.
    #[prost(message, optional, tag = "3")]
    pub status: Option<TriggerStatus>,
    /// Whether it starts runs.
    #[prost(bool, tag = "5")]
    pub active: bool,
    /// The times.
    #[prost(message, optional, tag = "6")]
    pub automation_spec: Option<TriggerAutomationSpec>,
}

/// `trigger.TriggerStatus`.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct TriggerStatus {
    /// When it last started a run.
    #[prost(message, optional, tag = "3")]
    pub triggered_at: Option<Timestamp>,
}

/// `trigger.ListTriggersRequest`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListTriggersRequest {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub request: Option<ListRequest>,
    /// The project.
    #[prost(message, optional, tag = "3")]
    pub project_id: Option<ProjectIdentifier>,
}

/// `trigger.ListTriggersResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListTriggersResponse {
    /// The triggers.
    #[prost(message, repeated, tag = "1")]
    pub triggers: Vec<Trigger>,
    /// The token of the next page, if there is one.
    #[prost(string, tag = "2")]
    pub token: String,
}

/// `trigger.UpdateTriggersRequest`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct UpdateTriggersRequest {
    /// The triggers.
    #[prost(message, repeated, tag = "1")]
    pub names: Vec<TriggerName>,
    /// Whether they start runs.
    #[prost(bool, tag = "2")]
    pub active: bool,
}

/// `trigger.DeleteTriggersRequest`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DeleteTriggersRequest {
    /// The triggers.
    #[prost(message, repeated, tag = "1")]
    pub names: Vec<TriggerName>,
}
