//! Reading a value from what a person types.

use super::{Value, ValueError};
use crate::{TaskType, Type, task_type::time};

impl Value {
    /// The value of type `expected` that `text` stands for.
    ///
    /// Simple types are written as they are; lists, maps, objects and structs are JSON.
    pub(crate) fn parse(expected: Type, text: &str) -> Result<Self, ValueError> {
        match expected {
            Type::Optional(inner) => Self::parse(*inner, text),
            Type::None => Err(ValueError::new("takes no value")),
            // Times and the words of enums are judged by their type.
            Type::String
            | Type::Enum(_)
            | Type::Datetime
            | Type::Date
            | Type::Duration
            | Type::File
            | Type::Dir => Ok(Self::String(text.to_owned())),
            Type::Integer => {
                let expected = "expected a whole number of 64 bits, as `-5`";
                text.parse().map(Self::Integer).map_err(|_| ValueError::new(expected))
            }
            Type::Float => {
                text.parse().map(Self::Float).map_err(|_| ValueError::new("expected a number, as `1.5`"))
            }
            Type::Boolean => {
                text.parse().map(Self::Boolean).map_err(|_| ValueError::new("expected `true` or `false`"))
            }
            Type::List(_) | Type::Map(_) | Type::Object | Type::Struct(_) => {
                let example = if matches!(expected, Type::List(_)) { "[…]" } else { "{…}" };
                serde_json::from_str(text).map_err(|error| {
                    // The position says where; the text itself might show what was typed.
                    let place = format!("line {}, column {}", error.line(), error.column());
                    ValueError::new(format!("expected JSON, as `{example}`; the mistake is at {place}"))
                })
            }
        }
    }
}

impl Value {
    /// The same as Flyte carries it for type `expected`: what a person writes as text may be a time, a word or a URI.
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
            (Type::Enum(words), Self::String(word)) if !words.variants.contains(&&*word) => {
                Err(not_one_of(words.variants))
            }
            (Type::File | Type::Dir, Self::String(uri)) => Ok(Self::Reference(uri)),
            (Type::Float, value) => f64::from_value(value).map(Self::Float),
            (Type::Integer, value) => i64::from_value(value).map(Self::Integer),
            // Structs are MessagePack, which has text for times, too.
            (_, value) => Ok(value),
        }
    }
}

/// The word that `value` is, for enums.
///
/// # Errors
///
/// When it is no text.
pub fn word(value: Value) -> Result<String, ValueError> {
    String::from_value(value)
}

/// What is wrong with a word that is none of `variants`.
pub fn not_one_of(variants: &[&str]) -> ValueError {
    let words: Vec<String> = variants.iter().map(|word| format!("`{word}`")).collect();
    ValueError::new(format!("expected one of {}", words.join(", ")))
}
