//! `core.Secret` and the security context that carries it.

/// A secret that a task asks for. The same message in Flyte 1 and Flyte 2.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Secret {
    /// The group; empty if there is none.
    #[prost(string, tag = "1")]
    pub group: String,
    /// The version of the group; empty if there is none.
    #[prost(string, tag = "2")]
    pub group_version: String,
    /// The name of the secret.
    #[prost(string, tag = "3")]
    pub key: String,
    /// How it is to be mounted.
    #[prost(enumeration = "MountType", tag = "4")]
    pub mount_requirement: i32,
    /// The environment variable it is wanted in; empty if the cluster decides.
    #[prost(string, tag = "5")]
    pub env_var: String,
}

/// How a secret is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MountType {
    /// The cluster decides.
    Any = 0,
    /// An environment variable.
    EnvVar = 1,
    /// A file.
    File = 2,
}

/// What a task is allowed to use.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SecurityContext {
    /// The secrets of the task.
    #[prost(message, repeated, tag = "2")]
    pub secrets: Vec<Secret>,
}
