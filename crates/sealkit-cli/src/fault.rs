//! How a command ends that did not do what was asked.

use std::{error::Error as _, io, process::ExitCode};

use sealkit_store::{Error, ErrorKind};

use crate::terminal;

/// What went wrong and what to type next, never with a value.
#[derive(Debug)]
pub(crate) struct Fault {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Fault {
    /// It could not be done.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), hint: None }
    }

    /// The command line asks for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), hint: None }
    }

    /// Somebody has pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self { code: 130, message: "interrupted".to_owned(), hint: None }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.code == 130
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Tells it, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        terminal::error(&self.message);
        if let Some(hint) = &self.hint {
            terminal::hint(hint);
        }
        ExitCode::from(self.code)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        if source.is_some_and(|source| source.kind() == io::ErrorKind::Interrupted) {
            return Self::interrupted();
        }
        let code = if error.kind() == ErrorKind::InvalidName { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

#[cfg(target_os = "linux")]
impl From<sealkit_engine::Error> for Fault {
    fn from(error: sealkit_engine::Error) -> Self {
        let code = if error.is_usage() { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<sealkit_remote::Error> for Fault {
    fn from(error: sealkit_remote::Error) -> Self {
        let code = if error.kind() == sealkit_remote::ErrorKind::Config { 2 } else { 1 };
        Self { code, message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
