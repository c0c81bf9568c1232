//! What secrets may be called, and where Flyte puts them.
//!
//! Every name in sealkit has its one owner here: the rules for keys, groups and environment variables
//! ([`rules`]), the variables and files in which Flyte 1 and Flyte 2 mount a secret ([`places`]), when two
//! requests would end up in the same place ([`clash`]), which request a read means ([`read`]), what a cluster
//! gets wrong ([`remote`]) and the variables by which a pod describes itself ([`variables`]). The macro asks these
//! functions at compile time, the runtime asks the same functions on every read, so both refuse with the same words.
//! How much of a machine a task may ask for ([`Resource`]) is written like a name, and judged here too.
//!
//! This crate knows no task and no secret value.

pub mod clash;
mod md5;
pub mod places;
mod quantity;
pub mod read;
pub mod remote;
mod request;
pub mod rules;
pub mod variables;
mod words;

pub use quantity::Resource;
pub use request::{MountType, Request};
pub use words::nearest;
