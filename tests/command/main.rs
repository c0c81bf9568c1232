//! The `sealkit` command: output, prompts, completion and files.

mod completion;
mod disk;
mod help;
mod key;
mod names;
mod prompt;
#[cfg(target_os = "linux")]
mod script;
mod secrets;
mod usage;
mod values;

use support::Home;

/// An empty home directory.
fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}
