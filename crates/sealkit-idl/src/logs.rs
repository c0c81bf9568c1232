//! Package `flyteidl2.logs.dataplane`: what pods print.

use prost_types::Timestamp;

/// A line that a pod has printed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogLine {
    /// When.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Timestamp>,
    /// What.
    #[prost(string, tag = "2")]
    pub message: String,
    /// Who.
    #[prost(enumeration = "LogLineOriginator", tag = "3")]
    pub originator: i32,
}

/// Who has printed a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LogLineOriginator {
    /// Nobody knows.
    Unknown = 0,
    /// The task.
    User = 1,
    /// The platform.
    System = 2,
}
