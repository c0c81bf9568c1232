//! The subset of Flyte's protobuf messages that sealkit uses, as hand-written [`prost`] structs.
//!
//! Names and field numbers are those of `flyteidl2` 2.0.53. There is one module per proto package. It contains only the messages
//! and fields that sealkit reads or writes; unknown fields are skipped when decoding. The numbers are the same in Flyte 1, and its
//! `LiteralMap` has the encoding of [`Inputs`](task::Inputs) and [`Outputs`](task::Outputs).

pub mod actions;
pub mod auth;
pub mod cluster;
pub mod common;
pub mod core;
pub mod dataproxy;
pub mod logs;
pub mod secret;
pub mod service;
pub mod task;
pub mod trigger;
pub mod workflow;

pub use prost;
pub use prost_types;
