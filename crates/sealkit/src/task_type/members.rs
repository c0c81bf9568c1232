//! Named values: the inputs of a task and the fields of a struct.

use super::{TaskType, Variable};
use crate::{
    call::CallInputs,
    value::{Value, ValueError},
};

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

/// One member. Generated code requires `T: TaskType` here and nowhere else, so that the compiler reports it once.
#[derive(Debug)]
pub struct Member<T> {
    /// The name and type.
    pub variable: Variable,
    to_value: fn(&T) -> Result<Value, ValueError>,
    from_value: fn(Option<Value>) -> Result<T, ValueError>,
}

impl<T> Member<T> {
    /// Creates the input `name`.
    pub const fn new(name: &'static str) -> Self
    where
        T: TaskType,
    {
        let from_value = |value: Option<Value>| match value {
            Some(value) => T::from_value(value),
            None if T::TYPE.is_optional() => T::from_value(Value::None),
            None => Err(ValueError::new("is missing")),
        };
        Self { variable: Variable { name, r#type: T::TYPE }, to_value: T::to_value, from_value }
    }

    /// Creates the field `name`.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the type contains a file or a directory.
    #[track_caller]
    pub const fn field(name: &'static str) -> Self
    where
        T: TaskType,
    {
        assert!(
            !T::TYPE.has_file(),
            "a `File` or `Dir` cannot be a field of a struct: make it an input of its own"
        );
        Self::new(name)
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
        inputs.push(self.variable, (self.to_value)(value));
    }

    /// Takes this member out of `members`.
    ///
    /// # Errors
    ///
    /// Returns an error if the member is missing or has the wrong type.
    pub fn take(&self, members: &mut Members) -> Result<T, ValueError> {
        let name = self.variable.name;
        let index = members.0.iter().position(|(key, _)| key == name);
        let value = index.map(|index| members.0.swap_remove(index).1);
        (self.from_value)(value).map_err(|error| error.at(name))
    }
}
