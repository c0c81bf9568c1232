//! Redacted logs for [`tracing-subscriber`](tracing_subscriber).
//!
//! [`RedactedLog`] wraps the writer of a subscriber and redacts the secrets that tasks have read. It belongs to a
//! [`Session`], which must be the session of the program.
//!
//! # Examples
//!
//! A complete program:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use sealkit::{Session, current_context, task, tracing::RedactedLog};
//!
//! #[task(secret_requests = [Secret(key = "token")])]
//! fn connect() -> sealkit::Result<()> {
//!     let token = current_context().secrets().get("token")?;
//!     tracing::info!("connecting as {}", token.expose()); // logs: connecting as [REDACTED:token]
//!     Ok(())
//! }
//!
//! fn main() -> ExitCode {
//!     let session = Session::new();
//!     tracing_subscriber::fmt().with_writer(RedactedLog::new(&session, std::io::stderr)).init();
//!     session.main()
//! }
//! ```
//!
//! The same in a test, with a writer that keeps the lines:
//!
//! ```
//! use std::{
//!     io::{self, Write},
//!     sync::{Arc, Mutex},
//! };
//!
//! use sealkit::{current_context, task, testing::TestSecrets, tracing::RedactedLog};
//! use tracing_subscriber::util::SubscriberInitExt as _;
//!
//! #[derive(Clone, Default)]
//! struct Lines(Arc<Mutex<Vec<u8>>>);
//!
//! impl Write for Lines {
//!     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
//!         self.0.lock().unwrap().write(bytes)
//!     }
//!
//!     fn flush(&mut self) -> io::Result<()> {
//!         Ok(())
//!     }
//! }
//!
//! #[task(secret_requests = [Secret(key = "token")])]
//! fn connect() -> sealkit::Result<()> {
//!     let token = current_context().secrets().get("token")?;
//!     tracing::info!("connecting as {}", token.expose());
//!     Ok(())
//! }
//!
//! let session = TestSecrets::new().with("token", "k3Jq-71xT/w").session();
//! let lines = Lines::default();
//! let writer = { let lines = lines.clone(); move || lines.clone() };
//! let subscriber =
//!     tracing_subscriber::fmt().with_writer(RedactedLog::new(&session, writer)).with_ansi(false).finish();
//! let _default = subscriber.set_default();
//! session.run(connect)?;
//!
//! let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
//! assert!(lines.ends_with("connecting as [REDACTED:token]\n"));
//! # Ok::<(), sealkit::Error>(())
//! ```

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use sealkit_guard::{Guard, RedactingWriter};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::Session;

/// A [`MakeWriter`] that redacts the secrets that tasks of a session have read.
///
/// Each event is redacted as a whole, on every thread: message, fields and names of spans. It finds secrets in the
/// encodings that [`guard`](crate::guard) lists, and keeps these encodings in memory until it is dropped.
///
/// See the [module documentation](self) for a complete program.
pub struct RedactedLog<M> {
    session: Session,
    inner: M,
    /// The guard and the number of secrets it was built from.
    current: Mutex<(usize, Arc<Guard>)>,
}

impl<M> RedactedLog<M> {
    /// Creates a redacted log for the tasks of `session`. `inner` makes the writers, such as `std::io::stderr`.
    pub fn new(session: &Session, inner: M) -> Self {
        Self { session: session.clone(), inner, current: Mutex::default() }
    }

    fn guard(&self) -> Arc<Guard> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.session.known_secrets().count();
        if current.0 != count {
            *current = (count, Arc::new(self.session.guard()));
        }
        current.1.clone()
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactedLog<M>
where
    M::Writer: io::Write,
{
    type Writer = RedactingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactingWriter::new(self.inner.make_writer(), self.guard())
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        RedactingWriter::new(self.inner.make_writer_for(event), self.guard())
    }
}

impl<M> fmt::Debug for RedactedLog<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactedLog").field("session", &self.session).finish_non_exhaustive()
    }
}
