#![doc = include_str!("lib.md")]

mod allowance;
mod attempts;
mod cache;
mod call;
mod callee;
mod context;
mod controller;
mod description;
mod environment;
mod error;
mod error_codec;
mod executor;
mod file;
mod identity;
mod invoke;
mod known_secrets;
mod leaks;
#[doc(hidden)]
pub mod literal;
mod metadata;
mod private_file;
mod program;
mod provider;
mod registry;
mod resources;
mod retry_marks;
mod schedule;
mod secret;
mod secret_value;
mod secrets;
mod session;
mod spawn;
mod spec;
mod step;
mod storage;
mod task_error;
mod task_type;
pub mod testing;
#[cfg(feature = "tracing")]
pub mod tracing;
mod value;

// Declare.
pub use allowance::{AllowedPlace, AllowedSecret};
pub use cache::Cache;
pub use environment::Environment;
pub use metadata::{Interface, TaskKind, TaskMetadata};
pub use registry::tasks;
pub use resources::Resources;
pub use schedule::{Automation, Schedule};
#[doc = include_str!("task_type/derive.md")]
pub use sealkit_macros::TaskType;
#[doc = include_str!("task.md")]
pub use sealkit_macros::task;
#[doc = include_str!("workflow.md")]
pub use sealkit_macros::workflow;
pub use sealkit_names::backoff::Backoff;
pub use secret::{GuardMode, MountType, Secret};
pub use task_type::{EnumType, StructType, TaskType, Type, Variable};
pub use value::{Reference, Value, ValueError};

// Files.
pub use file::{AnyFormat, Dir, File, FileFormat, FileReader, FileWriter};

// Use.
pub use context::{Context, current_context};
pub use error::{Error, ErrorKind, Result};
pub use secret_value::{MAX_SECRET_BYTES, SecretBytes, SecretValue};
pub use secrets::Secrets;
#[cfg(feature = "tokio")]
pub use spawn::spawn;
pub use spawn::{InCurrentContext, in_current_context};
pub use step::{step, step_async};

// Guard.
#[doc(inline)]
pub use sealkit_guard as guard;

// Extend and run.
pub use program::main;
#[cfg(all(unix, feature = "store"))]
pub use provider::LocalStore;
pub use provider::{EnvironmentVariables, MountedDirectory, ProvidedValue, Provider};
pub use session::Session;

#[cfg(any(doc, doctest))]
pub mod _documentation;

/// Items for generated code. They are private and not stable.
#[doc(hidden)]
pub mod __private;

sealkit_process::before_main!(program::SUPERVISED);
