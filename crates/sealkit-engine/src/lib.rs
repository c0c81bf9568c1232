//! Runs tasks as pods on this machine: each in its own process, with its own secrets.
//!
//! [`find`] builds the program that is meant, and [`Program`] asks it for its tasks. [`Values`] are all the secrets that they ask
//! for, looked up before anything starts. An [`Engine`] starts a pod for the task, and one for every task that it calls: their
//! secrets go through a private socket or are files in a private directory in memory, what they print is redacted, and what they
//! leave behind is ended and removed.

#[cfg(not(target_os = "linux"))]
compile_error!("pods need Linux: their secrets are hidden from other processes in ways that only it has");

mod engine;
mod error;
mod mounts;
mod orphans;
mod output;
mod pod;
mod program;
mod run_directory;
mod screen;
mod slots;
mod target;
mod values;

pub use engine::{Engine, Event, Observer};
pub use error::{Error, Result};
pub use orphans::{adopt_orphans, end_orphans};
pub use pod::{Failed, Success, Surroundings};
pub use program::{Interface, Kind, Program, SecretRequest, Task};
pub use run_directory::sweep;
pub use target::{Build, find};
pub use values::{Lookup, Values};
