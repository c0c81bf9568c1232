//! What happens during a push.

use std::time::Duration;

use crate::error::Error;

/// An event during a push.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A part of a blob was sent.
    Uploading {
        /// The bytes that are sent so far.
        sent: u64,
        /// The size of the blob.
        total: u64,
    },
    /// The registry failed, and is asked again after a delay.
    Retrying {
        /// The error of the registry.
        error: &'a Error,
        /// The delay.
        delay: Duration,
    },
}
