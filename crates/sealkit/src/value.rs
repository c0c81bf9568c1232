//! The values of inputs and outputs, independent of their Rust types.

mod json;
mod msgpack;
mod parse;
mod reference;
mod render;

use std::fmt;

pub(crate) use msgpack::{from_msgpack, to_msgpack};
pub use parse::{unknown_variant, variant_name};
pub use reference::Reference;

/// The value of an input or output, between a Rust type and Flyte's wire format.
///
/// It serializes to the JSON that the command line prints: times and `NaN` as text, files as their URI. It deserializes
/// from JSON and other self-describing formats.
///
/// # Examples
///
/// ```
/// use sealkit::{TaskType, Value};
///
/// assert_eq!(vec![1, 2].to_value()?, Value::List(vec![Value::Integer(1), Value::Integer(2)]));
/// assert_eq!(serde_json::to_string(&Value::Duration { seconds: 1, nanos: 500_000_000 }).unwrap(), "\"1.500s\"");
///
/// let value: Value = serde_json::from_str("300").unwrap();
/// let error = u8::from_value(value).unwrap_err();
/// assert_eq!(error.to_string(), "is out of range: expected 0 to 255");
/// # Ok::<(), sealkit::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The unit value `()`, or an absent optional value.
    None,
    /// A boolean.
    Boolean(bool),
    /// A signed integer of 64 bits.
    Integer(i64),
    /// A floating-point number of 64 bits.
    Float(f64),
    /// Text.
    String(String),
    /// A point in time: seconds since 1970-01-01T00:00:00Z, plus nanoseconds.
    Datetime {
        /// Seconds, negative before 1970.
        seconds: i64,
        /// Nanoseconds, from 0 to 999,999,999.
        nanos: u32,
    },
    /// A calendar date.
    Date {
        /// Days since 1970-01-01, negative before it.
        days: i64,
    },
    /// A duration. Both parts have the same sign.
    Duration {
        /// Seconds.
        seconds: i64,
        /// Nanoseconds, from -999,999,999 to 999,999,999.
        nanos: i32,
    },
    /// A file or directory.
    Reference(Reference),
    /// A list of values.
    List(Vec<Value>),
    /// Named values in order: a map, an object or a struct.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Returns the name of the value's type for messages. A message never shows the value itself.
    fn type_name(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Datetime { .. } => "a time",
            Self::Date { .. } => "a date",
            Self::Duration { .. } => "a duration",
            Self::Reference(_) => "a file or directory",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// The error of a value that does not have the expected type.
///
/// The message contains the path of the value, and never the value itself.
///
/// # Examples
///
/// ```
/// use sealkit::{TaskType, Value};
///
/// let value: Value = serde_json::from_str(r#"[1, "two"]"#).unwrap();
/// let error = Vec::<i64>::from_value(value).unwrap_err();
/// assert_eq!(error.path(), "1");
/// assert_eq!(error.problem(), "expected an integer, found a string");
/// assert_eq!(error.to_string(), "`1` expected an integer, found a string");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    path: String,
    problem: String,
    /// Whether the value is the default of an input.
    is_of_default: bool,
}

impl ValueError {
    /// Creates an error for the whole value, such as "is not a port".
    pub fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into(), is_of_default: false }
    }

    pub(crate) fn expected(expected: &str, found: &Value) -> Self {
        Self::new(format!("expected {expected}, found {}", found.type_name()))
    }

    /// Prepends a field name, an index or a key to the path.
    #[must_use]
    pub fn at(mut self, part: impl fmt::Display) -> Self {
        self.path = if self.path.is_empty() { part.to_string() } else { format!("{part}.{}", self.path) };
        self
    }

    /// Marks the error of the default of an input.
    pub(crate) fn of_default(mut self) -> Self {
        self.is_of_default = true;
        self
    }

    pub(crate) const fn is_of_default(&self) -> bool {
        self.is_of_default
    }

    /// Returns the message for an input of a task, whose name is the first part of the path.
    pub(crate) fn input_message(&self) -> String {
        self.message("input ")
    }

    /// Returns the message, with a word before the path.
    fn message(&self, word: &str) -> String {
        let owner = if self.is_of_default { "the default of " } else { "" };
        if self.path.is_empty() {
            return format!("{owner}{word}{}", self.problem);
        }
        // Keys may contain control characters.
        format!("{owner}{word}`{}` {}", sealkit_names::escape(&self.path), self.problem)
    }

    /// Returns the path of the value, such as `rows.3.name`. It is empty for the whole value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the problem without the path.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(""))
    }
}

impl std::error::Error for ValueError {}
