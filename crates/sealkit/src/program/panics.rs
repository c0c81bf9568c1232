//! Messages of panics, which are printed before anybody can catch them.

use std::{borrow::Cow, io, panic, thread};

use crate::Session;

/// From now on, shows panics without the secrets that tasks of `session` have read.
pub(super) fn redact(session: &Session) {
    let (session, before) = (session.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        match session.guard().redact_text(message) {
            // The usual words, backtrace and all.
            Cow::Borrowed(_) => before(panic),
            Cow::Owned(redacted) => {
                let thread = thread::current();
                let name = thread.name().unwrap_or("<unnamed>");
                let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
                super::print(io::stderr().lock(), &format!("thread '{name}' panicked{place}:\n{redacted}\n"));
            }
        }
    }));
}
