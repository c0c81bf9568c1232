//! The problem of a pod whose process ended without an answer.

use std::time::Duration;

use crate::{Code, Problem};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// A signal with this number terminated it.
    Signal(i32),
}

impl Exit {
    /// Returns the problem of a pod of `task` that ended like this, without an answer.
    pub fn problem(self, task: &str) -> Problem {
        let reason = match self {
            Self::Code(0) => "exited without returning a result".to_owned(),
            Self::Code(code) => format!("exited with code {code} before it returned a result"),
            Self::Signal(9) => "was killed (SIGKILL), possibly because it ran out of memory".to_owned(),
            Self::Signal(number) => match signal_name(number) {
                Some(name) => format!("was terminated by {name}"),
                None => format!("was terminated by signal {number}"),
            },
        };
        Problem::new(Code::Ended, format!("task `{task}` {reason}"))
    }
}

/// Returns the problem of a pod of `task` that was terminated at its timeout.
pub fn timed_out(task: &str, timeout: Duration) -> Problem {
    Problem::new(Code::Timeout, format!("task `{task}` timed out after {timeout:?}"))
}

/// Returns the problem of a task whose attempts took longer than `deadline` together.
pub fn deadline_exceeded(task: &str, deadline: Duration) -> Problem {
    let message = format!("task `{task}` exceeded its deadline of {deadline:?}");
    Problem::new(Code::Timeout, message).not_retryable()
}

/// Returns the name of a signal that terminates or stops processes.
pub fn signal_name(number: i32) -> Option<&'static str> {
    // The numbers that all Unix systems share, and those that differ.
    const LINUX: bool = cfg!(any(target_os = "linux", target_os = "android"));
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        21 => "SIGTTIN",
        22 => "SIGTTOU",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        7 if LINUX => "SIGBUS",
        10 if LINUX => "SIGUSR1",
        12 if LINUX => "SIGUSR2",
        19 if LINUX => "SIGSTOP",
        20 if LINUX => "SIGTSTP",
        31 if LINUX => "SIGSYS",
        10 => "SIGBUS",
        12 => "SIGSYS",
        17 => "SIGSTOP",
        18 => "SIGTSTP",
        30 => "SIGUSR1",
        31 => "SIGUSR2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problem_says_how_the_process_ended_and_a_retry_may_help() {
        let message = |exit: Exit| exit.problem("t1").message;
        assert_eq!(message(Exit::Code(3)), "task `t1` exited with code 3 before it returned a result");
        assert_eq!(message(Exit::Code(0)), "task `t1` exited without returning a result");
        assert_eq!(message(Exit::Signal(11)), "task `t1` was terminated by SIGSEGV");
        assert_eq!(message(Exit::Signal(64)), "task `t1` was terminated by signal 64");
        assert!(message(Exit::Signal(9)).contains("out of memory"));
        assert!(Exit::Code(1).problem("t1").retryable && timed_out("t1", Duration::from_secs(4)).retryable);
    }
}
