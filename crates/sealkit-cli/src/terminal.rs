//! What is printed, and what kind of thing it is printed to.

use std::io::{self, Write};

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use rustix::termios::{isatty, tcgetwinsize};

use crate::fault::Fault;

pub(crate) fn error(message: &str) {
    say(AnsiColor::Red.on_default().bold(), "error", message);
}

pub(crate) fn warning(message: &str) {
    say(AnsiColor::Yellow.on_default().bold(), "warning", message);
}

pub(crate) fn note(message: &str) {
    say(AnsiColor::Cyan.on_default().bold(), "note", message);
}

pub(crate) fn hint(message: &str) {
    say(AnsiColor::Green.on_default().bold(), "hint", message);
}

/// Says that something was done.
pub(crate) fn done(message: &str) {
    // Whoever reads it may stop reading; that is no failure of ours. So it is everywhere here.
    let _ = writeln!(AutoStream::auto(io::stderr()), "{message}");
}

/// Shows a line that a task has printed elsewhere.
pub(crate) fn printed(task: &str, line: &str) {
    let dim = Style::new().dimmed();
    let _ = writeln!(AutoStream::auto(io::stderr()), "{dim}{task} |{dim:#} {line}");
}

fn say(style: Style, word: &str, message: &str) {
    let _ = writeln!(AutoStream::auto(io::stderr()), "{style}{word}:{style:#} {message}");
}

/// Writes data to standard output.
pub(crate) fn data(text: &str) -> Result<(), Fault> {
    let mut output = AutoStream::auto(io::stdout());
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fault::failure(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Whether a person sees what goes to standard error.
pub(crate) fn errors_are_seen() -> bool {
    isatty(rustix::stdio::stderr())
}

/// Whether a person types what comes from standard input.
pub(crate) fn input_is_typed() -> bool {
    isatty(rustix::stdio::stdin())
}

/// The columns of standard output, if it is a terminal.
pub(crate) fn width() -> Option<usize> {
    let stdout = rustix::stdio::stdout();
    if !isatty(stdout) {
        return None;
    }
    tcgetwinsize(stdout).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
