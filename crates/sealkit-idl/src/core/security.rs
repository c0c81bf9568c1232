//! `core.Secret` and `core.SecurityContext`.

/// A secret that a task requests. Flyte 1 and Flyte 2 use the same message.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Secret {
    /// The group. Empty if there is none.
    #[prost(string, tag = "1")]
    pub group: String,
    /// The version of the group. Empty if there is none.
    #[prost(string, tag = "2")]
    pub group_version: String,
    /// The key.
    #[prost(string, tag = "3")]
    pub key: String,
    /// The requested mount type.
    #[prost(enumeration = "MountType", tag = "4")]
    pub mount_requirement: i32,
    /// The environment variable that holds the secret or the path of its file. Empty if the cluster chooses it.
    #[prost(string, tag = "5")]
    pub env_var: String,
}

/// How a secret is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MountType {
    /// The cluster chooses the mount type.
    Any = 0,
    /// The secret is an environment variable.
    EnvVar = 1,
    /// The secret is a file.
    File = 2,
}

/// The permissions of a task.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SecurityContext {
    /// The identity that the pod runs as.
    #[prost(message, optional, tag = "1")]
    pub run_as: Option<Identity>,
    /// The secrets, in the order of the task.
    #[prost(message, repeated, tag = "2")]
    pub secrets: Vec<Secret>,
}

/// `core.Identity`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Identity {
    /// The service account of Kubernetes.
    #[prost(string, tag = "2")]
    pub k8s_service_account: String,
}
