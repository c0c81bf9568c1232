//! Parses values from command-line text.

use std::num::{IntErrorKind, ParseIntError};

use super::{Reference, Value, ValueError};
use crate::{
    TaskType, Type,
    task_type::{float_out_of_range, out_of_range, time},
};

impl Value {
    /// Parses `text` as a value of type `expected`.
    ///
    /// Lists, maps, objects and structs are JSON. All other types are plain text. `null` is an optional value that is absent, unless
    /// the value could be this text.
    pub(crate) fn parse(expected: Type, text: &str) -> Result<Self, ValueError> {
        match expected {
            Type::Optional(inner) if text == "null" && !has_text_null(*inner) => Ok(Self::None),
            Type::Optional(inner) => Self::parse(*inner, text),
            Type::None => Err(ValueError::new("takes no value")),
            // The conversion to the type checks times and variants of enums.
            Type::String
            | Type::Enum(_)
            | Type::Datetime
            | Type::Date
            | Type::Duration
            | Type::File(_)
            | Type::Dir(_) => Ok(Self::String(text.to_owned())),
            Type::Integer => {
                text.parse().map(Self::Integer).map_err(|error: ParseIntError| match error.kind() {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => out_of_range(i64::MIN, i64::MAX),
                    _ => ValueError::new("expected a 64-bit integer, such as `-5`"),
                })
            }
            Type::Float => match text.parse::<f64>() {
                // Infinity is written in letters.
                Ok(number) if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
                    Err(float_out_of_range(f64::MIN, f64::MAX))
                }
                Ok(number) => Ok(Self::Float(number)),
                Err(_) => Err(ValueError::new("expected a float, such as `1.5`")),
            },
            Type::Boolean => {
                text.parse().map(Self::Boolean).map_err(|_| ValueError::new("expected `true` or `false`"))
            }
            Type::List(_) | Type::Map(_) | Type::Object | Type::Struct(_) | Type::Outputs(_) => {
                let example = if matches!(expected, Type::List(_)) { "[…]" } else { "{…}" };
                serde_json::from_str(text).map_err(|error| json_error(&error, example))
            }
        }
    }
}

/// The error for text that is not JSON, such as `example`, or for JSON that is not a [`Value`].
fn json_error(error: &serde_json::Error, example: &str) -> ValueError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let reason = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let reason = match reason {
        // Only the deserialization of `Value` has errors of this category.
        _ if error.is_data() => reason.to_owned(),
        "number out of range" => format!("a float {}", float_out_of_range(f64::MIN, f64::MAX)),
        "recursion limit exceeded" => "it is nested too deeply: expected less than 128 levels".to_owned(),
        // The text of other errors may show the input.
        _ => {
            let problem =
                format!("expected JSON, such as `{example}`: syntax error at line {line}, column {column}");
            return ValueError::new(problem);
        }
    };
    ValueError::new(format!("is invalid at line {line}, column {column}: {reason}"))
}

/// Returns whether the text `null` is a value of this type.
fn has_text_null(of: Type) -> bool {
    match of {
        Type::String | Type::File(_) | Type::Dir(_) => true,
        Type::Enum(of) => of.variants.contains(&"null"),
        Type::Optional(inner) => has_text_null(*inner),
        _ => false,
    }
}

impl Value {
    /// Converts a parsed value to type `expected`: text may be a time, a variant of an enum or a URI.
    pub(crate) fn of_type(self, expected: Type) -> Result<Self, ValueError> {
        match (expected, self) {
            (Type::Optional(_), Self::None) => Ok(Self::None),
            (Type::Optional(inner), value) => value.of_type(*inner),
            (Type::List(inner), Self::List(items)) => {
                let items = items.into_iter().enumerate();
                let item = |(i, item): (usize, Self)| item.of_type(*inner).map_err(|error| error.at(i));
                items.map(item).collect::<Result<_, _>>().map(Self::List)
            }
            (Type::Map(inner), Self::Map(entries)) => {
                let entry = |(key, item): (String, Self)| match item.of_type(*inner) {
                    Ok(item) => Ok((key, item)),
                    Err(error) => Err(error.at(key)),
                };
                entries.into_iter().map(entry).collect::<Result<_, _>>().map(Self::Map)
            }
            (Type::Datetime, value) => {
                let (seconds, nanos) = time::datetime(value)?;
                Ok(Self::Datetime { seconds, nanos })
            }
            (Type::Date, value) => time::date(value).map(|days| Self::Date { days }),
            (Type::Duration, value) => {
                let (seconds, nanos) = time::duration(value)?;
                Ok(Self::Duration { seconds, nanos })
            }
            (Type::Enum(of), Self::String(variant)) if !of.variants.contains(&&*variant) => {
                Err(unknown_variant(of.variants))
            }
            (Type::File(_) | Type::Dir(_), Self::String(uri)) => Ok(Self::Reference(Reference::new(uri))),
            (Type::Float, value) => f64::from_value(value).map(Self::Float),
            (Type::Integer, value) => i64::from_value(value).map(Self::Integer),
            // The fields of structs stay as they are: MessagePack has times as text.
            (_, value) => Ok(value),
        }
    }
}

/// Returns the name of an enum's variant.
///
/// # Errors
///
/// Returns an error if `value` is not text.
pub fn variant_name(value: Value) -> Result<String, ValueError> {
    String::from_value(value)
}

/// The error for a name that is not one of `variants`.
pub fn unknown_variant(variants: &[&str]) -> ValueError {
    let names: Vec<String> = variants.iter().map(|name| format!("`{name}`")).collect();
    ValueError::new(format!("expected one of {}", names.join(", ")))
}
