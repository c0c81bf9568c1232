//! Cargo's messages on standard error.
//!
//! Cargo writes to a pipe, even if standard error is a terminal: so nothing appears if there is nothing to build, not even that the
//! build is finished.

use std::{
    env,
    io::{self, IsTerminal as _, Read, Write},
    process::Command,
};

use rustix::termios::tcgetwinsize;

/// The status lines of work that the user waits for.
const WORK: [&str; 6] = ["Updating", "Locking", "Downloading", "Downloaded", "Compiling", "Building"];
/// The status lines that also appear if there is nothing to build: at the end, and beside another cargo.
const HIDDEN: [&str; 2] = ["Finished", "Blocking"];
/// The escape sequence that erases the progress bar.
const CLEAR: &[u8] = b"\x1b[K";
/// The width of a terminal that does not tell it.
const DEFAULT_WIDTH: u16 = 80;

/// Makes cargo show colors and its progress bar, as it does on a terminal, if standard error is one. The settings of the user take
/// precedence.
pub(super) fn show_on_terminal(command: &mut Command) {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_dumb || !io::stderr().is_terminal() {
        return;
    }
    if !is_set("CARGO_TERM_COLOR") && !is_set("NO_COLOR") {
        command.env("CARGO_TERM_COLOR", "always");
    }
    if !is_set("CARGO_TERM_PROGRESS_WHEN") && !is_set("CI") {
        let columns = tcgetwinsize(io::stderr()).map(|size| size.ws_col).ok();
        let columns = columns.filter(|columns| *columns > 0).unwrap_or(DEFAULT_WIDTH);
        command.env("CARGO_TERM_PROGRESS_WHEN", "always");
        command.env("CARGO_TERM_PROGRESS_WIDTH", columns.to_string());
    }
}

/// Forwards cargo's messages, apart from those that say nothing about the program; `notify` is called before the first one about work.
///
/// Returns the messages if there was no work. They are errors, or warnings of an earlier build, which cargo repeats.
pub(super) fn forward(mut cargo: impl Read, stderr: &mut impl Write, notify: &dyn Fn()) -> Vec<u8> {
    let (mut buffer, mut line, mut before_work) = (vec![0; 16 * 1024], Vec::new(), Some(Vec::new()));
    while let Ok(length) = cargo.read(&mut buffer)
        && length > 0
    {
        for part in buffer[..length].split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            line.extend_from_slice(part);
            // The progress bar ends with a carriage return.
            if part.ends_with(b"\n") || part.ends_with(b"\r") {
                write(&line, stderr, &mut before_work, notify);
                line.clear();
            }
        }
    }
    write(&line, stderr, &mut before_work, notify);
    before_work.unwrap_or_default()
}

fn write(line: &[u8], stderr: &mut impl Write, before_work: &mut Option<Vec<u8>>, notify: &dyn Fn()) {
    let text = without_styles(&String::from_utf8_lossy(line));
    // Cargo aligns the verb of a status line to the right, in twelve columns.
    let verb = text.get(..12).filter(|_| text.starts_with(' ')).map(str::trim).unwrap_or_default();
    let line = match HIDDEN.contains(&verb) {
        true if line.starts_with(CLEAR) => CLEAR,
        true => return,
        false => line,
    };
    if WORK.contains(&verb)
        && let Some(before) = before_work.take()
    {
        notify();
        let _ = stderr.write_all(&before);
    }
    match before_work {
        Some(before) => before.extend_from_slice(line),
        // The reader may have closed the pipe.
        None => drop(stderr.write_all(line).and_then(|()| stderr.flush())),
    }
}

/// Removes escape sequences: `ESC [`, parameters and a letter.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Returns what is forwarded of `stderr`, and how often the start of a build is announced.
    fn forwarded(stderr: &str) -> (String, u32) {
        let (mut output, count) = (Vec::new(), Cell::new(0));
        let held = forward(stderr.as_bytes(), &mut output, &|| count.set(count.get() + 1));
        assert!(count.get() == 0 || held.is_empty());
        (String::from_utf8(output).unwrap(), count.get())
    }

    #[test]
    fn a_build_without_work_prints_nothing() {
        let finished = "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.05s\n";
        assert_eq!(forwarded(finished), (String::new(), 0));
        let blocking = "    Blocking waiting for file lock on package cache\n";
        assert_eq!(forwarded(blocking), (String::new(), 0));
        let styled =
            "\x1b[1m\x1b[92m    Finished\x1b[0m `dev` profile [unoptimized + debuginfo] target(s) in 0.05s\n";
        assert_eq!(forwarded(styled), (String::new(), 0));
    }

    #[test]
    fn the_status_lines_of_a_build_are_forwarded_after_one_announcement() {
        let compiled = "   Compiling libc v0.2.0\n   Compiling demo v0.1.0 (/demo)\n";
        let finished = "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.05s\n";
        assert_eq!(forwarded(&format!("{compiled}{finished}")), (compiled.to_owned(), 1));
    }

    #[test]
    fn a_progress_bar_is_forwarded_and_cleared() {
        let bar = "\x1b[K\x1b[1m\x1b[36m    Building\x1b[0m [==>   ] 1/2: demo\r";
        let end = "\x1b[K\x1b[1m\x1b[32m    Finished\x1b[0m `dev` profile\n";
        assert_eq!(forwarded(&format!("{bar}{end}")), (format!("{bar}\x1b[K"), 1));
    }

    #[test]
    fn warnings_and_incomplete_lines_are_forwarded_if_there_is_work() {
        let warning = "warning: unused import\n --> a.rs:1:5\nerror: no end of line";
        let compiled = format!("warning: a manifest\n   Compiling demo v0.1.0 (/demo)\n{warning}");
        assert_eq!(forwarded(&compiled), (compiled.clone(), 1));
        assert_eq!(forwarded(warning), (String::new(), 0));
        assert_eq!(forward(warning.as_bytes(), &mut Vec::new(), &|| ()), warning.as_bytes());
    }
}
