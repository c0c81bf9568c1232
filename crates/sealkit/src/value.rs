//! The values of inputs and outputs, whatever their Rust types.

mod json;
mod msgpack;
mod parse;
mod render;

use std::fmt;

pub(crate) use msgpack::{from_msgpack, to_msgpack};
pub use parse::{not_one_of, word};

/// The value of an input or output, between a Rust type and what goes over the wire.
///
/// It serializes as JSON is shown to people: times as text, `NaN` as text, files as their URI.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    None,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    String(String),
    /// A point in time: seconds since 1970-01-01T00:00:00Z, and nanoseconds counted forward from there.
    Datetime {
        /// Whole seconds.
        seconds: i64,
        /// Nanoseconds, below 1,000,000,000.
        nanos: u32,
    },
    /// A day.
    Date {
        /// Days since 1970-01-01.
        days: i64,
    },
    /// A length of time; both parts have its sign.
    Duration {
        /// Whole seconds.
        seconds: i64,
        /// Nanoseconds, below 1,000,000,000 either way.
        nanos: i32,
    },
    /// The URI of a file or directory.
    Reference(String),
    /// Several values.
    List(Vec<Value>),
    /// Values by name, in their order.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// What the value is called in messages, which never show the value.
    fn called(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Boolean(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::String(_) => "text",
            Self::Datetime { .. } => "a time",
            Self::Date { .. } => "a day",
            Self::Duration { .. } => "a length of time",
            Self::Reference(_) => "a URI",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// Why a value is none of the expected type; it tells where, and never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    path: String,
    problem: String,
}

impl ValueError {
    /// The value as a whole has this problem.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }

    pub(crate) fn expected(expected: &str, found: &Value) -> Self {
        Self::new(format!("expected {expected}, found {}", found.called()))
    }

    /// The value with the problem is a part of another one: its field, element or key.
    #[must_use]
    pub fn at(mut self, part: impl fmt::Display) -> Self {
        self.path = if self.path.is_empty() { part.to_string() } else { format!("{part}.{}", self.path) };
        self
    }

    /// Where the problem is, as `rows.3.name`; empty for the value as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the problem is.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            // Keys come from outside.
            let path: String = self.path.chars().take(200).flat_map(char::escape_debug).collect();
            write!(f, "`{path}` ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ValueError {}
