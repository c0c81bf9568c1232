//! The workspace: dependencies, targets and examples.

mod documents;
mod examples;
mod layout;
