//! The `sealkit` command: messages, prompts, completion and what it leaves on the disk.

mod completion;
mod disk;
mod help;
mod key;
mod prompt;
mod secrets;
mod usage;
mod values;
