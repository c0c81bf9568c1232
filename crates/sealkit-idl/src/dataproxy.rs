//! Package `flyteidl2.dataproxy`: inputs, outputs and logs of actions.

use crate::{
    common::ActionIdentifier,
    logs::LogLine,
    task::{Inputs, Outputs},
};

/// Asks for the inputs and outputs of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetActionDataRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// The inputs and outputs of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetActionDataResponse {
    /// What it was given.
    #[prost(message, optional, tag = "1")]
    pub inputs: Option<Inputs>,
    /// What it has returned.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<Outputs>,
}

/// Asks for what an action prints, as it does.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TailLogsRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// Which try of it, from 1.
    #[prost(uint32, tag = "2")]
    pub attempt: u32,
}

/// Some of what an action has printed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TailLogsResponse {
    /// Pod by pod.
    #[prost(message, repeated, tag = "1")]
    pub logs: Vec<Logs>,
}

/// Lines of one container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Logs {
    /// They.
    #[prost(message, repeated, tag = "1")]
    pub lines: Vec<LogLine>,
}
