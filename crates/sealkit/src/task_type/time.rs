//! Dates, times and durations.

use std::time::{Duration, SystemTime};

use sealkit_idl::prost_types::Timestamp;

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

/// Converts a value to seconds since 1970 and nanoseconds.
pub(crate) fn datetime(value: Value) -> Result<(i64, u32), ValueError> {
    match value {
        Value::Datetime { seconds, nanos } => Ok((seconds, nanos)),
        Value::Date { days } => {
            Ok((days.checked_mul(86_400).ok_or_else(|| ValueError::new("is a malformed date"))?, 0))
        }
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(Timestamp { seconds, nanos }) => Ok((seconds, u32::try_from(nanos).unwrap_or_default())),
            Err(_) => Err(ValueError::new("expected a time such as `2024-01-02T03:04:05Z`")),
        },
        other => Err(ValueError::expected("a time such as `2024-01-02T03:04:05Z`", &other)),
    }
}

/// Converts a value to days since 1970-01-01.
pub(crate) fn date(value: Value) -> Result<i64, ValueError> {
    let (seconds, nanos) =
        datetime(value).map_err(|_| ValueError::new("expected a date such as `2024-01-02`"))?;
    if seconds.rem_euclid(86_400) != 0 || nanos != 0 {
        return Err(ValueError::new("expected a date such as `2024-01-02`, found a time of day"));
    }
    Ok(seconds.div_euclid(86_400))
}

/// Converts a value to seconds and nanoseconds with the same sign.
pub(crate) fn duration(value: Value) -> Result<(i64, i32), ValueError> {
    const EXPECTED: &str = "a duration such as `86400.5s` or `5m`";
    // Within the ranges of chrono and Python, and of the arithmetic here.
    const MAX_SECONDS: f64 = 315_576_000_000.0;
    let number = match value {
        Value::Duration { seconds, nanos } => return Ok((seconds, nanos)),
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 seconds")]
        Value::Integer(seconds) => seconds as f64,
        Value::Float(seconds) => seconds,
        Value::String(text) => {
            let parsed = text.strip_suffix('s').and_then(|_| text.parse().ok());
            let parsed = parsed.or_else(|| {
                let duration = sealkit_names::backoff::parse_duration(&text)?;
                sealkit_idl::prost_types::Duration::try_from(duration).ok()
            });
            let parsed = parsed.ok_or_else(|| ValueError::new(format!("expected {EXPECTED}")))?;
            return Ok((parsed.seconds, parsed.nanos));
        }
        other => return Err(ValueError::expected(EXPECTED, &other)),
    };
    if !(-MAX_SECONDS..=MAX_SECONDS).contains(&number) {
        return Err(ValueError::new(format!("expected {EXPECTED}, found more than 10,000 years")));
    }
    // Rounded to the microsecond, as Python's timedelta rounds a float.
    #[expect(clippy::cast_possible_truncation, reason = "checked against MAX_SECONDS above")]
    let micros = (number * 1e6).round_ties_even() as i64;
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a second")]
    Ok((micros / 1_000_000, (micros % 1_000_000 * 1_000) as i32))
}

#[diagnostic::do_not_recommend]
impl TaskType for SystemTime {
    const TYPE: Type = Type::Datetime;

    fn to_value(&self) -> Result<Value, ValueError> {
        let timestamp = Timestamp::from(*self);
        Ok(Value::Datetime {
            seconds: timestamp.seconds,
            nanos: u32::try_from(timestamp.nanos).unwrap_or_default(),
        })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = datetime(value)?;
        let since = Duration::new(seconds.unsigned_abs(), 0);
        let time = if seconds < 0 {
            Self::UNIX_EPOCH.checked_sub(since)
        } else {
            Self::UNIX_EPOCH.checked_add(since)
        };
        time.and_then(|time| time.checked_add(Duration::from_nanos(nanos.into())))
            .ok_or_else(|| ValueError::new("is outside the range of `SystemTime`"))
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for Duration {
    const TYPE: Type = Type::Duration;

    fn to_value(&self) -> Result<Value, ValueError> {
        let seconds = i64::try_from(self.as_secs()).map_err(|_| ValueError::new("is too long"))?;
        Ok(Value::Duration { seconds, nanos: self.subsec_nanos().cast_signed() })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = duration(value)?;
        match (u64::try_from(seconds), u32::try_from(nanos)) {
            (Ok(seconds), Ok(nanos)) => Ok(Self::new(seconds, nanos)),
            _ => Err(ValueError::new("expected a duration that is not negative")),
        }
    }
}
