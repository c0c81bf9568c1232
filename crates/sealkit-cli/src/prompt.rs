//! Prompts: for values, without echo, and for confirmation.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{Mode, OFlags},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use sealkit_names::rules::VALUE_MAX;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{error::CommandError, terminal};

/// The time within which the rest of a paste arrives.
const PASTE_TIMEOUT: Duration = Duration::from_millis(30);

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BACKSPACES: [u8; 2] = [0x08, 0x7f];

/// Prompts for one line without echo and returns it without the line break.
///
/// # Errors
///
/// Returns an error if the input ends, has more than one line, contains a control key or is not UTF-8; or after Ctrl-C.
pub(crate) fn hidden(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    let mut terminal = HiddenInput::open().map_err(|error| terminal_error(&error))?;
    terminal.write(prompt).map_err(|error| terminal_error(&error))?;
    let line = terminal.read_line();
    // The line break that the user typed was not echoed.
    let _ = terminal.write("\n");
    line
}

/// Prompts for a new passphrase, twice. The error for different ones says what has not happened.
///
/// # Errors
///
/// Returns the errors of [`hidden`], and one if the passphrases differ.
pub(crate) fn new_passphrase(unchanged: &str) -> Result<Zeroizing<String>, CommandError> {
    let passphrase = hidden("Enter new passphrase: ")?;
    let repeated = hidden("Repeat new passphrase: ")?;
    if *passphrase != *repeated {
        return Err(CommandError::failure(format!("the passphrases differ; {unchanged}")));
    }
    Ok(passphrase)
}

/// Checks that the user can be asked for confirmation; `hint` says how to continue otherwise.
///
/// # Errors
///
/// Returns an error if standard input is not a terminal.
pub(crate) fn require_terminal(hint: impl Into<String>) -> Result<(), CommandError> {
    if terminal::stdin_is_terminal() {
        return Ok(());
    }
    Err(CommandError::usage("cannot ask for confirmation: standard input is not a terminal").with_hint(hint))
}

/// Asks a question, with echo, and returns whether the answer is `y` or `yes`.
///
/// # Errors
///
/// Returns an error if there is no terminal.
pub(crate) fn confirm(question: &str) -> Result<bool, CommandError> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
    let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty());
    let mut terminal = File::from(terminal.map_err(|error| terminal_error(&error.into()))?);
    terminal.write_all(format!("{question} [y/N] ").as_bytes()).map_err(|error| terminal_error(&error))?;
    let mut answer = [0; 64];
    let length = terminal.read(&mut answer).map_err(|error| terminal_error(&error))?;
    let answer = str::from_utf8(&answer[..length]).unwrap_or_default().trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

/// The terminal without echo, until this is dropped.
struct HiddenInput {
    terminal: File,
    original: Termios,
    /// Becomes readable on a signal; its default action would end the process without restoring the echo.
    signal: UnixStream,
    handlers: Vec<signal_hook::SigId>,
}

impl HiddenInput {
    fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
        let terminal = File::from(rustix::fs::open("/dev/tty", flags, Mode::empty())?);
        let (signal, sender) = UnixStream::pair()?;
        let mut handlers = Vec::new();
        for number in [SIGHUP, SIGINT, SIGTERM] {
            handlers.push(signal_hook::low_level::pipe::register(number, sender.try_clone()?)?);
        }
        let original = tcgetattr(&terminal)?;
        let input = Self { terminal, original, signal, handlers };
        let mut modes = input.original.clone();
        // In canonical mode, the kernel truncates long lines; with signals, Ctrl-C ends the process without the echo.
        modes
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&input.terminal, OptionalActions::Flush, &modes)?;
        Ok(input)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.terminal.write_all(text.as_bytes())
    }

    fn read_line(&mut self) -> Result<Zeroizing<String>, CommandError> {
        // The full capacity, as growing would leave copies of the value in memory.
        let mut line = Zeroizing::new(Vec::with_capacity(VALUE_MAX + 1));
        let mut typed = Zeroizing::new([0_u8; 4096]);
        loop {
            let typed = self.read(&mut typed[..])?;
            for (at, byte) in typed.iter().enumerate() {
                match *byte {
                    b'\n' | b'\r' => {
                        if at + 1 < typed.len() || self.is_readable_soon()? {
                            return Err(CommandError::failure(
                                "more than one line was pasted; nothing was stored",
                            )
                            .with_hint("read values with several lines from a file: -f PATH"));
                        }
                        return text(line);
                    }
                    CTRL_C => return Err(CommandError::interrupted()),
                    CTRL_D if line.is_empty() => return Err(CommandError::failure("nothing was entered")),
                    CTRL_U => {
                        line.zeroize();
                        line.reserve_exact(VALUE_MAX + 1);
                    }
                    byte if BACKSPACES.contains(&byte) => {
                        // Also removes the continuation bytes of a character.
                        while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                    }
                    _ if line.len() > VALUE_MAX => {}
                    byte => line.push(byte),
                }
            }
        }
    }

    fn read<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], CommandError> {
        let mut ready =
            [PollFd::new(&self.terminal, PollFlags::IN), PollFd::new(&self.signal, PollFlags::IN)];
        let polled = poll(&mut ready, None);
        if ready[1].revents().contains(PollFlags::IN) {
            return Err(CommandError::interrupted());
        }
        match polled {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(&[]),
            Err(error) => return Err(terminal_error(&error.into())),
        }
        match self.terminal.read(buffer) {
            Ok(0) => Err(CommandError::failure("the terminal was closed")),
            Ok(length) => Ok(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(&[]),
            Err(error) => Err(terminal_error(&error)),
        }
    }

    fn is_readable_soon(&self) -> Result<bool, CommandError> {
        // Not `poll`, which does not support `/dev/tty` on macOS and returns at once there.
        thread::sleep(PASTE_TIMEOUT);
        let readable = rustix::io::ioctl_fionread(&self.terminal);
        Ok(readable.map_err(|error| terminal_error(&error.into()))? > 0)
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        // Discards the rest of a paste, which the shell would run.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.original);
        for handler in self.handlers.drain(..) {
            signal_hook::low_level::unregister(handler);
        }
    }
}

/// Returns the line as text; rejects control characters, such as the escape sequences of arrow keys.
fn text(mut line: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, CommandError> {
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(CommandError::failure("the input contains a control key, such as an arrow key")
            .with_hint("type it again, or read values with control characters from a file: -f PATH"));
    }
    String::from_utf8(std::mem::take(&mut *line)).map(Zeroizing::new).map_err(|error| {
        error.into_bytes().zeroize();
        CommandError::failure("the input is not UTF-8 text")
            .with_hint("read binary values from a file: -f PATH")
    })
}

fn terminal_error(error: &io::Error) -> CommandError {
    CommandError::failure(format!("cannot read from the terminal: {}", sealkit_names::io_reason(error)))
}
