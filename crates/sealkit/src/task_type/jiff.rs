//! Task types for jiff.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{TaskType, Type, time};
use crate::value::{Value, ValueError};

#[diagnostic::do_not_recommend]
impl TaskType for Timestamp {
    const TYPE: Type = Type::Datetime;

    fn to_value(&self) -> Result<Value, ValueError> {
        // In jiff, nanoseconds have the sign of the seconds; in Flyte they are never negative.
        let nanos = self.as_nanosecond();
        let seconds =
            i64::try_from(nanos.div_euclid(1_000_000_000)).map_err(|_| ValueError::new("is out of range"))?;
        let nanos = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default();
        Ok(Value::Datetime { seconds, nanos })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = time::datetime(value)?;
        Self::from_nanosecond(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
            .map_err(|_| ValueError::new("is outside the range of jiff's `Timestamp`"))
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for Date {
    const TYPE: Type = Type::Date;

    fn to_value(&self) -> Result<Value, ValueError> {
        let since = self.duration_since(Self::constant(1970, 1, 1));
        Ok(Value::Date { days: since.as_hours() / 24 })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let days = time::date(value)?;
        days.checked_mul(24)
            .and_then(|hours| {
                Self::constant(1970, 1, 1).checked_add(SignedDuration::try_from_hours(hours)?).ok()
            })
            .ok_or_else(|| ValueError::new("is outside the range of jiff's `Date`"))
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for SignedDuration {
    const TYPE: Type = Type::Duration;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::Duration { seconds: self.as_secs(), nanos: self.subsec_nanos() })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = time::duration(value)?;
        Ok(Self::new(seconds, nanos))
    }
}
