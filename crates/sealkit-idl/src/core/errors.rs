//! `core.ErrorDocument`, which a failed task writes to `error.pb`, and `core.ExecutionError`, which the cluster returns.

/// The content of `error.pb`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ErrorDocument {
    /// The error.
    #[prost(message, optional, tag = "1")]
    pub error: Option<ContainerError>,
}

/// The error of a container.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ContainerError {
    /// The machine-readable error code.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The human-readable message.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Whether a retry can help.
    #[prost(enumeration = "ContainerErrorKind", tag = "3")]
    pub kind: i32,
    /// The origin of the error.
    #[prost(enumeration = "ErrorOrigin", tag = "4")]
    pub origin: i32,
}

/// The error of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExecutionError {
    /// The machine-readable error code.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The human-readable message.
    #[prost(string, tag = "2")]
    pub message: String,
    /// The origin of the error.
    #[prost(enumeration = "ErrorOrigin", tag = "4")]
    pub kind: i32,
}

/// `ContainerError.Kind`: whether a retry can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ContainerErrorKind {
    /// The action fails without further attempts.
    NonRecoverable = 0,
    /// The action is retried while attempts remain.
    Recoverable = 1,
}

/// `core.ExecutionError.ErrorKind`: the origin of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ErrorOrigin {
    /// Unknown.
    Unknown = 0,
    /// The task's own code.
    User = 1,
    /// The platform.
    System = 2,
}
