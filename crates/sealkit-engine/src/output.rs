//! Forwarding of the redacted output of pods.

use std::{
    io::{ErrorKind, Read},
    os::fd::AsFd,
    sync::Arc,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sealkit_guard::{Guard, Redactor};

/// How long one or two bytes that may begin a secret are held back.
const HOLD_TIMEOUT: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Reads `source` to its end and passes the redacted bytes to `sink`.
pub(crate) fn forward(mut source: impl Read + AsFd, guard: Arc<Guard>, mut sink: impl FnMut(&[u8])) {
    let (mut redactor, mut buffer, mut redacted) = (Redactor::new(guard), vec![0; 64 * 1024], Vec::new());
    loop {
        let timeout = (redactor.buffered() > 0).then_some(&HOLD_TIMEOUT);
        match poll(&mut [PollFd::new(&source, PollFlags::IN)], timeout) {
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
            sink(&redacted);
            redacted.clear();
        }
        if redactor.buffered() > 2 && timeout.is_some() {
            // The held bytes may be a secret: they stay hidden until the next bytes tell.
            let _ = poll(&mut [PollFd::new(&source, PollFlags::IN)], None);
        }
    }
    redactor.finish(&mut redacted);
    if !redacted.is_empty() {
        sink(&redacted);
    }
}
