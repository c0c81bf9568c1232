//! Durations and times in output.

use std::time::{Duration, SystemTime};

/// Formats a duration with the precision that people need.
pub(crate) fn display_duration(duration: Duration) -> String {
    let milliseconds = (duration.as_micros() + 500) / 1000;
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..59_950 => format!("{:.1} s", duration.as_secs_f64()),
        _ => {
            let seconds = (milliseconds + 500) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// Formats a time as RFC 3339, or as `unknown` if that is not possible.
pub(crate) fn display_time(time: SystemTime) -> String {
    // The end of the year 9999.
    let latest = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    if time < SystemTime::UNIX_EPOCH || time > latest {
        return "unknown".to_owned();
    }
    humantime::format_rfc3339_seconds(time).to_string()
}
