//! Calls of tasks: a pod asks the controller to run a task, and receives its result.
//!
//! In a local run the controller is the command. The first message of a pod is [`ToController::Hello`].

use prost::{Message, Oneof};
use sealkit_idl::task::{Inputs, Outputs};

use crate::{Hello, Problem};

/// A message of a pod.
#[derive(Clone, PartialEq, Oneof)]
pub enum ToController {
    /// The first message.
    #[prost(message, tag = "1")]
    Hello(Hello),
    /// A call.
    #[prost(message, tag = "2")]
    Call(Call),
    /// The number of a call whose result is no longer needed.
    #[prost(uint64, tag = "3")]
    Cancel(u64),
}

/// A call of a task.
#[derive(Clone, PartialEq, Message)]
pub struct Call {
    /// The number that the pod gave the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The name of the task.
    #[prost(string, tag = "2")]
    pub task: String,
    /// The inputs.
    #[prost(message, required, tag = "3")]
    pub inputs: Inputs,
}

/// A message of the controller.
#[derive(Clone, PartialEq, Oneof)]
pub enum FromController {
    /// The task succeeded.
    #[prost(message, tag = "1")]
    Done(Done),
    /// The task failed, or could not be started.
    #[prost(message, tag = "2")]
    Failed(Failed),
}

/// The outputs of a task that succeeded.
#[derive(Clone, PartialEq, Message)]
pub struct Done {
    /// The number of the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The outputs.
    #[prost(message, required, tag = "2")]
    pub outputs: Outputs,
}

/// The problem of a task that failed.
#[derive(Clone, PartialEq, Message)]
pub struct Failed {
    /// The number of the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Why it failed.
    #[prost(message, required, tag = "2")]
    pub problem: Problem,
}

/// The frame of a message of a pod. A message of a later version may be unknown.
#[derive(Clone, PartialEq, Message)]
pub struct ToControllerFrame {
    /// The message.
    #[prost(oneof = "ToController", tags = "1, 2, 3")]
    pub message: Option<ToController>,
}

/// The frame of a message of the controller. A message of a later version may be unknown.
#[derive(Clone, PartialEq, Message)]
pub struct FromControllerFrame {
    /// The message.
    #[prost(oneof = "FromController", tags = "1, 2")]
    pub message: Option<FromController>,
}

impl From<ToController> for ToControllerFrame {
    fn from(message: ToController) -> Self {
        Self { message: Some(message) }
    }
}

impl From<FromController> for FromControllerFrame {
    fn from(message: FromController) -> Self {
        Self { message: Some(message) }
    }
}

impl FromController {
    /// Returns the message with the result of the call `id`.
    pub fn new(id: u64, result: Result<Outputs, Problem>) -> Self {
        match result {
            Ok(outputs) => Self::Done(Done { id, outputs }),
            Err(problem) => Self::Failed(Failed { id, problem }),
        }
    }

    /// Returns the number of the call and its result.
    pub fn into_result(self) -> (u64, Result<Outputs, Problem>) {
        match self {
            Self::Done(Done { id, outputs }) => (id, Ok(outputs)),
            Self::Failed(Failed { id, problem }) => (id, Err(problem)),
        }
    }
}
