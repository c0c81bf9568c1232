//! Durations and times in output.

use std::time::{Duration, SystemTime};

/// Formats a duration with the precision that people need.
pub(crate) fn display_duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds < 60.0 => format!("{seconds:.1} s"),
        seconds => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
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
