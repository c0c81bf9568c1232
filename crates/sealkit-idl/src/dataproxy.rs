//! Package `flyteidl2.dataproxy`: the inputs, outputs and logs of actions.

use crate::{
    common::ActionIdentifier,
    logs::LogLine,
    task::{Inputs, Outputs},
};

/// The request for the inputs and outputs of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetActionDataRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// The inputs and outputs of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetActionDataResponse {
    /// The inputs.
    #[prost(message, optional, tag = "1")]
    pub inputs: Option<Inputs>,
    /// The outputs.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<Outputs>,
}

/// The request to follow the logs of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TailLogsRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// The number of the attempt, starting at 1.
    #[prost(uint32, tag = "2")]
    pub attempt: u32,
}

/// New log lines of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TailLogsResponse {
    /// The lines, by container.
    #[prost(message, repeated, tag = "1")]
    pub logs: Vec<Logs>,
}

/// Log lines of one container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Logs {
    /// The lines.
    #[prost(message, repeated, tag = "1")]
    pub lines: Vec<LogLine>,
}
