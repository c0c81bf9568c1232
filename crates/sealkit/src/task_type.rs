//! Task types: the types of inputs and outputs.

mod containers;
mod members;
mod numbers;
mod text;
pub(crate) mod time;
mod tuples;

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;

use std::{fmt, panic::catch_unwind};

use crate::value::{Value, ValueError};
pub use members::{CallInputs, Member, Members, NotSecret, TextDefault};
pub(crate) use numbers::{float_out_of_range, out_of_range};

/// A type of an input or output of a task.
///
/// | Rust | Flyte | on the command line and in JSON |
/// |---|---|---|
/// | `i8` … `i64`, `u8` … `u64`, `isize`, `usize` | integer (64 bits, signed) | `5` |
/// | `f32`, `f64` | float | `1.5`, `NaN` |
/// | `bool` | boolean | `true` |
/// | `String` | string | `text`, in JSON `"text"` |
/// | `SystemTime`, chrono's `DateTime<Utc>`, jiff's `Timestamp` | datetime | `2024-01-02T03:04:05Z` |
/// | chrono's `NaiveDate`, jiff's `civil::Date` | datetime at midnight UTC | `2024-01-02` |
/// | `Duration`, chrono's `TimeDelta`, jiff's `SignedDuration` | duration | `86400.5s`, `5m` |
/// | [`File`](crate::File), [`Dir`](crate::Dir) | blob | the path or the URI |
/// | `Option<T>` | union with none | absent or `null`; on the command line, `null` is text for `Option<String>` |
/// | `Vec<T>` | list | `[1, 2]` |
/// | `HashMap<String, T>`, `BTreeMap<String, T>` | map | `{"a": 1}` |
/// | `serde_json::Map<String, serde_json::Value>` | untyped struct | `{"a": 1}` |
/// | a fieldless enum with `#[derive(TaskType)]` | enum | `Red` |
/// | a struct with `#[derive(TaskType)]` | struct, equal to a Python dataclass | `{"a": 1}` |
/// | `()` | nothing | `null` |
/// | a tuple, only as the output of a task | the outputs `o0`, `o1`, … | `{"o0": 1, "o1": "a"}` |
/// | a struct with `#[derive(TaskType)] #[task_type(outputs)]`, only as the output of a task | outputs with the names of its fields, as of a Python `NamedTuple` | `{"rows": 1}` |
///
/// The literals are equal to those of the official Python SDK for the same values. Integers outside the range of `i64`
/// are errors. [`SecretValue`](crate::SecretValue) is not a task type, so a task that returns one does not compile.
///
/// # Examples
///
/// Structs and enums use [`#[derive(TaskType)]`](derive@crate::TaskType). For any other type, implement the trait with
/// one of the types above:
///
/// ```
/// use sealkit::{TaskType, Type, Value, ValueError};
///
/// #[derive(Debug)]
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
/// assert_eq!(Port(80).to_value()?, Value::Integer(80));
///
/// let error = Port::from_value(Value::Integer(70_000)).unwrap_err();
/// assert_eq!(error.to_string(), "is out of range: expected 0 to 65535");
/// # Ok::<(), ValueError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an input or output of a task",
    label = "not a task type",
    note = "add `#[derive(sealkit::TaskType)]` to your own types, including those in `Vec`, `Option` or a map",
    note = "the documentation of `sealkit::TaskType` lists all other task types"
)]
pub trait TaskType: Sized {
    /// The type in the task's interface.
    const TYPE: Type;

    /// Converts the Rust value to a Flyte value.
    ///
    /// # Errors
    ///
    /// Returns an error if Flyte cannot represent the value, such as an integer above `i64::MAX`.
    fn to_value(&self) -> Result<Value, ValueError>;

    /// Converts a Flyte value to the Rust value.
    ///
    /// # Errors
    ///
    /// Returns an error if `value` has another type or is out of range.
    fn from_value(value: Value) -> Result<Self, ValueError>;

    #[doc(hidden)]
    const __MEMBER: Member<Self> = Member::new();
}

/// The type of an input, output or field in the interface of a task.
///
/// A simple type serializes to its name, such as `"integer"`. The others serialize to `{"list": T}`, `{"map": T}`,
/// `{"optional": T}`, `{"enum": {"name", "variants"}}` and `{"struct": {"name", "fields": [{"name", "type"}]}}`.
///
/// # Examples
///
/// ```
/// use sealkit::TaskType;
///
/// let r#type = Option::<Vec<i64>>::TYPE;
/// assert!(r#type.is_optional());
/// assert_eq!(r#type.to_string(), "optional list of integer");
/// assert_eq!(serde_json::to_string(&r#type).unwrap(), r#"{"optional":{"list":"integer"}}"#);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Type {
    /// The unit type `()`.
    None,
    /// A signed integer of 64 bits.
    Integer,
    /// A floating-point number of 64 bits.
    Float,
    /// A boolean.
    Boolean,
    /// A string.
    String,
    /// A point in time.
    Datetime,
    /// A calendar date.
    Date,
    /// A duration.
    Duration,
    /// An untyped JSON object.
    Object,
    /// A file, with the name of its format, such as `csv`, or an empty name.
    File(&'static str),
    /// A directory, with the name of the format of its files, or an empty name.
    Dir(&'static str),
    /// A list with elements of one type.
    List(&'static Type),
    /// A map from strings to one type.
    Map(&'static Type),
    /// A type whose value may be absent.
    Optional(&'static Type),
    /// An enum without data.
    Enum(&'static EnumType),
    /// A struct with named fields.
    Struct(&'static StructType),
    /// Several outputs of a task: a tuple, or a struct with `#[task_type(outputs)]`.
    Outputs(&'static [Variable]),
}

/// The name and the variants of an enum.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EnumType {
    /// The name of the enum.
    pub name: &'static str,
    /// The names of its variants.
    pub variants: &'static [&'static str],
}

impl EnumType {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, variants: &'static [&'static str]) -> Self {
        Self { name, variants }
    }
}

/// The name and the fields of a struct.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StructType {
    /// The name of the struct.
    pub name: &'static str,
    /// The fields, in the order of their declaration.
    pub fields: &'static [Variable],
}

impl StructType {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, fields: &'static [Variable]) -> Self {
        Self { name, fields }
    }
}

/// An input, an output, or a field of a struct: a name and a type, and for an input its doc comment and its default.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub r#type: Type,
    /// The doc comment of an input, or an empty string.
    pub docs: &'static str,
    /// Returns the default of an input.
    pub(crate) default: Option<fn() -> Result<Value, ValueError>>,
}

impl Variable {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, r#type: Type) -> Self {
        Self { name, r#type, docs: "", default: None }
    }

    /// Returns the default of an input: `#[default(…)]` of [`task`](macro@crate::task).
    ///
    /// # Errors
    ///
    /// Returns an error if Flyte has no value for the default, or if its expression panics.
    pub fn default_value(&self) -> Option<Result<Value, ValueError>> {
        let default = call_default(self.default?).and_then(|value| value);
        Some(default.map_err(|error| error.at(self.name).of_default()))
    }

    /// Whether a call by name needs no value.
    pub const fn is_optional(&self) -> bool {
        self.default.is_some() || self.r#type.is_optional()
    }

    /// Returns the value of an input that a call by name leaves out, unless it has to be given.
    pub(crate) fn value_if_absent(&self) -> Option<Result<Value, ValueError>> {
        self.default_value().or_else(|| self.r#type.is_optional().then_some(Ok(Value::None)))
    }
}

/// Calls the function of a default. A panic is an error.
fn call_default<T>(default: fn() -> T) -> Result<T, ValueError> {
    catch_unwind(default).map_err(|_| ValueError::new("panicked"))
}

impl Type {
    /// Whether the value may be absent.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Optional(_) | Self::None)
    }

    /// Checks that the type is that of one value, and so are its parts.
    ///
    /// # Panics
    ///
    /// Panics at compile time if it stands for several outputs, or if a value could be absent for two reasons.
    #[track_caller]
    #[expect(clippy::panic, reason = "runs at compile time only")]
    pub(crate) const fn check_one(self) {
        match self {
            Self::Outputs(_) => panic!(
                "a tuple, or a struct with `#[task_type(outputs)]`, is only allowed as the whole return value of a task: use a struct \
                 with only `#[derive(TaskType)]`"
            ),
            Self::Optional(Self::Optional(_)) => {
                panic!("`Option<Option<T>>` cannot be an input or output of a task: use `Option<T>`")
            }
            Self::Optional(Self::None) => {
                panic!("`Option<()>` cannot be an input or output of a task: use `bool`")
            }
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => inner.check_one(),
            _ => {}
        }
    }

    /// Checks that the type can be what a task returns.
    ///
    /// # Panics
    ///
    /// Panics at compile time if a part of it stands for several outputs.
    #[track_caller]
    pub(crate) const fn check_returned(self) {
        let Self::Outputs(outputs) = self else { return self.check_one() };
        let mut i = 0;
        while i < outputs.len() {
            outputs[i].r#type.check_one();
            i += 1;
        }
    }

    /// Whether the type contains a file or a directory.
    pub(crate) const fn has_file(self) -> bool {
        match self {
            Self::File(_) | Self::Dir(_) => true,
            Self::List(inner) | Self::Map(inner) | Self::Optional(inner) => inner.has_file(),
            _ => false,
        }
    }
}

/// The form for messages, such as `list of integer`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sealkit_protocol::description::Type::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_that_panics_is_an_error() {
        let default: fn() -> Result<Value, ValueError> =
            || Ok(Value::Integer([1_i64].get(1).copied().unwrap()));
        let input = Variable { default: Some(default), ..Variable::__new("n", Type::Integer) };
        let error = input.default_value().unwrap().unwrap_err();
        assert_eq!((error.path(), error.problem()), ("n", "panicked"));
        assert_eq!(error.to_string(), "the default of `n` panicked");
    }
}
