//! `core.ErrorDocument`, what a failed task writes to `error.pb`, and `core.ExecutionError`, what the cluster makes of it.

/// The content of `error.pb`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ErrorDocument {
    /// The error.
    #[prost(message, optional, tag = "1")]
    pub error: Option<ContainerError>,
}

/// Why a container's task failed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ContainerError {
    /// A short word for programs.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The text for people.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Whether trying again may help.
    #[prost(enumeration = "ContainerErrorKind", tag = "3")]
    pub kind: i32,
    /// Whose fault it is.
    #[prost(enumeration = "ErrorOrigin", tag = "4")]
    pub origin: i32,
}

/// Why an action has failed, as the cluster tells it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExecutionError {
    /// A short word for programs.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The text for people.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Whose fault it is.
    #[prost(enumeration = "ErrorOrigin", tag = "4")]
    pub kind: i32,
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ContainerErrorKind {
    /// It will not: the action fails for good.
    NonRecoverable = 0,
    /// It may: the action is tried again while attempts remain.
    Recoverable = 1,
}

/// `core.ExecutionError.ErrorKind`: whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ErrorOrigin {
    /// Nobody knows.
    Unknown = 0,
    /// The task's own code.
    User = 1,
    /// The platform.
    System = 2,
}
