//! The guide: one chapter per topic.
//!
//! | chapter | answers |
//! |---|---|
//! | [`secrets`] | How does a task declare a secret, and how does it read it? |
//! | [`lookup`] | In which environment variables, files and stores is a secret looked up, and in which order? |
//! | [`tasks`] | What can a task take and return? What do `retries`, `timeout` and `calls` do? |
//! | [`files`] | How do tasks pass files and directories to each other? |
//! | [`local_runs`] | What does `sealkit run` do, and what is in the process of a task? |
//! | [`clusters`] | How does a program run on Flyte 2 or Union? |
//! | [`redaction`] | Which leaks are refused or redacted, and which are not? |
//! | [`testing`] | How does a test give a task its secrets? |
//! | [`extending`] | How does a program read secrets from a vault, or redact its own text? |
//! | [`teams`] | How do colleagues, CI jobs and containers get the secrets? |
//! | [`cookbook`] | Which complete programs can I copy? |

#[doc = include_str!("_documentation/clusters.md")]
pub mod clusters {}
#[doc = include_str!("_documentation/cookbook.md")]
pub mod cookbook {}
#[doc = include_str!("_documentation/extending.md")]
pub mod extending {}
#[doc = include_str!("_documentation/files.md")]
pub mod files {}
#[doc = include_str!("_documentation/local_runs.md")]
pub mod local_runs {}
#[doc = include_str!("_documentation/lookup.md")]
pub mod lookup {}
#[doc = include_str!("_documentation/redaction.md")]
pub mod redaction {}
#[doc = include_str!("_documentation/secrets.md")]
pub mod secrets {}
#[doc = include_str!("_documentation/tasks.md")]
pub mod tasks {}
#[doc = include_str!("_documentation/teams.md")]
pub mod teams {}
#[doc = include_str!("_documentation/testing.md")]
pub mod testing {}
