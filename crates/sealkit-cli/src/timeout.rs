//! The timeout of requests to a cluster and of questions to a program.

use std::{env, time::Duration};

use sealkit_names::variables::TIMEOUT;

use crate::error::CommandError;

/// The default timeout.
const DEFAULT: Duration = Duration::from_secs(30);

/// Returns the timeout in `SEALKIT_TIMEOUT`, or the default.
pub(crate) fn from_environment() -> Result<Duration, CommandError> {
    let Some(text) = env::var_os(TIMEOUT) else { return Ok(DEFAULT) };
    let time = text.to_str().and_then(|text| humantime::parse_duration(text).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| {
        CommandError::usage(format!("`{TIMEOUT}` is not a duration"))
            .with_hint(format!("write it with a unit: {TIMEOUT}=2m"))
    })
}
