//! Numbers and booleans.

use std::fmt::{Display, LowerExp};

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

macro_rules! integers {
    ($($name:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl TaskType for $name {
            const TYPE: Type = Type::Integer;

            fn to_value(&self) -> Result<Value, ValueError> {
                i64::try_from(*self).map(Value::Integer).map_err(|_| {
                    ValueError::new("is too large: integers in Flyte are signed and have 64 bits")
                })
            }

            fn from_value(value: Value) -> Result<Self, ValueError> {
                // Values of `u64` are those that Flyte has.
                let out_of_range = || out_of_range(Self::MIN, i64::try_from(Self::MAX).unwrap_or(i64::MAX));
                match value {
                    Value::Integer(number) => Self::try_from(number).map_err(|_| out_of_range()),
                    Value::Float(number) if number.abs() >= TOO_LARGE => Err(out_of_range()),
                    // Another SDK may have written the whole number as a float.
                    Value::Float(number) => whole(number)
                        .ok_or_else(|| ValueError::new("expected an integer"))
                        .and_then(|number| Self::try_from(number).map_err(|_| out_of_range())),
                    other => Err(ValueError::expected("an integer", &other)),
                }
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

/// The first float above the integers of 64 bits: 2^63.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// The error for a number that is not between `min` and `max`.
pub(crate) fn out_of_range(min: impl Display, max: impl Display) -> ValueError {
    ValueError::new(format!("is out of range: expected {min} to {max}"))
}

/// The error for a float that is not between `min` and `max`, which would have hundreds of digits.
pub(crate) fn float_out_of_range(min: impl LowerExp, max: impl LowerExp) -> ValueError {
    out_of_range(format_args!("{min:e}"), format_args!("{max:e}"))
}

/// Returns `number` as an integer, if the conversion is exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[diagnostic::do_not_recommend]
impl TaskType for f64 {
    const TYPE: Type = Type::Float;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::Float(*self))
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::Float(number) => Ok(number),
            #[expect(clippy::cast_precision_loss, reason = "as Python's float does")]
            Value::Integer(number) => Ok(number as Self),
            // JSON has no literals for these; Flyte writes them as text.
            Value::String(text) if text == "NaN" => Ok(Self::NAN),
            Value::String(text) if text == "Infinity" => Ok(Self::INFINITY),
            Value::String(text) if text == "-Infinity" => Ok(Self::NEG_INFINITY),
            other => Err(ValueError::expected("a float", &other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for f32 {
    const TYPE: Type = Type::Float;

    fn to_value(&self) -> Result<Value, ValueError> {
        f64::from(*self).to_value()
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let number = f64::from_value(value)?;
        #[expect(clippy::cast_possible_truncation, reason = "`f32` is what the task takes")]
        let rounded = number as Self;
        if rounded.is_infinite() && number.is_finite() {
            return Err(float_out_of_range(Self::MIN, Self::MAX));
        }
        Ok(rounded)
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for bool {
    const TYPE: Type = Type::Boolean;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::Boolean(*self))
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::Boolean(truth) => Ok(truth),
            other => Err(ValueError::expected("a boolean", &other)),
        }
    }
}
