//! Asking a person, who sees nothing of what is typed.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use sealkit_names::rules::VALUE_MAX;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use zeroize::{Zeroize as _, Zeroizing};

use crate::fault::Fault;

/// What was pasted arrives within this time.
const PASTE: Timespec = Timespec { tv_sec: 0, tv_nsec: 30_000_000 };

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BACKSPACES: [u8; 2] = [0x08, 0x7f];

/// One line from the terminal, without its end.
///
/// # Errors
///
/// Nothing was entered, or more than a line, or a key that is no character; or Ctrl-C.
pub(crate) fn line(question: &str) -> Result<Zeroizing<String>, Fault> {
    let mut terminal = Silent::open().map_err(|error| unreadable(&error))?;
    terminal.say(question).map_err(|error| unreadable(&error))?;
    let line = terminal.line();
    // The line break that was typed was not shown either.
    let _ = terminal.say("\n");
    line
}

/// Asks whether something is meant; the answer is shown.
pub(crate) fn confirm(question: &str) -> Result<bool, Fault> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
    let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty());
    let mut terminal = File::from(terminal.map_err(|error| unreadable(&error.into()))?);
    terminal.write_all(format!("{question} [y/N] ").as_bytes()).map_err(|error| unreadable(&error))?;
    let mut answer = [0; 64];
    let length = terminal.read(&mut answer).map_err(|error| unreadable(&error))?;
    let answer = str::from_utf8(&answer[..length]).unwrap_or_default().trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

/// The terminal with echo off, as long as this lives.
struct Silent {
    terminal: File,
    before: Termios,
    /// Becomes readable when a signal wants to end us, which would leave the terminal silent.
    signal: UnixStream,
    handlers: Vec<signal_hook::SigId>,
}

impl Silent {
    fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
        let terminal = File::from(rustix::fs::open("/dev/tty", flags, Mode::empty())?);
        let (signal, sender) = UnixStream::pair()?;
        let mut handlers = Vec::new();
        for number in [SIGHUP, SIGINT, SIGTERM] {
            handlers.push(signal_hook::low_level::pipe::register(number, sender.try_clone()?)?);
        }
        let before = tcgetattr(&terminal)?;
        let silent = Self { terminal, before, signal, handlers };
        let mut modes = silent.before.clone();
        // Line by line, the kernel would cut a long line off, and end us before the echo is on again.
        modes
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&silent.terminal, OptionalActions::Flush, &modes)?;
        Ok(silent)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.terminal.write_all(text.as_bytes())
    }

    fn line(&mut self) -> Result<Zeroizing<String>, Fault> {
        // Room for all that is accepted: a buffer that grew would leave copies behind.
        let mut line = Zeroizing::new(Vec::with_capacity(VALUE_MAX + 1));
        let mut typed = Zeroizing::new([0_u8; 4096]);
        loop {
            let typed = self.read(&mut typed[..])?;
            for (at, byte) in typed.iter().enumerate() {
                match *byte {
                    b'\n' | b'\r' => {
                        if at + 1 < typed.len() || self.more_is_coming()? {
                            return Err(Fault::failure(
                                "more than one line was pasted, and nothing was stored",
                            )
                            .with_hint("read a value of several lines from a file: -f PATH"));
                        }
                        return text(line);
                    }
                    CTRL_C => return Err(Fault::interrupted()),
                    CTRL_D if line.is_empty() => return Err(Fault::failure("nothing was entered")),
                    CTRL_U => {
                        line.zeroize();
                        line.reserve_exact(VALUE_MAX + 1);
                    }
                    byte if BACKSPACES.contains(&byte) => {
                        // A character is its first byte and those that continue it.
                        while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                    }
                    _ if line.len() > VALUE_MAX => {}
                    byte => line.push(byte),
                }
            }
        }
    }

    fn read<'b>(&mut self, room: &'b mut [u8]) -> Result<&'b [u8], Fault> {
        let mut ready =
            [PollFd::new(&self.terminal, PollFlags::IN), PollFd::new(&self.signal, PollFlags::IN)];
        let polled = poll(&mut ready, None);
        if ready[1].revents().contains(PollFlags::IN) {
            return Err(Fault::interrupted());
        }
        match polled {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(&[]),
            Err(error) => return Err(unreadable(&error.into())),
        }
        match self.terminal.read(room) {
            Ok(0) => Err(Fault::failure("the terminal was closed")),
            Ok(length) => Ok(&room[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(&[]),
            Err(error) => Err(unreadable(&error)),
        }
    }

    fn more_is_coming(&self) -> Result<bool, Fault> {
        let mut ready = [PollFd::new(&self.terminal, PollFlags::IN)];
        match poll(&mut ready, Some(&PASTE)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(unreadable(&error.into())),
        }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // What is left of a paste goes too: the shell would run it.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
        for handler in self.handlers.drain(..) {
            signal_hook::low_level::unregister(handler);
        }
    }
}

/// The line as text: escape sequences of arrow keys and the like are no part of a value.
fn text(mut line: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, Fault> {
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(Fault::failure("the line holds a key that is no character, such as an arrow")
            .with_hint("type it again; values with control characters are read from files: -f PATH"));
    }
    String::from_utf8(std::mem::take(&mut *line)).map(Zeroizing::new).map_err(|error| {
        error.into_bytes().zeroize();
        Fault::failure("the line is not UTF-8 text").with_hint("read other bytes from a file: -f PATH")
    })
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::failure(format!("the terminal cannot be asked: {error}"))
}
