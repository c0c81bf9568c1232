//! The secret store.

mod format;
mod processes;
