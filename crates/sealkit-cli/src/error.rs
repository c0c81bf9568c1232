//! The error of a command.

use std::{error::Error as _, io, process::ExitCode};

use sealkit_engine::Problem;
use sealkit_store::{Error, ErrorKind};

use crate::terminal;

/// The error of a command: a message, a hint and an exit code. It never contains a value.
#[derive(Debug)]
pub(crate) struct CommandError {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl CommandError {
    /// Creates an error of a command that failed.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), hint: None }
    }

    /// Creates an error in the command line or the configuration.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), hint: None }
    }

    /// Creates the error of a command that was interrupted by Ctrl-C or a signal.
    pub(crate) fn interrupted() -> Self {
        Self { code: 130, message: "interrupted".to_owned(), hint: None }
    }

    /// Creates the error of a run that a signal has ended, perhaps at once. The exit code is that of shells, 128 and the number.
    pub(crate) fn terminated_by(signal: i32, at_once: bool) -> Self {
        let code = u8::try_from(signal).map_or(1, |signal| signal.saturating_add(128));
        let message = match sealkit_engine::signal_name(signal) {
            Some(name) if signal != 2 => format!("interrupted by {name}"),
            _ => "interrupted".to_owned(),
        };
        let killed = if at_once { ": the second signal killed the running tasks" } else { "" };
        Self { code, message: message + killed, hint: None }
    }

    /// Adds a hint, which says what to do next.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prefixes the message with the argument that the error is about.
    #[must_use]
    pub(crate) fn context(mut self, argument: &str) -> Self {
        self.message = format!("{argument}: {}", self.message);
        self
    }

    /// Returns whether the command was interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.code == 130
    }

    /// Returns the message without the hint.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the hint.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Prints the error as a warning, with its hint.
    pub(crate) fn warn(&self) {
        terminal::warning(self.message());
        if let Some(hint) = self.hint() {
            terminal::hint(hint);
        }
    }

    /// Returns the exit code of the command as a number.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Returns the exit code of the command.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        if source.is_some_and(|source| source.kind() == io::ErrorKind::Interrupted) {
            return Self::interrupted();
        }
        let code = if error.kind() == ErrorKind::InvalidName { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<sealkit_program::Error> for CommandError {
    fn from(error: sealkit_program::Error) -> Self {
        let code = if error.is_usage() { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

/// The message contains the causes.
impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self { code: 1, message: problem.to_string(), hint: problem.hint }
    }
}

impl From<sealkit_image::Error> for CommandError {
    fn from(error: sealkit_image::Error) -> Self {
        let code = if error.is_usage() { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<sealkit_remote::Error> for CommandError {
    fn from(error: sealkit_remote::Error) -> Self {
        let code = if error.kind() == sealkit_remote::ErrorKind::Config { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
