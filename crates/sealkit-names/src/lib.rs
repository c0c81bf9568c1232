//! Names of secrets, and the places where Flyte mounts them.
//!
//! | module | contents |
//! |---|---|
//! | [`rules`] | which keys, groups, environment variables and task names are valid |
//! | [`lookup`] | the environment variables and files in which Flyte 1 and Flyte 2 mount a secret |
//! | [`collision`] | pairs of requests that would be mounted in the same place |
//! | [`read`] | which request a read refers to |
//! | [`incompatibility`] | valid requests that a cluster does not mount correctly |
//! | [`deployed`] | how a task that is deployed on a cluster is written |
//! | [`backoff`] | how long a task waits before a retry |
//! | [`capacity`] | how large a secret can be in a pod |
//! | [`expansion`] | which texts Kubernetes replaces, and how to escape them |
//! | [`schedule`] | which times a task can be scheduled at |
//! | [`variables`] | the environment variables that Flyte and sealkit define |
//!
//! The macro applies these rules at compile time and the runtime applies them again, so both report the same
//! messages. The names and quantities of [`Resource`]s are checked here too.
//!
//! This crate never stores secret values.

mod accelerator;
pub mod backoff;
pub mod capacity;
pub mod collision;
mod const_text;
pub mod deployed;
pub mod expansion;
mod guard_mode;
pub mod incompatibility;
pub mod lookup;
mod md5;
mod quantity;
pub mod read;
mod request;
pub mod rules;
pub mod schedule;
mod text;
mod typo;
pub mod variables;

pub use accelerator::{ACCELERATORS, Accelerator};
pub use const_text::ConstText;
pub use guard_mode::GuardMode;
pub use md5::{hex as md5_hex, hex_of as md5_hex_of};
pub use quantity::{Amount, Resource};
pub use request::{MountType, Request};
pub use text::{escape, first_paragraph, io_reason, is_white_space, quoted_list};
pub use typo::{closest, nearest, typos};
