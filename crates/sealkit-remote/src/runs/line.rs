//! A line of a log.

use std::time::SystemTime;

use sealkit_idl::logs::LogLine;

use super::list::time;

/// A line of a log. The text may contain control characters.
#[derive(Clone, Debug)]
pub struct LoggedLine {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The time of the line.
    pub time: Option<SystemTime>,
    /// The text without a line break.
    pub text: String,
}

impl LoggedLine {
    pub(super) fn new(attempt: u32, line: LogLine) -> Self {
        let LogLine { timestamp, message: mut text, .. } = line;
        // Some servers keep the line break.
        if text.ends_with('\n') {
            text.pop();
        }
        Self { attempt, time: timestamp.and_then(time), text }
    }
}
