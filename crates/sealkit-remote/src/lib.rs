//! A client of Flyte 2 and Union: their secrets, and runs of tasks on them.

mod error;

pub use error::{Error, ErrorKind, Result};
