//! The workspace: dependencies, targets and examples.

mod examples;
mod layout;
