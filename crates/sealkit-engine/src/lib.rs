//! Runs tasks as pods on this machine: each in its own process, with its own secrets.
//!
//! A [`Program`](sealkit_program::Program) reads its tasks. [`Values`] holds all the secrets that the tasks request;
//! they are looked up before anything starts. An [`Engine`] starts one pod for the task and one for every task that it calls.
//! Secrets reach a pod through a private socket or as files in a private, in-memory directory. The output of pods is redacted,
//! and the processes and files that they leave behind are killed and removed. [`Isolation`] describes what other systems do not protect.

mod actions;
mod cache;
mod call;
mod directories;
mod engine;
mod event;
mod isolation;
mod mounts;
mod pod;
mod private_files;
mod problems;
mod process;
mod pty;
mod serve;
mod served;
mod signals;
mod slots;
mod start;
mod steps;
mod timeout;
mod timer;
mod values;
mod workers;

pub use cache::ResultCache;
pub use directories::remove_stale_run_directories;
pub use engine::Engine;
pub use event::{Event, Observer, call_label};
pub use isolation::Isolation;
pub use pod::{GRACE_PERIOD, PodOptions};
pub use sealkit_protocol::Retry;

pub use sealkit_process::{adopt_orphans, kill_orphans, protect_memory};
pub use sealkit_protocol::{Code, Problem, call::Success, exit::signal_name};
pub use values::{Found, Lookup, Values};
