//! The panic hook, which prints a message before anything can catch the panic.

use std::{borrow::Cow, io, panic, thread};

use crate::Session;

/// Installs a panic hook that redacts the secrets that tasks of `session` have read.
pub(super) fn redact(session: &Session) {
    let (session, previous) = (session.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        match session.guard().redact_text(message) {
            // Without a secret, the previous hook prints the usual message and backtrace.
            Cow::Borrowed(_) => previous(panic),
            Cow::Owned(redacted) => {
                let thread = thread::current();
                let name = thread.name().unwrap_or("<unnamed>");
                let location = panic.location().map(|location| format!(" at {location}")).unwrap_or_default();
                let text = format!("thread '{name}' panicked{location}:\n{redacted}\n");
                super::print(io::stderr().lock(), &text);
            }
        }
    }));
}
