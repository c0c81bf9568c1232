#![doc = include_str!("lib.md")]

mod alphanumeric;
mod check;
mod classes;
mod encoding;
mod guard;
mod keys;
mod leaves;
mod patterns;
mod redactor;
mod scanner;
mod search;
mod stream;
mod strength;
mod views;
mod zeroizing;

pub use check::Finding;
pub use encoding::Encoding;
pub use guard::Guard;
pub use redactor::{RedactingWriter, Redactor};
pub use sealkit_names::GuardMode;
pub use stream::StreamSearch;
pub use strength::{Strength, Weakness};
