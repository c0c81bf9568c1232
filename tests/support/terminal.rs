//! A program on a pseudoterminal, and the input typed there.

use std::{
    io::{self, Read as _, Write as _},
    process::Child,
    time::{Duration, Instant},
};

use pty_process::{Size, blocking};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{LocalModes, tcgetattr},
};

/// The time after which a program counts as hanging.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A program on its own pseudoterminal.
#[allow(missing_debug_implementations, reason = "its terminal has none")]
pub struct Terminal {
    pty: blocking::Pty,
    child: Child,
    seen: Vec<u8>,
}

impl Terminal {
    /// Starts `program` on a terminal of `columns` columns, with no environment variables except `environment`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started.
    pub fn start<'a>(
        program: &str,
        arguments: impl IntoIterator<Item = &'a str>,
        environment: &[(&str, &str)],
        columns: u16,
    ) -> io::Result<Self> {
        let (pty, terminal) = blocking::open().map_err(io::Error::other)?;
        pty.resize(Size::new(50, columns)).map_err(io::Error::other)?;
        let command = blocking::Command::new(program).args(arguments).env_clear().env("TERM", "dumb");
        let command = command.envs(environment.iter().copied());
        let child = command.spawn(terminal).map_err(io::Error::other)?;
        Ok(Self { pty, child, seen: Vec::new() })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Changes the size of the terminal.
    ///
    /// # Errors
    ///
    /// Returns an error if the terminal is closed.
    pub fn resize(&mut self, columns: u16) -> io::Result<()> {
        self.pty.resize(Size::new(50, columns)).map_err(io::Error::other)
    }

    /// Types `keys`.
    ///
    /// # Errors
    ///
    /// Returns an error if the terminal is closed.
    pub fn send(&mut self, keys: &str) -> io::Result<()> {
        self.pty.write_all(keys.as_bytes())
    }

    /// Waits until the output contains `text`, and returns all output.
    ///
    /// # Errors
    ///
    /// Returns an error if the program exits or hangs first.
    pub fn until(&mut self, text: &str) -> io::Result<String> {
        let start = Instant::now();
        loop {
            let seen = self.seen();
            if seen.contains(text) {
                return Ok(seen);
            }
            if start.elapsed() > TIMEOUT || !self.read()? {
                return Err(io::Error::other(format!("`{text}` is missing in:\n{seen}")));
            }
        }
    }

    /// Returns whether the terminal echoes input.
    ///
    /// # Errors
    ///
    /// Returns an error if the terminal is closed.
    pub fn echoes(&self) -> io::Result<bool> {
        Ok(tcgetattr(&self.pty)?
            .local_modes
            .contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG))
    }

    /// Waits for the exit. Returns the exit code, all output, and whether the terminal then echoes input.
    ///
    /// # Errors
    ///
    /// Returns an error if the program hangs.
    pub fn finish(mut self) -> io::Result<(Option<i32>, String, bool)> {
        while self.read()? {}
        let code = self.child.wait()?.code();
        let echoes = self.echoes()?;
        Ok((code, self.seen(), echoes))
    }

    /// Returns all output so far, with `\n` as line breaks.
    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).replace("\r\n", "\n")
    }

    /// Waits for output and reads it. Returns `false` at the end of the output.
    fn read(&mut self) -> io::Result<bool> {
        let timeout = Timespec { tv_sec: TIMEOUT.as_secs().cast_signed(), tv_nsec: 0 };
        let mut ready = [PollFd::new(&self.pty, PollFlags::IN)];
        if poll(&mut ready, Some(&timeout))? == 0 {
            return Err(io::Error::other(format!("no more output after:\n{}", self.seen())));
        }
        let mut room = [0; 4096];
        match self.pty.read(&mut room) {
            // On Linux, EIO means that the replica is closed.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => Ok(false),
            Ok(0) => Ok(false),
            Ok(length) => {
                self.seen.extend_from_slice(&room[..length]);
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}
