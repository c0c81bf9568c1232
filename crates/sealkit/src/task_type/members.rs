//! Named values: the inputs of a task and the fields of a struct.

use std::marker::PhantomData;

use super::{TaskType, Type, Variable, call_default};
use crate::value::{Value, ValueError};

/// The inputs of a call.
#[derive(Debug, Default)]
pub struct CallInputs {
    pub(crate) values: Vec<(Variable, Value)>,
    /// Set if Flyte has no value for one of them.
    pub(crate) error: Option<Box<ValueError>>,
}

/// Values by name. Generated code takes them out one after the other.
#[derive(Debug, Default)]
pub struct Members(Vec<(String, Value)>);

impl Members {
    pub(crate) fn new(values: Vec<(String, Value)>) -> Self {
        Self(values)
    }

    /// Returns the members of a map.
    ///
    /// # Errors
    ///
    /// Returns an error if `value` is not a map.
    pub fn of(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::Map(members) => Ok(Self(members)),
            other => Err(ValueError::expected("an object", &other)),
        }
    }

    /// Removes a member and returns its value.
    fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(index).1)
    }

    /// Checks that no members are left.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first unknown member.
    pub fn end(self, known: &[Variable]) -> Result<(), ValueError> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        let near = sealkit_names::nearest(name, known.iter().map(|member| member.name));
        let suggestion = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        Err(ValueError::new(format!("is unknown{suggestion}")).at(name))
    }
}

/// A member of a call or a struct, or the output of a task.
///
/// Generated code takes it from [`TaskType`] and uses it without bounds, so that the compiler reports a missing
/// implementation once.
#[derive(Debug)]
pub struct Member<T> {
    /// The name and type.
    pub variable: Variable,
    /// The member as the output of a task; `()` is no output.
    pub outputs: &'static [Variable],
    default: Option<fn() -> T>,
    to_value: fn(&T) -> Result<Value, ValueError>,
    from_value: fn(Option<Value>) -> Result<T, ValueError>,
}

impl<T> Member<T> {
    /// Creates a member without a name.
    pub(crate) const fn new() -> Self
    where
        T: TaskType,
    {
        let from_value = |value: Option<Value>| match value {
            Some(value) => T::from_value(value),
            None if T::TYPE.is_optional() => T::from_value(Value::None),
            None => Err(ValueError::new("is missing")),
        };
        let variable = Variable::__new("", T::TYPE);
        let (default, to_value) = (None, T::to_value);
        Self { variable, outputs: Outputs::<T>::VARIABLES, default, to_value, from_value }
    }

    /// Sets the name of an input, or of an output among several.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the type stands for several outputs.
    #[must_use]
    #[track_caller]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.variable.r#type.check_one();
        self.variable.name = name;
        self
    }

    /// Checks what a task returns.
    ///
    /// # Panics
    ///
    /// Panics at compile time if a part of it stands for several outputs.
    #[must_use]
    #[track_caller]
    pub const fn returned(self) -> Self {
        self.variable.r#type.check_returned();
        self
    }

    /// Sets the documentation of an input.
    #[must_use]
    pub const fn documented(mut self, docs: &'static str) -> Self {
        self.variable.docs = docs;
        self
    }

    /// Sets the default of an input, as a Rust value and as a Flyte value.
    #[must_use]
    pub const fn or(mut self, default: fn() -> T, value: fn() -> Result<Value, ValueError>) -> Self {
        self.default = Some(default);
        self.variable.default = Some(value);
        self
    }

    /// Sets the name of a field.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the type contains a file or a directory.
    #[must_use]
    #[track_caller]
    pub const fn field(self, name: &'static str) -> Self {
        assert!(
            !self.variable.r#type.has_file(),
            "a `File` or `Dir` cannot be a field of a struct: make it an input of its own"
        );
        self.named(name)
    }

    /// Converts a Rust value to a Flyte value.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has no Flyte value.
    pub fn convert(&self, value: &T) -> Result<Value, ValueError> {
        (self.to_value)(value)
    }

    /// Converts a Flyte value to a Rust value.
    pub(crate) fn parse(&self, value: Value) -> Result<T, ValueError> {
        (self.from_value)(Some(value))
    }

    /// Converts `value` to an entry of a map.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has no Flyte value.
    pub fn to_entry(&self, value: &T) -> Result<(String, Value), ValueError> {
        let name = self.variable.name;
        Ok((name.to_owned(), (self.to_value)(value).map_err(|error| error.at(name))?))
    }

    /// Adds `value` to the inputs of a call.
    pub fn record(&self, value: &T, inputs: &mut CallInputs) {
        match (self.to_value)(value) {
            Ok(value) => inputs.values.push((self.variable, value)),
            Err(error) => inputs.error = Some(Box::new(error.at(self.variable.name))),
        }
    }

    /// Takes this member out of `members`.
    ///
    /// # Errors
    ///
    /// Returns an error if the member is missing or has the wrong type, or if its default panics.
    pub fn take(&self, members: &mut Members) -> Result<T, ValueError> {
        let name = self.variable.name;
        let value = members.remove(name);
        if let (None, Some(default)) = (&value, self.default) {
            return call_default(default).map_err(|error| error.at(name).of_default());
        }
        (self.from_value)(value).map_err(|error| error.at(name))
    }

    /// Converts this member of `members`, if it is there, and adds the error.
    pub fn check(&self, members: &mut Members, errors: &mut Vec<ValueError>) {
        let name = self.variable.name;
        let converted = members.remove(name).map(|value| self.parse(value));
        errors.extend(converted.and_then(Result::err).map(|error| error.at(name)));
    }
}

/// The interface of a task with the output `T`.
struct Outputs<T>(PhantomData<T>);

impl<T: TaskType> Outputs<T> {
    const VARIABLES: &'static [Variable] = match T::TYPE {
        Type::None => &[],
        Type::Outputs(outputs) => outputs,
        _ => &[Variable::__new("o0", T::TYPE)],
    };
}

/// A type whose default can be a string literal, `#[default("…")]`: every type that can be made from one.
#[diagnostic::on_unimplemented(
    message = "the default of an input of type `{Self}` cannot be a string literal",
    label = "expected a value of type `{Self}`",
    note = "write a Rust value, as in `#[default(3)]`, `#[default(Some(\"a\".to_owned()))]` or `#[default(File::new(\"s3://bucket/a.csv\"))]`"
)]
pub trait TextDefault {
    /// Returns the default.
    fn from_text(text: &'static str) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> TextDefault for T {
    fn from_text(text: &'static str) -> Self {
        text.into()
    }
}

/// A type that contains no secret: every [`TaskType`].
///
/// The macros use this trait instead of `TaskType` for types with `SecretValue` or `SecretBytes` in their names,
/// for its error message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an input or output of a task: it contains a secret",
    label = "secrets cannot enter or leave a task",
    note = "request the secret with `secret_requests` and read it in the task",
    note = "return a fact about the secret instead, such as its length"
)]
pub trait NotSecret: Sized {
    /// The member without a name.
    const __MEMBER: Member<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: TaskType> NotSecret for T {
    const __MEMBER: Member<T> = <T as TaskType>::__MEMBER;
}
