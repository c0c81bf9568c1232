//! A writer that redacts.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{Guard, Redactor};

/// A writer that redacts what is written to it.
///
/// `flush` does not write buffered bytes that may be the beginning of a secret. [`RedactingWriter::finish`] and dropping
/// the writer do.
///
/// ```
/// use std::{io::Write, sync::Arc};
///
/// use sealkit_guard::{Guard, RedactingWriter};
///
/// let guard = Arc::new(Guard::new([("token", "k3Jq-71xT/w")]));
/// let mut file = Vec::new();
/// write!(RedactingWriter::new(&mut file, guard), "token {}", "k3Jq-71xT/w")?;
/// assert_eq!(file, b"token [REDACTED:token]");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct RedactingWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    out: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Creates a writer that redacts the secrets of `guard` and writes to `inner`.
    pub fn new(inner: W, guard: Arc<Guard>) -> Self {
        Self { inner, redactor: Redactor::new(guard), out: Vec::new() }
    }

    /// Replaces the guard, as [`Redactor::set_guard`] does.
    pub fn set_guard(&mut self, guard: Arc<Guard>) {
        self.redactor.set_guard(guard);
    }

    /// Writes the buffered bytes if there are at most two, as [`Redactor::release`] does.
    ///
    /// # Errors
    ///
    /// Returns the errors of the inner writer.
    pub fn release(&mut self) -> io::Result<()> {
        self.redactor.release(&mut self.out);
        self.write_out()
    }

    /// Writes the buffered bytes, as [`Redactor::finish`] does, and flushes the inner writer.
    ///
    /// # Errors
    ///
    /// Returns the errors of the inner writer.
    pub fn finish(&mut self) -> io::Result<()> {
        self.redactor.finish(&mut self.out);
        self.write_out()?;
        self.inner.flush()
    }

    fn write_out(&mut self) -> io::Result<()> {
        let written = self.inner.write_all(&self.out);
        self.out.clear();
        written
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.redactor.push(chunk, &mut self.out);
        self.write_out()?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // `drop` cannot return an error. Callers who need it call `finish`.
        let _ = self.finish();
    }
}
