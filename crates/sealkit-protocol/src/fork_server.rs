//! Messages between the `sealkit` command and the fork server of a program.
//!
//! A fork takes a fraction of the time in which a program starts. So a program that the command starts for a run forks a server before its
//! `main`: a process that has only the variables that all pods have, and no secrets. The server has a socket of its own, on which it
//! receives a byte for each process to fork, with the standard input, output and error of the process, and answers with the number of the
//! process. The process itself reads its arguments and its environment from its standard input, and then its secrets: the server receives
//! none of them.

use std::fmt;

use prost::Message;

use crate::Hello;

/// What a forked process would have been started with. It is the first message that the process reads.
///
/// The program that forks the server reads one, too: it was started with the environment of pods, and receives its own.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct Start {
    /// The version of the command. A program that takes this message for a [`Query`](crate::Query) answers with its own version.
    #[prost(message, required, tag = "1")]
    pub hello: Hello,
    /// The arguments, without the name of the program.
    #[prost(bytes = "vec", repeated, tag = "14")]
    pub arguments: Vec<Vec<u8>>,
    /// The environment, as `NAME=VALUE`.
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub environment: Vec<Vec<u8>>,
}

/// Shows the arguments, never the environment.
impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<_> =
            self.arguments.iter().map(|argument| argument.escape_ascii().to_string()).collect();
        f.debug_struct("Start")
            .field("hello", &self.hello)
            .field("arguments", &arguments)
            .finish_non_exhaustive()
    }
}

/// The answer of the server to each byte: the process ID of the new process, or a negative error number.
pub type Forked = i32;
