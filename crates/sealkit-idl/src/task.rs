//! Package `flyteidl2.task`: tasks, their inputs and their outputs.

use std::collections::BTreeMap;

use crate::common::{ListRequest, ProjectIdentifier};
use crate::core::{Identifier, KeyValuePair, Literal, Parameter, TaskTemplate};
use crate::trigger::TaskTrigger;

/// The content of `inputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Inputs {
    /// The inputs.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
    /// Further values for the pod, by reserved names.
    #[prost(message, repeated, tag = "2")]
    pub context: Vec<KeyValuePair>,
}

/// In the context of inputs: the name of the input that receives the scheduled time.
pub const TRIGGER_TIME_INPUT: &str = "_u_kickoff_time_input_arg";

impl From<Vec<NamedLiteral>> for Inputs {
    fn from(literals: Vec<NamedLiteral>) -> Self {
        Self { literals, context: Vec::new() }
    }
}

/// The content of `outputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Outputs {
    /// The outputs. The output of a task with a single output is called `o0`.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
}

/// A named literal.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedLiteral {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The literal.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Literal>,
}

/// The identifier of a deployed task.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TaskIdentifier {
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
    /// The version.
    #[prost(string, tag = "5")]
    pub version: String,
}

impl From<Identifier> for TaskIdentifier {
    fn from(Identifier { org, project, domain, name, version, .. }: Identifier) -> Self {
        Self { org, project, domain, name, version }
    }
}

impl TaskSpec {
    /// Removes the documentation of inputs and outputs. The official SDK sends it only for tasks that it deploys.
    pub fn remove_descriptions(&mut self) {
        let interface = self.task_template.as_mut().and_then(|template| template.interface.as_mut());
        let maps =
            interface.into_iter().flat_map(|interface| [&mut interface.inputs, &mut interface.outputs]);
        let variables = maps.flatten().flat_map(|map| &mut map.variables);
        for variable in variables.filter_map(|entry| entry.value.as_mut()) {
            variable.description.clear();
        }
    }

    /// Returns the identifier of the task. Its fields are empty if the template has none.
    pub fn id(&self) -> TaskIdentifier {
        let id = self.task_template.as_ref().and_then(|template| template.id.clone());
        id.unwrap_or_default().into()
    }
}

/// The specification of a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskSpec {
    /// The template.
    #[prost(message, optional, tag = "1")]
    pub task_template: Option<TaskTemplate>,
    /// The inputs that have defaults.
    #[prost(message, repeated, tag = "2")]
    pub default_inputs: Vec<NamedParameter>,
    /// The name in the console, of at most 63 characters.
    #[prost(string, tag = "3")]
    pub short_name: String,
    /// The environment that the task belongs to.
    #[prost(message, optional, tag = "4")]
    pub environment: Option<Environment>,
    /// The documentation.
    #[prost(message, optional, tag = "5")]
    pub documentation: Option<DocumentationEntity>,
}

/// `task.NamedParameter`: an input with a default.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedParameter {
    /// The name of the input.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The type and the default.
    #[prost(message, optional, tag = "2")]
    pub parameter: Option<Parameter>,
}

/// An environment: a group of tasks.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Environment {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// The documentation of a task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DocumentationEntity {
    /// A description in one line.
    #[prost(string, tag = "1")]
    pub short_description: String,
    /// The full description.
    #[prost(string, tag = "2")]
    pub long_description: String,
}

/// The settings of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RunSpec {
    /// The labels.
    #[prost(message, optional, tag = "1")]
    pub labels: Option<Labels>,
    /// The environment variables of all pods of the run.
    #[prost(message, optional, tag = "3")]
    pub envs: Option<Envs>,
    /// Whether the pods may run on machines that can be taken away. `None` lets the cluster decide.
    #[prost(message, optional, tag = "4")]
    pub interruptible: Option<bool>,
}

/// Labels of a run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Labels {
    /// The labels by name.
    #[prost(btree_map = "string, string", tag = "1")]
    pub values: BTreeMap<String, String>,
}

/// Environment variables.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Envs {
    /// The variables.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<KeyValuePair>,
}

/// The request to deploy a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeployTaskRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub task_id: Option<TaskIdentifier>,
    /// The specification.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TaskSpec>,
    /// The triggers. Those that are not listed are deleted, unless the list is empty.
    #[prost(message, repeated, tag = "3")]
    pub triggers: Vec<TaskTrigger>,
}

/// The request for a deployed task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetTaskDetailsRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub task_id: Option<TaskIdentifier>,
}

/// The response with a deployed task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetTaskDetailsResponse {
    /// The task.
    #[prost(message, optional, tag = "1")]
    pub details: Option<TaskDetails>,
}

/// A deployed task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TaskDetails {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub task_id: Option<TaskIdentifier>,
    /// The encoded [`TaskSpec`]. To decode it loses the fields that are not defined here, such as those of plugins.
    #[prost(bytes = "vec", tag = "3")]
    pub spec: Vec<u8>,
}

/// The request for the deployed tasks of a project.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListTasksRequest {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub request: Option<ListRequest>,
    /// The project.
    #[prost(message, optional, tag = "3")]
    pub project_id: Option<ProjectIdentifier>,
}

/// The response with deployed tasks.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListTasksResponse {
    /// The tasks.
    #[prost(message, repeated, tag = "1")]
    pub tasks: Vec<ListedTask>,
}

/// A deployed task in a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListedTask {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub task_id: Option<TaskIdentifier>,
}
