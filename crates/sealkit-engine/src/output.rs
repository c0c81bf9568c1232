//! Forwarding of the redacted output of pods.

use std::{
    io::{ErrorKind, Read},
    os::fd::AsFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sealkit_guard::{Guard, Redactor};

use crate::lines::LineBuffer;

/// How long one or two bytes that may begin a secret are held back.
const HOLD_TIMEOUT: Duration = Duration::from_millis(50);

/// Reads `source` to its end and passes the redacted bytes to `sink`, line by line if possible.
pub(crate) fn forward(mut source: impl Read + AsFd, guard: Arc<Guard>, mut sink: impl FnMut(&[u8])) {
    let (mut redactor, mut buffer, mut redacted) = (Redactor::new(guard), vec![0; 64 * 1024], Vec::new());
    let mut lines = LineBuffer::default();
    loop {
        let is_holding = redactor.buffered() > 0;
        let line = lines.remaining(Instant::now());
        let timeout = is_holding.then_some(HOLD_TIMEOUT).into_iter().chain(line).min();
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut [PollFd::new(&source, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) if line.is_some_and(|line| line < HOLD_TIMEOUT || !is_holding) => {
                lines.flush(&mut sink);
                continue;
            }
            Ok(0) => redactor.release(&mut redacted),
            Ok(_) => match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => redactor.push(&buffer[..length], &mut redacted),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pty reports an error after its last writer has closed it.
                Err(_) => break,
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
        if !redacted.is_empty() {
            lines.push(&redacted, Instant::now(), &mut sink);
            redacted.clear();
        }
        if redactor.buffered() > 2 && timeout.is_some() && lines.remaining(Instant::now()).is_none() {
            // The held bytes may be a secret: they stay hidden until the next bytes tell.
            let _ = poll(&mut [PollFd::new(&source, PollFlags::IN)], None);
        }
    }
    redactor.finish(&mut redacted);
    lines.push(&redacted, Instant::now(), &mut sink);
    lines.flush(&mut sink);
}
