//! The search of a stream, in which a secret may be split over two reads.

use std::{fmt, io};

use zeroize::Zeroizing;

use crate::{Encoding, Finding, Guard};

/// The number of bytes that are read at a time.
const CHUNK: usize = 1 << 20;
/// The first size of the buffer: most files are small.
const FIRST_BUFFER: usize = 16 << 10;

/// Searches a stream for the secrets of a guard while it is read.
///
/// A stream of less than 1 MiB is searched as by [`Guard::check`]. A larger one is searched in bounded memory for all that
/// [`Guard::redact`] replaces: not for secrets that are interleaved with other characters or nested in base64, and not for weak secrets.
///
/// ```
/// use sealkit_guard::{Guard, StreamSearch};
///
/// let guard = Guard::new([("token", "k3Jq-71xT/w")]);
/// let mut file = &b"url?token=k3Jq-71xT%2Fw"[..];
/// let mut search = StreamSearch::new(&guard);
/// while !search.read(&mut file)?.is_empty() {}
/// assert_eq!(search.finish()[0].to_string(), "`token` (percent-encoded, at byte 10 of 23)");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct StreamSearch<'g> {
    guard: &'g Guard,
    /// The end of what was searched, which may be the beginning of a secret, and after it what was read last.
    buffer: Zeroizing<Vec<u8>>,
    /// The number of bytes in the buffer.
    length: usize,
    /// The number of bytes at the start of the buffer that are not needed any more.
    finished: usize,
    /// The byte before the buffer.
    previous: Option<u8>,
    /// The number of bytes before the buffer.
    offset: usize,
    /// Where each secret was found first.
    found: Vec<Option<(Encoding, usize)>>,
}

impl<'g> StreamSearch<'g> {
    /// Creates a search for the secrets of `guard`.
    pub fn new(guard: &'g Guard) -> Self {
        let found = vec![None; guard.secrets.len()];
        let buffer = Zeroizing::default();
        Self { guard, buffer, length: 0, finished: 0, previous: None, offset: 0, found }
    }

    /// Creates a search of a part of a stream that begins after `offset` bytes, of which `previous` is the last one.
    #[must_use]
    pub fn of_part(guard: &'g Guard, offset: usize, previous: u8) -> Self {
        Self { offset, previous: Some(previous), ..Self::new(guard) }
    }

    /// Reads up to 1 MiB, searches it and returns it. It returns no bytes at the end of the stream only.
    ///
    /// # Errors
    ///
    /// Returns the errors of `reader`.
    pub fn read(&mut self, reader: &mut impl io::Read) -> io::Result<&[u8]> {
        self.drop_finished();
        let start = self.length;
        let end = start + CHUNK;
        while self.length < end {
            if self.length == self.buffer.len() {
                self.grow_buffer(end);
            }
            let end = end.min(self.buffer.len());
            match reader.read(&mut self.buffer[self.length..end]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.length > start && !self.is_whole() {
            self.search(false);
        }
        Ok(&self.buffer[start..self.length])
    }

    /// Returns the secrets that were found, each once.
    pub fn finish(mut self) -> Vec<Finding> {
        if self.is_whole() {
            return self.guard.check(&self.buffer[..self.length]);
        }
        self.drop_finished();
        self.search(true);
        let length = self.offset + self.length;
        let found = self.found.iter().zip(&self.guard.secrets);
        found
            .filter_map(|(found, secret)| {
                let (encoding, offset) = (*found)?;
                Some(Finding::new(secret.name.clone(), encoding, Some(offset), length))
            })
            .collect()
    }

    /// Doubles the buffer, up to `max` bytes.
    fn grow_buffer(&mut self, max: usize) {
        let mut larger = vec![0; (2 * self.length).clamp(FIRST_BUFFER, max)];
        larger[..self.length].copy_from_slice(&self.buffer[..self.length]);
        self.buffer = larger.into();
    }

    /// Whether the buffer has the whole stream, as far as it was read.
    fn is_whole(&self) -> bool {
        self.offset == 0 && self.length < CHUNK
    }

    fn search(&mut self, is_last: bool) {
        if self.guard.is_empty() {
            self.finished = self.length;
            return;
        }
        let text = &self.buffer[..self.length];
        let (found, offset, patterns) = (&mut self.found, self.offset, &self.guard.patterns);
        let pending = self.guard.search(text, self.previous, is_last, &mut |matched| {
            let pattern = patterns[matched.pattern as usize];
            let at = offset + matched.start;
            let earlier = &mut found[pattern.secret as usize];
            if !pattern.is_weak && earlier.is_none_or(|(_, earlier)| at < earlier) {
                *earlier = Some((matched.encoding, at));
            }
        });
        self.finished = pending.floor(pending.keep_from);
        if let Some(last) = self.finished.checked_sub(1) {
            // The letter at the end of an escape is no part of a word.
            self.previous = (!pending.has_escape_before(self.finished)).then(|| text[last]);
        }
    }

    /// Removes the bytes that are not needed any more.
    fn drop_finished(&mut self) {
        self.buffer.copy_within(self.finished..self.length, 0);
        self.length -= self.finished;
        self.offset += self.finished;
        self.finished = 0;
    }
}

/// Shows the names of the secrets, never the stream.
impl fmt::Debug for StreamSearch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSearch").field("guard", self.guard).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "k3Jq-71xT/wPz";

    /// Returns what is found in `text`, which arrives in reads of random lengths.
    fn search(guard: &Guard, text: &[u8]) -> Vec<String> {
        struct Slowly<'t>(&'t [u8], fastrand::Rng);
        impl io::Read for Slowly<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.1.usize(1..=CHUNK / 2).min(buffer.len()).min(self.0.len());
                buffer[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let mut reader = Slowly(text, fastrand::Rng::with_seed(1));
        let mut search = StreamSearch::new(guard);
        let mut read = Vec::new();
        loop {
            match search.read(&mut reader).unwrap() {
                [] => break,
                bytes => read.extend_from_slice(bytes),
            }
        }
        assert!(read == text, "the stream is returned as it is");
        search.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_secret_is_found_wherever_it_is_split() {
        let guard = Guard::new([("other", "Zx81-Spectrum"), ("db/password", VALUE)]);
        for (written, encoding) in [
            (VALUE, "in plain text"),
            ("k3Jq-71xT%2FwPz", "percent-encoded"),
            ("azNKcS03MXhUL3dQeg==", "in base64"),
            ("[107, 51, 74, 113, 45, 55, 49, 120, 84, 47, 119, 80, 122]", "as numbers"),
        ] {
            for cut in 0..=written.len() {
                let mut text = vec![b' '; CHUNK - cut];
                text.extend_from_slice(written.as_bytes());
                text.resize(2 * CHUNK + 9, b'.');
                let found = search(&guard, &text);
                let [found] = &found[..] else { panic!("{written} at {cut}: {found:?}") };
                assert!(found.starts_with("`db/password` ("), "{found}");
                assert!(found.contains(&format!(" of {}", text.len())), "{found}");
                assert!(found.contains(encoding), "{found}: {encoding}");
            }
        }
    }

    #[test]
    fn a_small_stream_is_checked_as_a_whole_and_a_large_one_is_not() {
        let guard = Guard::new([("db/password", VALUE), ("pin", "739184")]);
        let spaced = VALUE.replace("", " ");
        assert_eq!(search(&guard, spaced.as_bytes()).len(), 1);
        assert_eq!(search(&guard, b"739184\n").len(), 1);
        let large = [spaced.as_bytes(), &vec![b'.'; CHUNK], b" 739184 "].concat();
        assert_eq!(search(&guard, &large).len(), 0);
        assert_eq!(search(&guard, b"").len(), 0);
        assert_eq!(search(&Guard::default(), &large).len(), 0);
    }

    #[test]
    fn a_secret_at_the_very_end_is_found() {
        let guard = Guard::new([("db/password", VALUE)]);
        for length in [CHUNK, CHUNK + 1, 2 * CHUNK] {
            let mut text = vec![b' '; length - VALUE.len()];
            text.extend_from_slice(VALUE.as_bytes());
            assert_eq!(search(&guard, &text).len(), 1, "{length}");
        }
    }
}
