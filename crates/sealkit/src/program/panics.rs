//! Panics of tasks: the hook prints a message before anything can catch the panic, and the error of the task repeats it.

use std::{any::Any, borrow::Cow, io, panic, process, thread};

use sealkit_protocol::{Code, Problem};

use crate::Session;

/// How the panic of tokio begins if the system has no resources for one of its threads. It then waits forever for those that it has started.
const NO_WORKER: &str = "OS can't spawn worker thread";
/// The exit code of a Rust program that panics.
const EXIT_CODE: i32 = 101;

/// Installs a panic hook that redacts the secrets that tasks of `session` have read.
#[expect(clippy::exit, reason = "to unwind would take forever")]
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
        if message.starts_with(NO_WORKER) {
            process::exit(EXIT_CODE);
        }
    }));
}

/// Returns the problem of a task that panicked; its message is repeated.
pub(super) fn panicked(task: &str, panic: &(dyn Any + Send)) -> Problem {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let problem = Problem::new(Code::Other, format!("task `{task}` panicked: {text}"));
    // The messages of tokio, if a blocking task runs on a thread of a runtime.
    let is_blocking =
        ["within a runtime", "context where blocking is not allowed"].iter().any(|part| text.contains(part));
    if is_blocking {
        return problem.with_hint(
            "make the task async, or call it with `tokio::task::spawn_blocking`; `sealkit run` gives it a process of its own",
        );
    }
    problem
}
