//! Named values that belong together: the inputs of a task, the fields of a struct.

use super::{TaskType, Variable};
use crate::{
    call::Handed,
    value::{Value, ValueError},
};

/// Values by name, to be taken out one after the other.
#[derive(Debug, Default)]
pub struct Members(Vec<(String, Value)>);

impl Members {
    pub(crate) fn new(values: Vec<(String, Value)>) -> Self {
        Self(values)
    }

    /// The members of `value`.
    ///
    /// # Errors
    ///
    /// When it is no map.
    pub fn of(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::Map(members) => Ok(Self(members)),
            other => Err(ValueError::expected("an object", &other)),
        }
    }

    /// Makes sure that nothing was given that nobody asked for.
    ///
    /// # Errors
    ///
    /// Names the first member that is left.
    pub fn end(self, known: &[Variable]) -> Result<(), ValueError> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        let near = sealkit_names::nearest(name, known.iter().map(|member| member.name));
        let advice = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        Err(ValueError::new(format!("is not known here{advice}")).at(name))
    }
}

/// One member. Generated code asks for `T: TaskType` here and nowhere else, so that a type that is none is
/// reported once.
#[derive(Debug)]
pub struct Member<T> {
    /// Its name and type.
    pub variable: Variable,
    to_value: fn(&T) -> Result<Value, ValueError>,
    from_value: fn(Option<Value>) -> Result<T, ValueError>,
}

impl<T> Member<T> {
    /// The input called `name`.
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

    /// The field called `name`.
    ///
    /// # Panics
    ///
    /// When the program is compiled, if the type refers to a file.
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

    /// The member of a map for `value`.
    ///
    /// # Errors
    ///
    /// When Flyte has no such value.
    pub fn give(&self, value: &T) -> Result<(String, Value), ValueError> {
        let name = self.variable.name;
        Ok((name.to_owned(), (self.to_value)(value).map_err(|error| error.at(name))?))
    }

    /// Notes `value` as what a call hands over.
    pub fn hand(&self, value: &T, to: &mut Handed) {
        to.add(self.variable, (self.to_value)(value));
    }

    /// Takes this member out of `members`.
    ///
    /// # Errors
    ///
    /// When it is missing or of another type.
    pub fn take(&self, members: &mut Members) -> Result<T, ValueError> {
        let name = self.variable.name;
        let index = members.0.iter().position(|(key, _)| key == name);
        let value = index.map(|index| members.0.swap_remove(index).1);
        (self.from_value)(value).map_err(|error| error.at(name))
    }
}
