//! `sealkit run`: tasks as processes on this machine.

#![cfg(target_os = "linux")]

mod cached;
mod cached_files;
mod errors;
mod files;
mod fork_server;
mod history;
mod inputs;
mod isolation;
mod lookup;
mod machines;
mod output;
mod pictures;
mod preflight;
mod private_files;
mod process_isolation;
mod protocol;
mod runs;
mod settings;
mod slots;
mod spawned;
mod terminal;

use support::runs::Runs;

/// A home directory with the secrets of the tasks of `pods`.
fn home() -> Runs {
    Runs::new(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_pods")).unwrap()
}

/// The same, without secrets.
fn without_secrets() -> Runs {
    Runs::without_secrets(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_pods")).unwrap()
}
