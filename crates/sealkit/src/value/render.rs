//! Serialization of values: JSON for the command line, MessagePack for Flyte.

use sealkit_idl::prost_types::{Duration, Timestamp};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::Value;

/// The style of times and special numbers.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// The JSON mapping of protobuf: `2024-01-02T03:04:05Z`, `1.5s`, `"NaN"`.
    Json,
    /// Python's dataclass encoder: `2024-01-02T03:04:05+00:00`, durations in seconds as a number, NaN as a number.
    Msgpack,
}

/// A value with a style.
pub(super) struct Rendered<'a>(pub(super) &'a Value, pub(super) Style);

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, style) = *self;
        match value {
            Value::None => serializer.serialize_unit(),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Float(number) => match (style, special(*number)) {
                (Style::Json, Some(text)) => serializer.serialize_str(text),
                _ => serializer.serialize_f64(*number),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::Reference(reference) => serializer.serialize_str(reference.uri()),
            Value::Datetime { seconds, nanos } => {
                let text = timestamp(*seconds, *nanos);
                match style {
                    Style::Json => serializer.serialize_str(&text),
                    Style::Msgpack => serializer.serialize_str(&isoformat(&text)),
                }
            }
            Value::Date { days } => {
                let text = timestamp(days.saturating_mul(86_400), 0);
                serializer.serialize_str(text.split('T').next().unwrap_or(&text))
            }
            Value::Duration { seconds, nanos } => match style {
                Style::Json => {
                    serializer.serialize_str(&Duration { seconds: *seconds, nanos: *nanos }.to_string())
                }
                #[expect(clippy::cast_precision_loss, reason = "Python writes total_seconds(), a float")]
                Style::Msgpack => {
                    // Microseconds divided once, as timedelta.total_seconds does, so that rounding is equal.
                    let micros = i128::from(*seconds) * 1_000_000 + i128::from(*nanos / 1_000);
                    serializer.serialize_f64(micros as f64 / 1e6)
                }
            },
            Value::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(&Rendered(item, style))?;
                }
                sequence.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    map.serialize_entry(key, &Rendered(item, style))?;
                }
                map.end()
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Rendered(self, Style::Json).serialize(serializer)
    }
}

fn timestamp(seconds: i64, nanos: u32) -> String {
    Timestamp { seconds, nanos: nanos.min(999_999_999).cast_signed() }.to_string()
}

fn special(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("NaN")
    } else if number.is_infinite() {
        Some(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        None
    }
}

/// Converts RFC 3339 to the form of Python's `isoformat`: no fraction or six digits, and `+00:00`.
fn isoformat(rfc3339: &str) -> String {
    let bare = rfc3339.trim_end_matches('Z');
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    match format!("{fraction:0<6}").get(..6) {
        None | Some("000000") => format!("{whole}+00:00"),
        Some(micros) => format!("{whole}.{micros}+00:00"),
    }
}
