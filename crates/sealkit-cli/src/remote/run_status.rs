//! The phase and the times of an action, as JSON and as cells.

use std::borrow::Cow;

use sealkit_remote::RunStatus;
use serde::Serialize;

use crate::time::{display_duration, display_time};

/// The phase and the times of an action, as JSON.
#[derive(Serialize)]
pub(super) struct JsonStatus {
    phase: &'static str,
    started: Option<String>,
    ended: Option<String>,
    duration_seconds: Option<f64>,
}

impl From<RunStatus> for JsonStatus {
    fn from(RunStatus { phase, started, ended, duration, .. }: RunStatus) -> Self {
        Self {
            phase: phase.as_str(),
            started: started.map(display_time),
            ended: ended.map(display_time),
            duration_seconds: duration.map(|duration| duration.as_secs_f64()),
        }
    }
}

/// Returns the cells of the columns PHASE, STARTED and DURATION.
pub(super) fn status_cells(status: &RunStatus) -> [Cow<'static, str>; 3] {
    [
        status.phase.as_str().into(),
        status.started.map(display_time).unwrap_or_default().into(),
        status.duration.map(display_duration).unwrap_or_default().into(),
    ]
}
