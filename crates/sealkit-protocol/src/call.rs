//! The conversation of a pod with its controller: the pod asks for the results of other tasks, and at the end sends its own.
//!
//! In a local run the controller is the command. It sends the inputs of the pod's task, as `task.Inputs`, after the secrets. The first
//! message of a pod is [`ToController::Hello`], the last one is [`ToController::Answer`].

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
    /// The result of the pod's own task. It comes through the socket, because other processes of the same user could write a file.
    #[prost(message, tag = "4")]
    Answer(TaskAnswer),
    /// A step: the pod asks for its result, or records it.
    #[prost(message, tag = "5")]
    Step(Step),
}

/// A step of the task of a pod. The response is [`Done`], with the recorded result if there is one.
#[derive(Clone, PartialEq, Message)]
pub struct Step {
    /// The number that the pod gave the question, as for a call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The name of the step, which is unique in the call.
    #[prost(string, tag = "2")]
    pub name: String,
    /// The result to record. Without one, the pod asks for it.
    #[prost(message, optional, tag = "3")]
    pub result: Option<Outputs>,
}

/// The result of the task of a pod.
#[derive(Clone, PartialEq, Message)]
pub struct TaskAnswer {
    /// The result.
    #[prost(oneof = "TaskResult", tags = "1, 2")]
    pub result: Option<TaskResult>,
}

/// The result of the task of a pod.
#[derive(Clone, PartialEq, Oneof)]
pub enum TaskResult {
    /// The task succeeded.
    #[prost(message, tag = "1")]
    Succeeded(Success),
    /// The task failed.
    #[prost(message, tag = "2")]
    Failed(Problem),
}

/// The outputs of a task that succeeded, for Flyte and for people.
#[derive(Clone, PartialEq, Message)]
pub struct Success {
    /// The outputs as Flyte's message.
    #[prost(message, required, tag = "1")]
    pub outputs: Outputs,
    /// The output as one line of JSON.
    #[prost(string, tag = "2")]
    pub json: String,
}

impl From<Result<Success, Problem>> for TaskAnswer {
    fn from(result: Result<Success, Problem>) -> Self {
        Self { result: Some(result.map_or_else(TaskResult::Failed, TaskResult::Succeeded)) }
    }
}

impl TaskAnswer {
    /// Returns the result; `None` if it is of a kind that a later version knows.
    pub fn into_result(self) -> Option<Result<Success, Problem>> {
        self.result.map(|result| match result {
            TaskResult::Succeeded(success) => Ok(success),
            TaskResult::Failed(problem) => Err(problem),
        })
    }
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
    #[prost(oneof = "ToController", tags = "1, 2, 3, 4, 5")]
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
