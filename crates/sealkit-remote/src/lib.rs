//! A client of Flyte 2 and Union: their secrets, and runs of tasks on them.

mod auth;
mod config;
mod connection;
mod endpoint;
mod error;
#[cfg(test)]
mod fake;

pub use auth::{Notice, Notify};
pub use config::{Auth, ClientSecret, Config, Given, Tls};
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind, Result};
