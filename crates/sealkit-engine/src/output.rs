//! What pods print, redacted.

use std::{
    io::{ErrorKind, Read},
    os::fd::AsFd,
    sync::Arc,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sealkit_guard::{Guard, Redactor};

/// Nobody waits longer for a byte or two that might begin a secret.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Passes on what comes from `from`, without the secrets of `guard`, until it ends.
pub(crate) fn pass_on(mut from: impl Read + AsFd, guard: Arc<Guard>, mut with: impl FnMut(&[u8])) {
    let (mut redactor, mut buffer, mut out) = (Redactor::new(guard), vec![0; 64 * 1024], Vec::new());
    loop {
        let patience = (redactor.buffered() > 0).then_some(&PATIENCE);
        match poll(&mut [PollFd::new(&from, PollFlags::IN)], patience) {
            Ok(0) => redactor.release(&mut out),
            Ok(_) => match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => redactor.push(&buffer[..length], &mut out),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A terminal whose last writer has gone says so.
                Err(_) => break,
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
        if !out.is_empty() {
            with(&out);
            out.clear();
        }
        if redactor.buffered() > 2 && patience.is_some() {
            // It may be a secret: nobody sees it before it is known.
            let _ = poll(&mut [PollFd::new(&from, PollFlags::IN)], None);
        }
    }
    redactor.finish(&mut out);
    if !out.is_empty() {
        with(&out);
    }
}
