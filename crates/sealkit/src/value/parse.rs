//! Reading a value from what a person types.

use super::{Value, ValueError};
use crate::{TaskType, Type};

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
