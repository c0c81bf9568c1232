//! Whole lines of the output of a pod, so that the lines of several pods are not mixed.

use std::{
    mem,
    time::{Duration, Instant},
};

/// How long an incomplete line is held: a prompt has no end, and has to be shown.
const HOLD: Duration = Duration::from_millis(100);

/// The longest line that is held.
const MAX_LENGTH: usize = 64 * 1024;

/// Holds an incomplete line.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    held: Vec<u8>,
    /// When the held line began.
    since: Option<Instant>,
}

impl LineBuffer {
    /// Adds `bytes`, and passes on what is complete.
    pub(crate) fn push(&mut self, bytes: &[u8], now: Instant, sink: &mut impl FnMut(&[u8])) {
        self.held.extend_from_slice(bytes);
        let end = self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let rest = self.held.split_off(end);
        let complete = mem::replace(&mut self.held, rest);
        if !complete.is_empty() {
            self.since = None;
            sink(&last_states(&complete));
        }
        if self.held.is_empty() {
            self.since = None;
        } else if self.since.is_none() {
            self.since = Some(now);
        }
        if self.held.len() > MAX_LENGTH {
            self.flush(sink);
        }
    }

    /// Returns how long the held line may still be held; `None` if nothing is held.
    pub(crate) fn remaining(&self, now: Instant) -> Option<Duration> {
        self.since.map(|since| HOLD.saturating_sub(now.saturating_duration_since(since)))
    }

    /// Passes on the held line, although it is incomplete.
    pub(crate) fn flush(&mut self, sink: &mut impl FnMut(&[u8])) {
        self.since = None;
        if !self.held.is_empty() {
            sink(&last_states(&mem::take(&mut self.held)));
        }
    }
}

/// Removes what a carriage return has overwritten: progress bars keep their last state. Escape sequences have effects of their own, so
/// text with any stays as it is.
fn last_states(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let start = line[..end].iter().rposition(|byte| *byte == b'\r').unwrap_or(0);
        let start = if line[..start].contains(&0x1b) { 0 } else { start };
        kept.extend_from_slice(&line[start..]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_passed_on_when_it_is_complete_or_was_held_long_enough() {
        let (mut lines, start) = (LineBuffer::default(), Instant::now());
        let mut passed = Vec::new();
        let mut push = |lines: &mut LineBuffer, text: &str, milliseconds| {
            let mut passed_now = Vec::new();
            let now = start + Duration::from_millis(milliseconds);
            lines.push(text.as_bytes(), now, &mut |bytes: &[u8]| passed_now.extend_from_slice(bytes));
            passed.push(String::from_utf8(passed_now).unwrap());
            lines.remaining(now).map(|remaining| remaining.as_millis())
        };
        assert_eq!(push(&mut lines, "one", 0), Some(100));
        assert_eq!(push(&mut lines, " two", 60), Some(40));
        assert_eq!(push(&mut lines, "\nthree\nfo", 70), Some(100));
        assert_eq!(push(&mut lines, "ur\n", 300), None);
        assert_eq!(passed, ["", "", "one two\nthree\n", "four\n"]);
        let mut rest = Vec::new();
        lines.push(b"Password: ", start, &mut |_: &[u8]| unreachable!());
        lines.flush(&mut |bytes: &[u8]| rest.extend_from_slice(bytes));
        assert_eq!(rest, b"Password: ");
        assert_eq!(lines.remaining(start), None);
    }

    #[test]
    fn a_line_without_an_end_is_not_held_forever() {
        let (mut lines, mut length) = (LineBuffer::default(), 0);
        for _ in 0..100 {
            lines.push(&[b'x'; 10_000], Instant::now(), &mut |bytes: &[u8]| length += bytes.len());
            assert!(lines.held.len() <= MAX_LENGTH);
        }
        assert!(length > 900_000);
    }

    #[test]
    fn progress_keeps_its_last_state() {
        for (text, kept) in [
            ("\r10 %\r20 %\r30 %", "\r30 %"),
            ("\r99 %\r100 %\n", "\r100 %\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("10 %\r20 %\r\nnext", "\r20 %\r\nnext"),
            ("\r\n\r", "\r\n\r"),
            ("\x1b[?25l10 %\r20 %\x1b[?25h\rdone\n", "\x1b[?25l10 %\r20 %\x1b[?25h\rdone\n"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(last_states(text.as_bytes())).unwrap(), kept, "{text:?}");
        }
    }
}
