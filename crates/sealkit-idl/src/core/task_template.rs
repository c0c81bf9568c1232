//! `core.TaskTemplate`: how a cluster runs a task.

use prost_types::Duration;

use super::{SecurityContext, TypedInterface};

/// How a cluster runs a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskTemplate {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<Identifier>,
    /// The task type, which selects a plugin of the cluster. Unknown types run as a pod.
    #[prost(string, tag = "2")]
    pub r#type: String,
    /// The metadata.
    #[prost(message, optional, tag = "3")]
    pub metadata: Option<TaskMetadata>,
    /// The inputs and outputs.
    #[prost(message, optional, tag = "4")]
    pub interface: Option<TypedInterface>,
    /// The target.
    #[prost(oneof = "TaskTarget", tags = "6")]
    pub target: Option<TaskTarget>,
    /// The security context.
    #[prost(message, optional, tag = "8")]
    pub security_context: Option<SecurityContext>,
    /// The kind of its accelerator.
    #[prost(message, optional, tag = "9")]
    pub extended_resources: Option<ExtendedResources>,
}

/// The target that a task runs in.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum TaskTarget {
    /// A container.
    #[prost(message, tag = "6")]
    Container(Container),
}

/// The identifier of a registered resource.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Identifier {
    /// The type of the resource.
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

/// The type of a registered resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ResourceType {
    /// Unspecified.
    Unspecified = 0,
    /// A task.
    Task = 1,
}

/// The metadata of a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskMetadata {
    /// Whether results are cached.
    #[prost(bool, tag = "1")]
    pub discoverable: bool,
    /// The SDK that created the task.
    #[prost(message, optional, tag = "2")]
    pub runtime: Option<RuntimeMetadata>,
    /// The timeout of an attempt.
    #[prost(message, optional, tag = "4")]
    pub timeout: Option<Duration>,
    /// The retry strategy.
    #[prost(message, optional, tag = "5")]
    pub retries: Option<RetryStrategy>,
    /// The version of cached results.
    #[prost(string, tag = "6")]
    pub discovery_version: String,
    /// Whether the task may run on preemptible machines. `None` lets the cluster decide.
    #[prost(bool, optional, tag = "8")]
    pub interruptible: Option<bool>,
    /// Whether a call waits for an equal one that is running, to use its result.
    #[prost(bool, tag = "9")]
    pub cache_serializable: bool,
    /// The inputs that do not matter for cached results.
    #[prost(string, repeated, tag = "13")]
    pub cache_ignore_input_vars: Vec<String>,
    /// The URI of the code bundle that the pods download.
    #[prost(string, tag = "21")]
    pub code_bundle_uri: String,
    /// The timeouts besides that of an attempt.
    #[prost(message, optional, tag = "22")]
    pub timeouts: Option<Timeouts>,
    /// How long a cached result is used.
    #[prost(message, optional, tag = "24")]
    pub cache_max_age: Option<Duration>,
}

/// The timeouts of a task besides that of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Timeouts {
    /// The timeout of the wait in the queue.
    #[prost(message, optional, tag = "1")]
    pub max_queued_time: Option<Duration>,
    /// The timeout of all attempts together.
    #[prost(message, optional, tag = "2")]
    pub deadline: Option<Duration>,
}

/// The SDK that created a task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RuntimeMetadata {
    /// The type of the SDK.
    #[prost(enumeration = "RuntimeType", tag = "1")]
    pub r#type: i32,
    /// The version of the SDK.
    #[prost(string, tag = "2")]
    pub version: String,
    /// The language of the SDK.
    #[prost(string, tag = "3")]
    pub flavor: String,
}

/// The type of an SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RuntimeType {
    /// Any other.
    Other = 0,
    /// An SDK for Flyte.
    FlyteSdk = 1,
}

/// The retry strategy of a task.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RetryStrategy {
    /// The number of retries.
    #[prost(uint32, tag = "5")]
    pub retries: u32,
    /// The delays between attempts.
    #[prost(message, optional, tag = "6")]
    pub backoff: Option<Backoff>,
}

/// The delays between the attempts of a task.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Backoff {
    /// The delay before the first retry.
    #[prost(message, optional, tag = "1")]
    pub base: Option<Duration>,
    /// The factor by which each delay grows.
    #[prost(double, tag = "2")]
    pub factor: f64,
    /// The longest delay.
    #[prost(message, optional, tag = "3")]
    pub cap: Option<Duration>,
}

/// A container.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Container {
    /// The image.
    #[prost(string, tag = "1")]
    pub image: String,
    /// The arguments, which follow the entry point of the image.
    #[prost(string, repeated, tag = "3")]
    pub args: Vec<String>,
    /// The resources.
    #[prost(message, optional, tag = "4")]
    pub resources: Option<Resources>,
    /// The environment variables.
    #[prost(message, repeated, tag = "5")]
    pub env: Vec<KeyValuePair>,
}

/// An environment variable.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct KeyValuePair {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// The resources of a container.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Resources {
    /// The minimum of each resource.
    #[prost(message, repeated, tag = "1")]
    pub requests: Vec<ResourceEntry>,
    /// The maximum of each resource.
    #[prost(message, repeated, tag = "2")]
    pub limits: Vec<ResourceEntry>,
}

/// An amount of a resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ResourceEntry {
    /// The resource.
    #[prost(enumeration = "ResourceName", tag = "1")]
    pub name: i32,
    /// The amount as a Kubernetes quantity, such as `500m` or `2Gi`.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A resource of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ResourceName {
    /// Unknown.
    Unknown = 0,
    /// Processors.
    Cpu = 1,
    /// Graphics processors.
    Gpu = 2,
    /// Memory.
    Memory = 3,
    /// Persistent storage.
    Storage = 4,
    /// Ephemeral storage.
    EphemeralStorage = 5,
}

impl ResourceName {
    /// Returns the resource that the official SDK calls `cpu`, `memory`, `gpu` or `disk`, or `Unknown`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "cpu" => Self::Cpu,
            "memory" => Self::Memory,
            "gpu" => Self::Gpu,
            "disk" => Self::EphemeralStorage,
            _ => Self::Unknown,
        }
    }
}

/// `core.ExtendedResources`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExtendedResources {
    /// The kind of the accelerator.
    #[prost(message, optional, tag = "1")]
    pub gpu_accelerator: Option<GpuAccelerator>,
}

/// `core.GPUAccelerator`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GpuAccelerator {
    /// The device, such as `nvidia-tesla-a100`.
    #[prost(string, tag = "1")]
    pub device: String,
    /// The partition, such as `1g.5gb`.
    #[prost(string, optional, tag = "3")]
    pub partition_size: Option<String>,
    /// The class of the device: 0 NVIDIA, 1 Google TPU, 2 Amazon Neuron, 3 AMD, 4 Habana Gaudi.
    #[prost(int32, tag = "4")]
    pub device_class: i32,
}

impl GpuAccelerator {
    /// Returns a device, or a partition of one.
    pub fn new(device: &str, partition: Option<&str>, class: i32) -> Self {
        Self { device: device.to_owned(), partition_size: partition.map(str::to_owned), device_class: class }
    }
}

impl TaskTemplate {
    /// Sets the amount of a resource of the container. Without a limit, the backend uses the request as the limit. A kind of accelerator
    /// belongs to the amount of GPUs.
    pub fn set_resource(
        &mut self,
        name: ResourceName,
        request: &str,
        limit: Option<&str>,
        accelerator: Option<GpuAccelerator>,
    ) {
        let Some(TaskTarget::Container(container)) = &mut self.target else { return };
        let resources = container.resources.get_or_insert_default();
        let entry = |value: &str| ResourceEntry { name: name.into(), value: value.to_owned() };
        for (entries, value) in [(&mut resources.requests, Some(request)), (&mut resources.limits, limit)] {
            entries.retain(|entry| entry.name != i32::from(name));
            entries.extend(value.map(entry));
        }
        if name == ResourceName::Gpu {
            self.extended_resources =
                accelerator.map(|accelerator| ExtendedResources { gpu_accelerator: Some(accelerator) });
        }
    }
}
