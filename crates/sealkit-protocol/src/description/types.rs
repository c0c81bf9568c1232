//! The types of inputs and outputs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Variable;

/// The type of an input or output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// No value.
    None,
    /// An integer.
    Integer,
    /// A floating-point number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A date and time.
    Datetime,
    /// A date.
    Date,
    /// A duration.
    Duration,
    /// A JSON object.
    Object,
    /// A file.
    File,
    /// A directory.
    Dir,
    /// A list.
    List(Box<Self>),
    /// A map with text as keys.
    Map(Box<Self>),
    /// A value that can be absent.
    Optional(Box<Self>),
    /// One of several names.
    Enum {
        /// The name.
        name: String,
        /// The names of the variants.
        variants: Vec<String>,
    },
    /// A struct.
    Struct {
        /// The name.
        name: String,
        /// The fields.
        fields: Vec<Variable>,
    },
}

impl Type {
    /// Returns whether it contains a file or a directory.
    pub fn has_file(&self) -> bool {
        match self {
            Self::File | Self::Dir => true,
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => inner.has_file(),
            _ => false,
        }
    }

    /// Returns its name: like [`Display`](fmt::Display), but a struct is only named.
    pub fn short_name(&self) -> String {
        match self {
            Self::List(inner) => format!("list of {}", inner.short_name()),
            Self::Map(inner) => format!("map of {}", inner.short_name()),
            Self::Optional(inner) => format!("optional {}", inner.short_name()),
            Self::Struct { name, .. } => name.clone(),
            other => other.to_string(),
        }
    }
}

/// The type as in messages, such as `list of integer`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::None => "none",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Datetime => "datetime",
            Self::Date => "date",
            Self::Duration => "duration",
            Self::Object => "object",
            Self::File => "file",
            Self::Dir => "dir",
            Self::List(inner) => return write!(f, "list of {inner}"),
            Self::Map(inner) => return write!(f, "map of {inner}"),
            Self::Optional(inner) => return write!(f, "optional {inner}"),
            Self::Enum { variants, .. } => return f.write_str(&variants.join("|")),
            Self::Struct { name, fields } => {
                write!(f, "{name} {{")?;
                for (i, field) in fields.iter().enumerate() {
                    write!(f, "{} {}: {}", if i > 0 { "," } else { "" }, field.name, field.r#type)?;
                }
                " }"
            }
        };
        f.write_str(name)
    }
}
