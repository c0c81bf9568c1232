//! The secret store.

mod file_systems;
mod format;
mod processes;
mod transfer;
