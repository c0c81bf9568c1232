//! The part of Flyte's wire format that sealkit speaks, as hand-written [`prost`] structs.
//!
//! Names and field numbers are those of `flyteidl2` 2.0.53, one module per proto package. Only the messages
//! and fields that sealkit reads or writes are here; unknown fields are skipped when decoding.
//! Flyte 1 has the same numbers: `Inputs` and `Outputs` are its `LiteralMap` byte for byte.

pub mod actions;
pub mod auth;
pub mod cluster;
pub mod common;
pub mod core;
pub mod dataproxy;
pub mod engine;
pub mod logs;
pub mod secret;
pub mod service;
pub mod task;
pub mod workflow;

pub use prost;
pub use prost_types;
