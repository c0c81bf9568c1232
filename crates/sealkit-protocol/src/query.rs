//! Questions of the command about the tasks of a program, and the answers.
//!
//! They go through the socket, not through standard output: a program may print whatever it likes before it calls `sealkit::main()`.

use prost::{Message, Oneof};
use sealkit_idl::task::{Inputs, Outputs, TaskSpec};

use crate::{Hello, Problem};

/// The argument that starts a program to answer a query: `PROGRAM answer`.
pub const COMMAND: &str = "answer";

/// A question.
#[derive(Clone, PartialEq, Message)]
pub struct Query {
    /// The version of the command.
    #[prost(message, required, tag = "1")]
    pub hello: Hello,
    /// The question. A question of a later version may be unknown.
    #[prost(oneof = "Question", tags = "2, 3, 4, 5, 6, 7, 8")]
    pub question: Option<Question>,
}

/// What the command asks.
#[derive(Clone, PartialEq, Oneof)]
pub enum Question {
    /// For the description of all tasks, as JSON: [`Reply::Description`].
    #[prost(message, tag = "2")]
    Describe(()),
    /// For the description of one task, or of all if the name is empty, as text: [`Reply::Text`].
    #[prost(string, tag = "3")]
    List(String),
    /// For the help of a task: [`Reply::Text`].
    #[prost(message, tag = "4")]
    Help(Help),
    /// For the inputs of a task from command-line arguments: [`Reply::Inputs`].
    #[prost(message, tag = "5")]
    Inputs(InputArguments),
    /// For the output of a task as one line of JSON: [`Reply::Text`].
    #[prost(message, tag = "6")]
    Output(TaskOutputs),
    /// For the specification of a task for a cluster, without an image: [`Reply::Spec`].
    #[prost(string, tag = "7")]
    Spec(String),
    /// For secrets that the command does not have: [`Reply::Secrets`].
    #[prost(message, tag = "8")]
    Secrets(SecretNames),
}

/// Secrets that tasks of the program request.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SecretNames {
    /// Their names.
    #[prost(message, repeated, tag = "1")]
    pub names: Vec<SecretName>,
    /// Whether the run can do without them: a provider that fails counts as one that does not have the secret.
    #[prost(bool, tag = "2")]
    pub optional: bool,
}

/// The name of a secret.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SecretName {
    /// The group.
    #[prost(string, optional, tag = "1")]
    pub group: Option<String>,
    /// The key.
    #[prost(string, tag = "2")]
    pub key: String,
}

/// The task whose help is asked for.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Help {
    /// The name of the task.
    #[prost(string, tag = "1")]
    pub task: String,
    /// The command that runs it, such as `sealkit run PROGRAM`.
    #[prost(string, tag = "2")]
    pub command: String,
}

/// Inputs on a command line.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct InputArguments {
    /// The name of the task.
    #[prost(string, tag = "1")]
    pub task: String,
    /// The arguments after the name of the task: `--NAME VALUE` or `--NAME=VALUE`. They need not be UTF-8.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub arguments: Vec<Vec<u8>>,
    /// The command that runs it, such as `sealkit run PROGRAM`.
    #[prost(string, tag = "3")]
    pub command: String,
}

/// The outputs of a task.
#[derive(Clone, PartialEq, Message)]
pub struct TaskOutputs {
    /// The name of the task.
    #[prost(string, tag = "1")]
    pub task: String,
    /// The outputs.
    #[prost(message, required, tag = "2")]
    pub outputs: Outputs,
}

/// An answer.
#[derive(Clone, PartialEq, Message)]
pub struct Answer {
    /// The version of the program.
    #[prost(message, required, tag = "1")]
    pub hello: Hello,
    /// The reply. It is absent if the program does not understand the command, which the versions explain.
    #[prost(oneof = "Reply", tags = "2, 3, 4, 5, 6, 7")]
    pub reply: Option<Reply>,
}

/// What the program replies.
#[derive(Clone, PartialEq, Oneof)]
pub enum Reply {
    /// The program cannot answer.
    #[prost(message, tag = "2")]
    Problem(Problem),
    /// The tasks, as a JSON array of [`Task`](crate::Task).
    #[prost(string, tag = "3")]
    Description(String),
    /// A text for people.
    #[prost(string, tag = "4")]
    Text(String),
    /// The inputs of a task.
    #[prost(message, tag = "5")]
    Inputs(Inputs),
    /// The specification of a task.
    #[prost(message, boxed, tag = "6")]
    Spec(Box<TaskSpec>),
    /// The secrets that were found. They follow as [`mounts::send`](crate::mounts::send) sends them, each with its index in the
    /// question as its name.
    #[prost(message, tag = "7")]
    Secrets(()),
}

impl Query {
    /// Creates a query of this command.
    pub fn new(question: Question) -> Self {
        Self { hello: Hello::current(), question: Some(question) }
    }
}

impl Answer {
    /// Creates an answer of this program.
    pub fn new(reply: Option<Reply>) -> Self {
        Self { hello: Hello::current(), reply }
    }
}
