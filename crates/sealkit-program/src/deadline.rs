//! Deadlines of answers.

use std::{
    io,
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// A socket that is read and written until a point in time: later, there is an error.
pub(crate) struct Deadline<'s> {
    socket: &'s UnixStream,
    /// There is none if it is too far away to be represented.
    end: Option<Instant>,
}

impl<'s> Deadline<'s> {
    pub(crate) fn new(socket: &'s UnixStream, timeout: Duration) -> Self {
        Self { socket, end: Instant::now().checked_add(timeout) }
    }

    fn remaining(&self) -> io::Result<Option<Duration>> {
        let remaining = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        // A socket does not know the timeout zero.
        if remaining == Some(Duration::ZERO) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(remaining) }
    }
}

impl io::Read for &Deadline<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.remaining()?)?;
        (&mut &*self.socket).read(bytes)
    }
}

impl io::Write for &Deadline<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.remaining()?)?;
        (&mut &*self.socket).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
