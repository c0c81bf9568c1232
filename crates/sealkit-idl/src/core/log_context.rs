//! `core.LogContext`: the pods of an attempt and their containers.

use prost_types::Timestamp;

/// The pods of an attempt.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogContext {
    /// The pods.
    #[prost(message, repeated, tag = "1")]
    pub pods: Vec<PodLogContext>,
    /// The name of the pod that runs the task.
    #[prost(string, tag = "2")]
    pub primary_pod_name: String,
}

/// A pod.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PodLogContext {
    /// The name.
    #[prost(string, tag = "2")]
    pub pod_name: String,
    /// The containers.
    #[prost(message, repeated, tag = "3")]
    pub containers: Vec<ContainerContext>,
    /// The name of the container that runs the task.
    #[prost(string, tag = "4")]
    pub primary_container_name: String,
}

/// A container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ContainerContext {
    /// The name.
    #[prost(string, tag = "1")]
    pub container_name: String,
    /// The process.
    #[prost(message, optional, tag = "2")]
    pub process: Option<ProcessContext>,
}

/// The process of a container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ProcessContext {
    /// The time of the start.
    #[prost(message, optional, tag = "1")]
    pub container_start_time: Option<Timestamp>,
    /// The time of the end.
    #[prost(message, optional, tag = "2")]
    pub container_end_time: Option<Timestamp>,
}

impl LogContext {
    /// Returns the start time of the container that runs the task.
    pub fn started(&self) -> Option<&Timestamp> {
        let pod = self.pods.iter().find(|pod| pod.pod_name == self.primary_pod_name)?;
        let container = pod.containers.iter().find(|one| one.container_name == pod.primary_container_name)?;
        container.process.as_ref()?.container_start_time.as_ref()
    }
}
