#![doc = include_str!("lib.md")]

mod check;
mod forms;
mod guard;
mod redactor;
mod scanner;
mod strength;
mod wiped;

pub use check::Sighting;
pub use forms::Form;
pub use guard::Guard;
pub use redactor::{RedactingWriter, Redactor};
pub use strength::{Strength, Weakness};
