//! The records of a run, one JSON object per line.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the format. A reader ignores members that it does not know.
pub(super) const VERSION: u32 = 1;

/// A record; times are milliseconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Record {
    /// The run starts; always the first record.
    Run { version: u32, name: String, program: String, task: String, time: u64 },
    /// A pod starts.
    Started {
        pod: u64,
        caller: Option<u64>,
        task: String,
        call: u32,
        attempt: u32,
        time: u64,
        secrets: Vec<String>,
        inputs: Map<String, Value>,
    },
    /// A pod has finished.
    Finished {
        pod: u64,
        time: u64,
        outputs: Option<Map<String, Value>>,
        error: Option<RecordedError>,
        will_retry: bool,
        /// Whether the result of an earlier call was used.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
    },
    /// The run has ended; always the last record.
    Ended { time: u64, exit_code: u8, error: Option<String> },
}

/// The error of a pod.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RecordedError {
    pub(super) code: String,
    /// The message, and each cause on a line of its own.
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Returns the time as milliseconds since 1970.
pub(super) fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the time of a record.
pub(super) fn time(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).unwrap_or(SystemTime::UNIX_EPOCH)
}
