//! `core.TaskTemplate`: what a cluster has to know to run a task.

use prost_types::Duration;

use super::{SecurityContext, TypedInterface};

/// What a cluster has to know to run a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskTemplate {
    /// Which task.
    #[prost(message, optional, tag = "1")]
    pub id: Option<Identifier>,
    /// Who runs it: whatever is not known is run as a pod.
    #[prost(string, tag = "2")]
    pub r#type: String,
    /// How it is run.
    #[prost(message, optional, tag = "3")]
    pub metadata: Option<TaskMetadata>,
    /// What it takes and returns.
    #[prost(message, optional, tag = "4")]
    pub interface: Option<TypedInterface>,
    /// In what.
    #[prost(oneof = "TaskTarget", tags = "6")]
    pub target: Option<TaskTarget>,
    /// Its secrets.
    #[prost(message, optional, tag = "8")]
    pub security_context: Option<SecurityContext>,
}

/// In what a task is run.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum TaskTarget {
    /// A container.
    #[prost(message, tag = "6")]
    Container(Container),
}

/// Something that is registered.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Identifier {
    /// What kind of thing.
    #[prost(enumeration = "ResourceType", tag = "1")]
    pub resource_type: i32,
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
    /// The organization.
    #[prost(string, tag = "6")]
    pub org: String,
}

/// What is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ResourceType {
    /// Not told.
    Unspecified = 0,
    /// A task.
    Task = 1,
}

/// How a task is run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskMetadata {
    /// By what it was made.
    #[prost(message, optional, tag = "2")]
    pub runtime: Option<RuntimeMetadata>,
    /// How long a try may take.
    #[prost(message, optional, tag = "4")]
    pub timeout: Option<Duration>,
    /// How often it is tried again.
    #[prost(message, optional, tag = "5")]
    pub retries: Option<RetryStrategy>,
    /// Whether it may run on machines that can be taken away; without an answer the cluster decides.
    #[prost(bool, optional, tag = "8")]
    pub interruptible: Option<bool>,
}

/// By what a task was made.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RuntimeMetadata {
    /// What kind of thing.
    #[prost(enumeration = "RuntimeType", tag = "1")]
    pub r#type: i32,
    /// Its version.
    #[prost(string, tag = "2")]
    pub version: String,
    /// Its language.
    #[prost(string, tag = "3")]
    pub flavor: String,
}

/// By what a task was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RuntimeType {
    /// Something else.
    Other = 0,
    /// An SDK for Flyte.
    FlyteSdk = 1,
}

/// How often something is tried again.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct RetryStrategy {
    /// How often.
    #[prost(uint32, tag = "5")]
    pub retries: u32,
}

/// A container.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Container {
    /// The image.
    #[prost(string, tag = "1")]
    pub image: String,
    /// The program and its arguments; the image's own entry point comes before them.
    #[prost(string, repeated, tag = "3")]
    pub args: Vec<String>,
    /// What it needs.
    #[prost(message, optional, tag = "4")]
    pub resources: Option<Resources>,
    /// Its environment.
    #[prost(message, repeated, tag = "5")]
    pub env: Vec<KeyValuePair>,
}

/// A variable and its value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct KeyValuePair {
    /// The variable.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// What a container needs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Resources {
    /// At least.
    #[prost(message, repeated, tag = "1")]
    pub requests: Vec<ResourceEntry>,
    /// At most.
    #[prost(message, repeated, tag = "2")]
    pub limits: Vec<ResourceEntry>,
}

/// How much of something.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ResourceEntry {
    /// Of what.
    #[prost(enumeration = "ResourceName", tag = "1")]
    pub name: i32,
    /// How much, as Kubernetes writes it: `500m`, `2Gi`.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// What a container may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ResourceName {
    /// Not told.
    Unknown = 0,
    /// Processors.
    Cpu = 1,
    /// Graphics processors.
    Gpu = 2,
    /// Memory.
    Memory = 3,
    /// Storage that stays.
    Storage = 4,
    /// Storage that goes with the pod.
    EphemeralStorage = 5,
}

impl ResourceName {
    /// What people call `cpu`, `memory`, `gpu` and `disk`, as in the official SDK.
    pub fn of(word: &str) -> Self {
        match word {
            "cpu" => Self::Cpu,
            "memory" => Self::Memory,
            "gpu" => Self::Gpu,
            "disk" => Self::EphemeralStorage,
            _ => Self::Unknown,
        }
    }
}
