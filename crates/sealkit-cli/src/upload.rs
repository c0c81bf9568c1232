//! The progress of an upload, on a terminal.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::terminal;

/// A line with the progress of an upload; it is removed when all is sent.
pub(crate) struct UploadProgress {
    label: &'static str,
    percent: AtomicU64,
}

impl UploadProgress {
    pub(crate) fn new(label: &'static str) -> Self {
        Self { label, percent: AtomicU64::new(0) }
    }

    /// Prints how much is sent, if that is a larger part than before.
    pub(crate) fn print(&self, sent: u64, size: u64) {
        let percent = sent * 100 / size.max(1);
        if self.percent.fetch_max(percent, Ordering::Relaxed) >= percent {
            return;
        }
        if percent < 100 {
            replace_line(&format!("{} ({}): {percent} %", self.label, mebibytes(size)));
        } else {
            replace_line("");
        }
    }

    /// Removes the line of an upload that breaks off, and begins again with the next one.
    pub(crate) fn reset(&self) {
        if (1..100).contains(&self.percent.swap(0, Ordering::Relaxed)) {
            replace_line("");
        }
    }
}

/// Prints a line that the next one replaces.
fn replace_line(line: &str) {
    if terminal::stderr_is_terminal() {
        let mut stderr = io::stderr();
        let _ = write!(stderr, "\r\u{1b}[K{line}").and_then(|()| stderr.flush());
    }
}

pub(crate) fn mebibytes(size: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "only one digit after the point is shown")]
    let size = size as f64 / f64::from(1 << 20);
    format!("{size:.1} MiB")
}
