//! Standard output, standard error and their properties as terminals.
//!
//! Errors of writing to standard error are ignored: there is no other place to report them.

use std::io::{self, Write};

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use rustix::termios::{isatty, tcgetwinsize};
use sealkit_remote::sanitize;
use serde::Serialize;

use crate::error::CommandError;

pub(crate) fn error(message: &str) {
    print_labelled(AnsiColor::Red.on_default().bold(), "error", message);
}

pub(crate) fn warning(message: &str) {
    print_labelled(AnsiColor::Yellow.on_default().bold(), "warning", message);
}

pub(crate) fn note(message: &str) {
    print_labelled(AnsiColor::Cyan.on_default().bold(), "note", message);
}

pub(crate) fn hint(message: &str) {
    print_labelled(AnsiColor::Green.on_default().bold(), "hint", message);
}

/// Prints a status message to standard error.
pub(crate) fn status(message: &str) {
    let _ = writeln!(AutoStream::auto(io::stderr()), "{}", sanitize_lines(message));
}

/// Prints a line of the log of a task to standard error.
pub(crate) fn log_line(task: &str, line: &str) {
    let dim = Style::new().dimmed();
    let _ = writeln!(AutoStream::auto(io::stderr()), "{dim}{task} |{dim:#} {line}");
}

fn print_labelled(style: Style, label: &str, message: &str) {
    let _ = writeln!(AutoStream::auto(io::stderr()), "{style}{label}:{style:#} {}", sanitize_lines(message));
}

/// Escapes control characters, which names of files and tasks may contain.
fn sanitize_lines(message: &str) -> String {
    message.split('\n').map(sanitize).collect::<Vec<_>>().join("\n")
}

/// Prints data to standard output as JSON.
pub(crate) fn print_json(data: &impl Serialize) -> Result<(), CommandError> {
    let json = serde_json::to_string_pretty(data);
    print(&(json.map_err(|error| CommandError::failure(error.to_string()))? + "\n"))
}

/// Prints data to standard output. A closed pipe is not an error.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    print_unless_closed(text).map(|_| ())
}

/// Prints data to standard output. Returns whether the reader has closed it.
pub(crate) fn print_unless_closed(text: &str) -> Result<bool, CommandError> {
    let mut output = AutoStream::auto(io::stdout());
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(CommandError::failure(format!(
            "cannot write to standard output: {}",
            sealkit_names::io_reason(&error)
        ))),
    }
}

/// Returns whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    isatty(rustix::stdio::stderr())
}

/// Returns whether standard input is a terminal.
pub(crate) fn stdin_is_terminal() -> bool {
    isatty(rustix::stdio::stdin())
}

/// Returns the width of standard output in columns if it is a terminal.
pub(crate) fn width() -> Option<usize> {
    let stdout = rustix::stdio::stdout();
    if !isatty(stdout) {
        return None;
    }
    tcgetwinsize(stdout).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
