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

/// How much is read at a time, at first: most pods print little.
const FIRST_READ: usize = 4 * 1024;
/// How much is read at a time where there is more.
const LARGEST_READ: usize = 64 * 1024;

/// How long one or two bytes that may begin a secret are held back.
const HOLD_TIMEOUT: Duration = Duration::from_millis(50);

/// Reads each source to its end and passes the redacted bytes to `sink`, line by line if possible.
pub fn forward<R: Read + AsFd>(
    sources: impl IntoIterator<Item = R>,
    guard: &Arc<Guard>,
    sink: impl FnMut(&[u8]) + Clone,
) {
    let forwarder = |source| Forwarder::new(source, guard.clone(), sink.clone());
    let mut forwarders: Vec<_> = sources.into_iter().map(forwarder).collect();
    while !forwarders.is_empty() {
        let timeout = forwarders.iter().filter_map(Forwarder::timeout).min();
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let poll_for = |forwarder| PollFd::new(Forwarder::source(forwarder), PollFlags::IN);
        let mut polled: Vec<PollFd<'_>> = forwarders.iter().map(poll_for).collect();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
        let is_ready: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
        for (forwarder, is_ready) in forwarders.iter_mut().zip(is_ready) {
            if is_ready {
                forwarder.read();
            }
            forwarder.idle();
        }
        for mut finished in forwarders.extract_if(.., |forwarder| forwarder.is_finished()) {
            finished.finish();
        }
    }
    forwarders.iter_mut().for_each(Forwarder::finish);
}

/// Forwards one source, for a loop that polls several.
pub(crate) struct Forwarder<R, S> {
    source: R,
    sink: S,
    redactor: Redactor,
    lines: LineBuffer,
    buffer: Vec<u8>,
    redacted: Vec<u8>,
    /// When held bytes are released, if they are not yet.
    release: Option<Instant>,
    is_finished: bool,
}

impl<R: Read + AsFd, S: FnMut(&[u8])> Forwarder<R, S> {
    pub(crate) fn new(source: R, guard: Arc<Guard>, sink: S) -> Self {
        Self {
            source,
            sink,
            redactor: Redactor::new(guard),
            lines: LineBuffer::default(),
            buffer: vec![0; FIRST_READ],
            redacted: Vec::new(),
            release: None,
            is_finished: false,
        }
    }

    pub(crate) fn source(&self) -> &R {
        &self.source
    }

    /// Replaces the guard.
    #[cfg(target_os = "linux")]
    pub(crate) fn set_guard(&mut self, guard: Arc<Guard>) {
        self.redactor.set_guard(guard);
    }

    /// Returns whether the source has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Returns after which time without input [`idle`](Self::idle) has to be called.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        let now = Instant::now();
        let release = self.release.map(|release| release.saturating_duration_since(now));
        release.into_iter().chain(self.lines.remaining(now)).min()
    }

    /// Passes on what was held long enough.
    pub(crate) fn idle(&mut self) {
        let now = Instant::now();
        if self.release.is_some_and(|release| release <= now) {
            self.release = None;
            // More bytes than it releases may be a secret: they stay held until the next bytes tell.
            self.redactor.release(&mut self.redacted);
            self.pass_on(now);
        }
        if self.lines.remaining(now).is_some_and(|remaining| remaining.is_zero()) {
            self.lines.flush(&mut self.sink);
        }
    }

    /// Reads what the source has, which must be ready.
    pub(crate) fn read(&mut self) {
        match self.source.read(&mut self.buffer) {
            Ok(0) => self.is_finished = true,
            Ok(length) => {
                self.redactor.push(&self.buffer[..length], &mut self.redacted);
                let now = Instant::now();
                self.pass_on(now);
                self.release = (self.redactor.buffered() > 0).then(|| now + HOLD_TIMEOUT);
                if length == self.buffer.len() && length < LARGEST_READ {
                    self.buffer = vec![0; 2 * length];
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A pty reports an error after its last writer has closed it.
            Err(_) => self.is_finished = true,
        }
    }

    /// Passes on everything that is held.
    pub(crate) fn finish(&mut self) {
        self.redactor.finish(&mut self.redacted);
        self.pass_on(Instant::now());
        self.lines.flush(&mut self.sink);
    }

    fn pass_on(&mut self, now: Instant) {
        if !self.redacted.is_empty() {
            self.lines.push(&self.redacted, now, &mut self.sink);
            self.redacted.clear();
        }
    }
}
