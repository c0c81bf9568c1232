//! Logs without secrets, for [`tracing-subscriber`](tracing_subscriber).
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use sealkit::{current_context, task, testing::TestSecrets, tracing::RedactedLog};
//!
//! #[task(secret_requests = [Secret(key = "token")])]
//! fn connect() -> sealkit::Result<()> {
//!     let token = current_context().secrets().get("token")?;
//!     tracing::info!("connecting as {}", token.expose());
//!     Ok(())
//! }
//!
//! let session = TestSecrets::new().with("token", "k3Jq-71xT/w").session();
//! # let lines = Arc::new(Mutex::new(Vec::new()));
//! # struct Lines(Arc<Mutex<Vec<u8>>>);
//! # impl std::io::Write for Lines {
//! #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.0.lock().unwrap().write(bytes) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let stderr = { let lines = lines.clone(); move || Lines(lines.clone()) };
//! let subscriber = tracing_subscriber::fmt()
//!     .with_writer(RedactedLog::new(&session, stderr))     // usually `std::io::stderr`
//! #   .with_ansi(false)
//!     .finish();
//! tracing::subscriber::with_default(subscriber, || session.run(connect))?;
//! # let lines = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
//! assert!(lines.ends_with("connecting as [REDACTED:token]\n"));
//! # Ok::<(), sealkit::Error>(())
//! ```
//!
//! In a program, the session is the one whose [`main`](crate::Session::main) is called.

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use sealkit_guard::{Guard, RedactingWriter};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::Session;

/// Makes writers that redact the secrets that tasks of a session have read, on whatever thread an event happens.
///
/// An event is redacted as a whole: message, fields and the names of spans. Secrets are found in the forms that
/// [`guard`](crate::guard) lists. As long as this is there, it keeps them in memory, in all these forms.
pub struct RedactedLog<M> {
    session: Session,
    inner: M,
    /// The guard, and how many secrets it knows.
    current: Mutex<(usize, Arc<Guard>)>,
}

impl<M> RedactedLog<M> {
    /// Writes to the writers that `inner` makes, such as `std::io::stderr`.
    pub fn new(session: &Session, inner: M) -> Self {
        Self { session: session.clone(), inner, current: Mutex::default() }
    }

    fn guard(&self) -> Arc<Guard> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.session.given().count();
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
