//! The types that tasks take and return.

mod containers;
mod files;
mod members;
mod numbers;
mod text;
pub(crate) mod time;

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::value::{Value, ValueError};
pub use files::{Dir, File};
pub use members::{Member, Members};

/// A type that a task can take or return.
///
/// | Rust | in Flyte | as text, and in JSON |
/// |---|---|---|
/// | `i8` … `i64`, `u8` … `u64`, `isize`, `usize` | integer (64 bits, signed) | `5` |
/// | `f32`, `f64` | float | `1.5`, `NaN` |
/// | `bool` | boolean | `true` |
/// | `String` | string | the text itself |
/// | `SystemTime`, chrono's `DateTime<Utc>`, jiff's `Timestamp` | datetime | `2024-01-02T03:04:05Z` |
/// | chrono's `NaiveDate`, jiff's `civil::Date` | datetime at midnight UTC | `2024-01-02` |
/// | `Duration`, chrono's `TimeDelta`, jiff's `SignedDuration` | duration | `86400.5s` |
/// | [`File`], [`Dir`] | blob | its URI |
/// | `Option<T>` | union with none | absent or `null` |
/// | `Vec<T>` | list | `[1, 2]` |
/// | `HashMap<String, T>`, `BTreeMap<String, T>` | map | `{"a": 1}` |
/// | `serde_json::Map<String, serde_json::Value>` | untyped struct | `{"a": 1}` |
/// | a fieldless enum with `#[derive(TaskType)]` | enum of the variants' names | `Red` |
/// | a struct with `#[derive(TaskType)]` | struct, as a Python dataclass | `{"a": 1}` |
/// | `()` | nothing | `null` |
///
/// [`SecretValue`](crate::SecretValue) is none of them, so a task that returns one does not compile.
///
/// Another type becomes one by saying which of these it is:
///
/// ```
/// use sealkit::{TaskType, Type, Value, ValueError};
///
/// struct Port(u16);
///
/// impl TaskType for Port {
///     const TYPE: Type = u16::TYPE;
///
///     fn to_value(&self) -> Result<Value, ValueError> {
///         self.0.to_value()
///     }
///
///     fn from_value(value: Value) -> Result<Self, ValueError> {
///         u16::from_value(value).map(Self)
///     }
/// }
///
/// assert_eq!(Port::from_value(Value::Integer(70_000)).map(drop).unwrap_err().to_string(), "is out of range: expected 0 to 65535");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an input or output of a task",
    label = "not a type that may enter or leave a task",
    note = "inputs and outputs leave the process and are shown to people: a secret must not be among them; return a fact about it, such as its length, or a reference to it",
    note = "a type of your own becomes one with `#[derive(sealkit::TaskType)]`"
)]
pub trait TaskType: Sized {
    /// What the interface says of the type.
    const TYPE: Type;

    /// The value as it leaves a task.
    ///
    /// # Errors
    ///
    /// When Flyte has no such value.
    fn to_value(&self) -> Result<Value, ValueError>;

    /// The value as it enters a task.
    ///
    /// # Errors
    ///
    /// When `value` is none of this type.
    fn from_value(value: Value) -> Result<Self, ValueError>;
}

/// What the interface of a task says of a [`TaskType`].
///
/// Serialized, a simple type is its word (`"integer"`), and the others are
/// `{"list": T}`, `{"map": T}`, `{"optional": T}`, `{"enum": {"name", "variants"}}` and
/// `{"struct": {"name", "fields": [{"name", "type"}]}}`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Type {
    /// Nothing.
    None,
    /// A whole number of 64 bits.
    Integer,
    /// A number of 64 bits.
    Float,
    /// True or false.
    Boolean,
    /// Text.
    String,
    /// A point in time.
    Datetime,
    /// A day.
    Date,
    /// A length of time.
    Duration,
    /// A free-form object.
    Object,
    /// A file elsewhere.
    File,
    /// A directory elsewhere.
    Dir,
    /// A list of one type.
    List(&'static Type),
    /// A map of text to one type.
    Map(&'static Type),
    /// A type, or nothing.
    Optional(&'static Type),
    /// One of several words.
    Enum(&'static EnumType),
    /// Named fields.
    Struct(&'static StructType),
}

/// The words of an enum.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EnumType {
    /// The name of the enum.
    pub name: &'static str,
    /// The names of its variants.
    pub variants: &'static [&'static str],
}

/// The fields of a struct.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StructType {
    /// The name of the struct.
    pub name: &'static str,
    /// Its fields, in the order of their declaration.
    pub fields: &'static [Variable],
}

/// A name and its type: an input, an output, or a field of a struct.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub r#type: Type,
}

impl Type {
    /// Whether a value may be left out.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Optional(_) | Self::None)
    }

    /// The word for a type without parts.
    pub(crate) const fn word(self) -> &'static str {
        match self {
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
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional",
            Self::Enum(_) => "enum",
            Self::Struct(_) => "struct",
        }
    }

    /// Whether a file or directory is somewhere in it.
    pub(crate) const fn has_file(self) -> bool {
        match self {
            Self::File | Self::Dir => true,
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => inner.has_file(),
            _ => false,
        }
    }
}

/// For people: `list of integer`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(inner) => write!(f, "list of {inner}"),
            Self::Map(inner) => write!(f, "map of {inner}"),
            Self::Optional(inner) => write!(f, "optional {inner}"),
            Self::Enum(EnumType { variants, .. }) => f.write_str(&variants.join("|")),
            Self::Struct(StructType { name, fields }) => {
                write!(f, "{name} {{")?;
                for (i, field) in fields.iter().enumerate() {
                    write!(f, "{} {}: {}", if i > 0 { "," } else { "" }, field.name, field.r#type)?;
                }
                f.write_str(" }")
            }
            simple => f.write_str(simple.word()),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = self.word();
        if !matches!(self, Self::List(_) | Self::Map(_) | Self::Optional(_) | Self::Enum(_) | Self::Struct(_))
        {
            return serializer.serialize_str(word);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => {
                map.serialize_entry(word, inner)?;
            }
            Self::Enum(inner) => map.serialize_entry(word, inner)?,
            Self::Struct(inner) => map.serialize_entry(word, inner)?,
            _ => {}
        }
        map.end()
    }
}
