//! Remembers which lines of a log are reported: each stream starts again with the first line of the pod.

use sealkit_idl::{logs::LogLine, prost_types::Timestamp};

/// The last reported line of an attempt.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    /// The time of the last reported line.
    last: (i64, i32),
    /// How many lines of this time are reported.
    count: usize,
    /// How many lines of this time are skipped in the current stream; `None` once it has reached new lines.
    skipped: Option<usize>,
}

impl Cursor {
    /// Begins a new stream.
    pub(super) fn restart(&mut self) {
        self.skipped = Some(0);
    }

    /// Returns whether the line is new. A pod that replaces another one has only new lines.
    pub(super) fn advance(&mut self, line: &LogLine) -> bool {
        let Timestamp { seconds, nanos } = line.timestamp.unwrap_or_default();
        let time = (seconds, nanos);
        if let Some(skipped) = &mut self.skipped {
            if time < self.last {
                return false;
            }
            if time == self.last && *skipped < self.count {
                *skipped += 1;
                return false;
            }
            self.skipped = None;
        }
        if time > self.last {
            (self.last, self.count) = (time, 1);
        } else if time == self.last {
            self.count += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_lines(cursor: &mut Cursor, seconds: &[i64]) -> usize {
        cursor.restart();
        let line = |seconds| {
            let timestamp = (seconds > 0).then_some(Timestamp { seconds, nanos: 0 });
            LogLine { timestamp, ..LogLine::default() }
        };
        seconds.iter().filter(|seconds| cursor.advance(&line(**seconds))).count()
    }

    #[test]
    fn a_repeated_stream_reports_only_new_lines() {
        let mut cursor = Cursor::default();
        assert_eq!(new_lines(&mut cursor, &[1, 2, 2]), 3);
        assert_eq!(new_lines(&mut cursor, &[1, 2, 2]), 0);
        assert_eq!(new_lines(&mut cursor, &[1, 2, 2, 2, 3]), 2);
        // The stream of a log without its first lines.
        assert_eq!(new_lines(&mut cursor, &[2, 3, 4]), 1);
        // Another pod.
        assert_eq!(new_lines(&mut cursor, &[5, 6]), 2);
    }

    #[test]
    fn lines_of_one_stream_need_no_order() {
        let mut cursor = Cursor::default();
        assert_eq!(new_lines(&mut cursor, &[2, 1, 3]), 3);
        assert_eq!(new_lines(&mut cursor, &[2, 1, 3, 4]), 1);
    }

    #[test]
    fn lines_without_a_time_are_counted() {
        let mut cursor = Cursor::default();
        assert_eq!(new_lines(&mut cursor, &[0, 0]), 2);
        assert_eq!(new_lines(&mut cursor, &[0, 0, 0]), 1);
    }
}
