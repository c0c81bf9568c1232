//! Package `flyteidl2.logs.dataplane`: log lines of pods.

use prost_types::Timestamp;

/// A log line.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogLine {
    /// The time.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Timestamp>,
    /// The text.
    #[prost(string, tag = "2")]
    pub message: String,
    /// The originator.
    #[prost(enumeration = "LogLineOriginator", tag = "3")]
    pub originator: i32,
}

/// The originator of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LogLineOriginator {
    /// Unknown.
    Unknown = 0,
    /// The task.
    User = 1,
    /// The platform.
    System = 2,
}
