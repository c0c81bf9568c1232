//! A client of Flyte 2 and Union: their secrets, and runs of tasks on them.
//!
//! [`Config`] is read where the official tools have it written down, and a [`Client`] speaks gRPC with the cluster that it names. It
//! talks to people through [`Notify`] only, and prints nothing. Values and tokens are in no error and no [`Debug`](std::fmt::Debug)
//! form; what is held here is wiped, though not the buffers of the connection.

mod actions;
mod auth;
mod client;
mod config;
mod connection;
mod destination;
mod digest;
mod endpoint;
mod error;
#[cfg(test)]
mod fake;
mod refused;
mod route;
mod runs;
mod secrets;

pub use actions::{Actions, Child};
pub use auth::{Notice, Notify};
pub use client::Client;
pub use config::{Auth, ClientSecret, Config, Given, Tls};
pub use destination::Destination;
pub use digest::digest;
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind, Result, harmless};
pub use runs::{Ending, Event, RunId};
pub use sealkit_names::Resource;
pub use secrets::{NewSecret, Payload, Presence, Scope, SecretId, SecretInfo, SecretType};
