//! Makes container images of programs with tasks, and pushes them to registries, without Docker.
//!
//! An [`Image`] has one layer, with a static program and the certificates that it trusts. The same program makes the same image.
//! [`push`] sends it over the protocol of the OCI distribution specification, with the credentials in Docker's configuration
//! ([`DockerConfig`]). No error and no [`Debug`](std::fmt::Debug) output contains credentials.

mod authenticate;
mod certificates;
mod challenge;
mod credential_helper;
mod credentials;
mod digest;
mod docker_config;
mod error;
mod event;
mod image;
mod layer;
mod push;
mod reference;
mod registry;
mod response;
mod retry;

pub use credentials::Credentials;
pub use digest::Digest;
pub use docker_config::DockerConfig;
pub use error::{Error, Result};
pub use event::Event;
pub use image::Image;
pub use push::{Pushed, push};
pub use reference::Reference;
