//! Builds programs, and reads the descriptions of their tasks.
//!
//! [`resolve_target`] builds the program of a source file or of a cargo target. A [`Program`] describes its tasks, parses their
//! inputs, and renders their outputs: one process of the program answers the questions. On Linux it also forks a server, which forks the
//! pods of a run.
//! [`create_package`] creates a new package.

mod cargo;
mod deadline;
mod elf;
mod error;
mod fork_server;
mod new_package;
mod platform;
mod program;
mod query;
mod script;
mod sealkit_source;
mod target;
mod triggers;

pub use cargo::BuildOptions;
pub use elf::check_static;
pub use error::{BUILD_AGAIN, Error, Result};
pub use fork_server::{Variables, send_files, start_message};
pub use new_package::create_package;
pub use platform::Platform;
pub use program::{Program, ReachableTasks};
pub use sealkit_idl::task::{Inputs, TaskSpec};
pub use sealkit_protocol::{
    Task,
    description::{SecretRequest, TaskKind},
};
pub use target::resolve_target;
pub use triggers::triggers;
