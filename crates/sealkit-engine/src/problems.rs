//! Problems of pods that the engine finds.

use std::io;

use sealkit_protocol::{Code, Problem};

pub(crate) fn problem(code: Code, error: &sealkit_program::Error) -> Problem {
    Problem::new(code, error.to_string()).with_optional_hint(error.hint())
}

pub(crate) fn io_problem(message: String, error: io::Error) -> Problem {
    problem(Code::Io, &sealkit_program::Error::io(message, error)).not_retryable()
}

pub(crate) fn cancelled(task: &str) -> Problem {
    Problem::new(Code::Cancelled, format!("task `{task}` was cancelled"))
}

/// The problem of a pod for which the system has no descriptors, processes or threads.
pub(crate) fn exhausted(task: &str, error: io::Error) -> Problem {
    io_problem(format!("cannot start the pod of task `{task}`"), error)
        .with_hint("raise the limits: see `ulimit -n` and `ulimit -u`")
}
