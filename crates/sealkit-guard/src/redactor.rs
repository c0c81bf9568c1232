//! Redaction of streams, whose chunks may split a secret anywhere.

mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::{fmt, sync::Arc};

pub(crate) use self::state::{End, State};
pub use self::writer::RedactingWriter;
use crate::Guard;

/// Redacts a stream of bytes that arrives in chunks of any size.
///
/// The output does not depend on how the stream is split into chunks. Bytes are buffered only while they may be the
/// beginning of a secret, so ordinary lines and prompts are passed on at once. The stream need not be UTF-8.
///
/// ```
/// use std::sync::Arc;
///
/// use sealkit_guard::{Guard, Redactor};
///
/// let mut redactor = Redactor::new(Arc::new(Guard::new([("token", "k3Jq-71xT/w")])));
/// let mut out = Vec::new();
/// redactor.push(b"token k3Jq-", &mut out);
/// assert_eq!(out, b"token ");
/// redactor.push(b"71xT/w!", &mut out);
/// redactor.finish(&mut out);
/// assert_eq!(out, b"token [REDACTED:token]!");
/// ```
pub struct Redactor {
    guard: Arc<Guard>,
    state: State,
}

impl Redactor {
    /// Creates a redactor for the secrets of `guard`.
    pub fn new(guard: Arc<Guard>) -> Self {
        Self { guard, state: State::default() }
    }

    /// Replaces the guard. Buffered bytes are searched again.
    pub fn set_guard(&mut self, guard: Arc<Guard>) {
        self.guard = guard;
    }

    /// Redacts `chunk` and appends to `out` all bytes that cannot be the beginning of a secret.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.state.advance(&self.guard, chunk, End::Open, out);
    }

    /// Returns the number of buffered bytes.
    pub fn buffered(&self) -> usize {
        self.state.buffered()
    }

    /// Appends the buffered bytes to `out` if they are at most the first two of a secret.
    ///
    /// Call this when the stream has been idle for about 50 milliseconds, so that a prompt is complete. If the released
    /// bytes turn out to be the beginning of a secret, the rest of the secret is still redacted. However often this is called, at most
    /// two bytes of a secret are written.
    pub fn release(&mut self, out: &mut Vec<u8>) {
        self.state.release(&self.guard, out);
    }

    /// Ends the stream: redacts the buffered bytes and appends them to `out`. The beginning of a secret, of three bytes or more, is
    /// redacted too: the stream may have been cut off.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.state.advance(&self.guard, b"", End::Cut, out);
        self.state = State::default();
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("guard", &self.guard)
            .field("buffered", &self.buffered())
            .finish_non_exhaustive()
    }
}
