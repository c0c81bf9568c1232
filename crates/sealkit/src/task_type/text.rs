//! Strings and the unit type.

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

#[diagnostic::do_not_recommend]
impl TaskType for String {
    const TYPE: Type = Type::String;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::String(self.clone()))
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(ValueError::expected("a string", &other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for () {
    const TYPE: Type = Type::None;

    fn to_value(&self) -> Result<Value, ValueError> {
        Ok(Value::None)
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::None => Ok(()),
            other => Err(ValueError::expected("nothing", &other)),
        }
    }
}
