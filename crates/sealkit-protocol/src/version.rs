//! The version of the protocol.

use prost::Message;
use sealkit_names::escape;

use crate::{Code, Problem};

/// The version of the protocol. Programs and commands with the same number understand each other.
///
/// A change that the other end could not read, or would misread, needs a new number. A new optional field does not.
pub const PROTOCOL: u32 = 4;

/// The version of sealkit.
pub const SEALKIT: &str = env!("CARGO_PKG_VERSION");

/// The first message of each end, or its first field. All versions of the protocol have it in this form.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Hello {
    /// The version of the protocol, at least 1.
    #[prost(uint32, tag = "1")]
    pub protocol: u32,
    /// The version of sealkit, for messages.
    #[prost(string, tag = "2")]
    pub sealkit: String,
}

impl Hello {
    /// Returns the message of this program or command.
    pub fn current() -> Self {
        Self { protocol: PROTOCOL, sealkit: SEALKIT.to_owned() }
    }

    /// Checks, in the command, that the program `name` has the same protocol.
    ///
    /// # Errors
    ///
    /// Returns a problem that says which one of the two to update.
    pub fn check_program(&self, name: &str) -> Result<(), Problem> {
        let program = format!("`{name}`");
        self.check(&program, self, &Self::current())
    }

    /// Checks, in the program, that the command has the same protocol.
    ///
    /// # Errors
    ///
    /// Returns a problem that says which one of the two to update.
    pub fn check_command(&self) -> Result<(), Problem> {
        self.check("this program", &Self::current(), self)
    }

    fn check(&self, name: &str, program: &Self, command: &Self) -> Result<(), Problem> {
        if self.protocol == PROTOCOL {
            return Ok(());
        }
        let message = format!(
            "{name} has sealkit {} (protocol {}), and the `sealkit` command is {} (protocol {}): they do not understand each other",
            escape(&program.sealkit),
            program.protocol,
            escape(&command.sealkit),
            command.protocol
        );
        let hint = if program.protocol < command.protocol {
            "update the program: cargo update -p sealkit, and build it again"
        } else {
            "update the command: install the `sealkit` command again"
        };
        Err(Problem::new(Code::Configuration, message).with_hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_which_end_to_update() {
        let other = |protocol| Hello { protocol, sealkit: "9.8.7".to_owned() };
        assert_eq!(Hello::current().check_program("demo"), Ok(()));
        assert_eq!(other(PROTOCOL).check_command(), Ok(()));
        let hint = |result: Result<(), Problem>| result.unwrap_err().hint.unwrap();
        let (newer, older) = (other(PROTOCOL + 1), other(PROTOCOL - 1));
        assert!(hint(newer.check_program("demo")).starts_with("update the command"));
        assert!(hint(older.check_program("demo")).starts_with("update the program"));
        assert!(hint(newer.check_command()).starts_with("update the program"));
        assert!(hint(older.check_command()).starts_with("update the command"));
        let message = other(PROTOCOL + 1).check_program("demo").unwrap_err().message;
        let newer = format!("sealkit 9.8.7 (protocol {})", PROTOCOL + 1);
        assert!(message.contains("`demo`") && message.contains(&newer), "{message}");
    }
}
