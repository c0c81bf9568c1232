//! Warnings about a run that cannot be followed completely.

use sealkit_remote::Error;

use crate::terminal;

pub(super) fn connection_lost() {
    terminal::note("the connection was lost, reconnecting");
}

/// Warns that the log of an action cannot be read.
pub(super) fn log_unavailable(label: &str, error: &Error) {
    terminal::warning(&format!("cannot read the log of `{label}`: {error}"));
}

/// Warns that the tasks that the run calls cannot be watched.
pub(super) fn children_unavailable(error: &Error) {
    terminal::warning(&format!("cannot watch the tasks that the run calls: {error}"));
}
