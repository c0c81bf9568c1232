//! The `sealkit` command: messages, prompts, completion and what it leaves on the disk.

mod completion;
mod disk;
mod prompt;
mod secrets;
