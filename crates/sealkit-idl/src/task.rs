//! Package `flyteidl2.task`: what a task is, what it is given, and what it gives back.

use std::collections::BTreeMap;

use crate::core::{Identifier, KeyValuePair, Literal, TaskTemplate};

/// The content of `inputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Inputs {
    /// The inputs.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
}

/// The content of `outputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Outputs {
    /// The outputs; a task's only one is `o0`.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
}

/// A literal and its name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedLiteral {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The literal.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Literal>,
}

/// A task that is deployed.
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
    /// What the task is called; all of it is empty if that is not said.
    pub fn id(&self) -> TaskIdentifier {
        let id = self.task_template.as_ref().and_then(|template| template.id.clone());
        id.unwrap_or_default().into()
    }
}

/// All of a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskSpec {
    /// How it is run.
    #[prost(message, optional, tag = "1")]
    pub task_template: Option<TaskTemplate>,
    /// What it is called in the console: at most 63 characters.
    #[prost(string, tag = "3")]
    pub short_name: String,
    /// To what it belongs.
    #[prost(message, optional, tag = "4")]
    pub environment: Option<Environment>,
    /// What people should know of it.
    #[prost(message, optional, tag = "5")]
    pub documentation: Option<DocumentationEntity>,
}

/// To what a task belongs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Environment {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// What people should know of a task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DocumentationEntity {
    /// In a line.
    #[prost(string, tag = "1")]
    pub short_description: String,
    /// In full.
    #[prost(string, tag = "2")]
    pub long_description: String,
}

/// How a run is run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RunSpec {
    /// What it is found by.
    #[prost(message, optional, tag = "1")]
    pub labels: Option<Labels>,
    /// The environment of all of its pods.
    #[prost(message, optional, tag = "3")]
    pub envs: Option<Envs>,
}

/// What something is found by.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Labels {
    /// Values by name.
    #[prost(btree_map = "string, string", tag = "1")]
    pub values: BTreeMap<String, String>,
}

/// An environment.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Envs {
    /// The variables.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<KeyValuePair>,
}

/// Asks for a task to be known from now on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeployTaskRequest {
    /// What it is called.
    #[prost(message, optional, tag = "1")]
    pub task_id: Option<TaskIdentifier>,
    /// All of it.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TaskSpec>,
}
