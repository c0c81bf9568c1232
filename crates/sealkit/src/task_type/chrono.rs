//! Task types for chrono.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{TaskType, Type, time};
use crate::value::{Value, ValueError};

#[diagnostic::do_not_recommend]
impl TaskType for DateTime<Utc> {
    const TYPE: Type = Type::Datetime;

    fn to_value(&self) -> Result<Value, ValueError> {
        // chrono represents a leap second with more than 999,999,999 nanoseconds, which Flyte does not allow.
        let nanos = self.timestamp_subsec_nanos().min(999_999_999);
        Ok(Value::Datetime { seconds: self.timestamp(), nanos })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = time::datetime(value)?;
        Self::from_timestamp(seconds, nanos)
            .ok_or_else(|| ValueError::new("is outside the range of chrono's `DateTime`"))
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for NaiveDate {
    const TYPE: Type = Type::Date;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::Date { days: (*self - Self::default()).num_days() })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let days = time::date(value)?;
        TimeDelta::try_days(days)
            .and_then(|days| Self::default().checked_add_signed(days))
            .ok_or_else(|| ValueError::new("is outside the range of chrono's `NaiveDate`"))
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for TimeDelta {
    const TYPE: Type = Type::Duration;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::Duration { seconds: self.num_seconds(), nanos: self.subsec_nanos() })
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let (seconds, nanos) = time::duration(value)?;
        Self::try_seconds(seconds)
            .and_then(|seconds| seconds.checked_add(&Self::nanoseconds(nanos.into())))
            .ok_or_else(|| ValueError::new("is outside the range of chrono's `TimeDelta`"))
    }
}
