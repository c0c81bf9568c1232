//! When a deployed task is started.

use std::fmt;

use sealkit_idl::prost_types::Timestamp;
use sealkit_names::schedule::display_interval;
use serde::{Deserialize, Serialize};

/// When a deployed task is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The name, which is unique among the schedules of a task.
    pub name: String,
    /// Whether it starts the task after the first deployment.
    pub active: bool,
    /// The input that receives the scheduled time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_time_input: Option<String>,
    /// The times.
    #[serde(flatten)]
    pub automation: Automation,
}

/// The times of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automation {
    /// The times of a cron expression.
    Cron {
        /// The expression.
        expression: String,
        /// The time zone; without one, it is UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
    },
    /// A fixed interval.
    FixedRate {
        /// The interval.
        minutes: u32,
        /// The first time, in seconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<i64>,
    },
}

/// The form for people, such as `nightly: @daily (UTC), inactive`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.automation)?;
        if !self.active {
            f.write_str(", inactive")?;
        }
        if let Automation::FixedRate { start: Some(seconds), .. } = self.automation {
            let start = Timestamp { seconds, nanos: 0 }.to_string();
            write!(f, ", from {}", start.strip_suffix("T00:00:00Z").unwrap_or(&start))?;
        }
        match &self.trigger_time_input {
            Some(input) => write!(f, ", time in input `{input}`"),
            None => Ok(()),
        }
    }
}

/// The form for people, such as `0 9 * * * (Europe/Berlin)` and `every 15 minutes`.
impl fmt::Display for Automation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron { expression, timezone } => {
                write!(f, "{expression} ({})", timezone.as_deref().unwrap_or("UTC"))
            }
            Self::FixedRate { minutes, .. } => f.write_str(&display_interval(u64::from(*minutes))),
        }
    }
}
