//! The `sealkit` command: output, prompts, completion and files.

mod completion;
mod disk;
mod help;
mod key;
mod prompt;
mod secrets;
mod usage;
mod values;
