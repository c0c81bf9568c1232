//! The remote client against a control plane made of the official services.

mod auth;
mod backend;
mod bundles;
mod config;
mod deploy;
mod faults;
mod python;
mod runs;
mod secrets;
mod setup;
mod spec;
