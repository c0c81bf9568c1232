//! Runs tasks as pods on this machine: each in its own process, with its own secrets.
//!
//! [`resolve_target`] builds the program, and [`Program`] reads its tasks. [`Values`] holds all the secrets that the tasks request;
//! they are looked up before anything starts. An [`Engine`] starts one pod for the task and one for every task that it calls.
//! Secrets reach a pod through a private socket or as files in a private, in-memory directory. The output of pods is redacted,
//! and the processes and files that they leave behind are killed and removed.

#[cfg(not(target_os = "linux"))]
compile_error!("pods need Linux: only Linux can hide their secrets from other processes of the same user");

mod engine;
mod error;
mod event;
mod mounts;
mod orphans;
mod output;
mod pod;
mod program;
mod pty;
mod query;
mod run_directory;
mod serve;
mod slots;
mod target;
mod timeout;
mod values;

pub use engine::Engine;
pub use error::{Error, Result};
pub use event::{Event, Observer};
pub use orphans::{adopt_orphans, kill_orphans};
pub use pod::{PodOptions, Success};
pub use program::{Program, ReachableTasks};
pub use run_directory::remove_stale_run_directories;
pub use sealkit_idl::task::{Inputs, TaskSpec};
pub use sealkit_protocol::{
    Code, Problem, Task,
    description::{SecretRequest, TaskKind},
};
pub use target::{BuildOptions, resolve_target};
pub use values::{Lookup, Values};
