//! Redacting a stream whose chunks may cut a secret anywhere.

mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::{fmt, sync::Arc};

pub(crate) use self::state::State;
pub use self::writer::RedactingWriter;
use crate::Guard;

/// Redacts what passes through it, in chunks of any size.
///
/// What comes out does not depend on how the text is cut. A byte is held back only while it may be the beginning of a
/// secret, so ordinary lines and prompts come out at once. Bytes go in and bytes come out, text or not.
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
    /// Redacts the secrets of `guard`.
    pub fn new(guard: Arc<Guard>) -> Self {
        Self { guard, state: State::default() }
    }

    /// Redacts other secrets from now on; what is held back is looked at again.
    pub fn set_guard(&mut self, guard: Arc<Guard>) {
        self.guard = guard;
    }

    /// Takes `chunk`, and adds to `out` what is safe to show.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.state.advance(&self.guard, chunk, false, out);
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.state.held()
    }

    /// Shows what is held back, if it is no more than two bytes, but remembers it.
    ///
    /// For whoever waits: call it when nothing has come for, say, 50 milliseconds. If those two bytes were the beginning of a
    /// secret after all, the rest of it is still redacted.
    pub fn release(&mut self, out: &mut Vec<u8>) {
        self.state.release(&self.guard, out);
    }

    /// Adds to `out` what was held back: nothing more comes.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.state.advance(&self.guard, b"", true, out);
        self.state = State::default();
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("guard", &self.guard)
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}
