//! Builds programs with tasks, and asks them about their tasks.
//!
//! [`resolve_target`] builds the program of a source file or of a cargo target. A [`Program`] describes its tasks, parses their
//! inputs, and renders their outputs: the command starts the program for each question, and ends it when it has answered.

mod elf;
mod error;
mod platform;
mod program;
mod query;
mod target;
mod timeout;

pub use elf::check_static;
pub use error::{BUILD_AGAIN, Error, Result};
pub use platform::Platform;
pub use program::{Program, ReachableTasks};
pub use sealkit_idl::task::{Inputs, TaskSpec};
pub use sealkit_protocol::{
    Task,
    description::{SecretRequest, TaskKind},
};
pub use target::{BuildOptions, resolve_target};
pub use timeout::Timeout;
