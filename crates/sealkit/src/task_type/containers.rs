//! Lists, maps, optional values and free-form objects.

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher,
};

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

#[diagnostic::do_not_recommend]
impl<T: TaskType> TaskType for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);

    fn to_value(&self) -> Result<Value, ValueError> {
        let items = self.iter().enumerate().map(|(i, item)| item.to_value().map_err(|error| error.at(i)));
        items.collect::<Result<_, _>>().map(Value::List)
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        let Value::List(items) = value else { return Err(ValueError::expected("a list", &value)) };
        items
            .into_iter()
            .enumerate()
            .map(|(i, item)| T::from_value(item).map_err(|error| error.at(i)))
            .collect()
    }
}

#[diagnostic::do_not_recommend]
impl<T: TaskType> TaskType for Option<T> {
    const TYPE: Type = Type::Optional(&T::TYPE);

    fn to_value(&self) -> Result<Value, ValueError> {
        self.as_ref().map_or(Ok(Value::None), T::to_value)
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::None => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

fn map_to_value<'a, T: TaskType + 'a>(
    entries: impl Iterator<Item = (&'a String, &'a T)>,
) -> Result<Value, ValueError> {
    entries
        .map(|(key, item)| Ok((key.clone(), item.to_value().map_err(|error| error.at(key))?)))
        .collect::<Result<_, _>>()
        .map(Value::Map)
}

fn map_from_value<T: TaskType, M: FromIterator<(String, T)>>(value: Value) -> Result<M, ValueError> {
    let Value::Map(entries) = value else { return Err(ValueError::expected("an object", &value)) };
    let convert = |(key, item)| match T::from_value(item) {
        Ok(item) => Ok((key, item)),
        Err(error) => Err(error.at(key)),
    };
    entries.into_iter().map(convert).collect()
}

#[diagnostic::do_not_recommend]
impl<T: TaskType> TaskType for BTreeMap<String, T> {
    const TYPE: Type = Type::Map(&T::TYPE);

    fn to_value(&self) -> Result<Value, ValueError> {
        map_to_value(self.iter())
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        map_from_value(value)
    }
}

/// Entries are sorted by key, so that equal maps have equal bytes.
#[diagnostic::do_not_recommend]
impl<T: TaskType, S: BuildHasher + Default> TaskType for HashMap<String, T, S> {
    const TYPE: Type = Type::Map(&T::TYPE);

    fn to_value(&self) -> Result<Value, ValueError> {
        let sorted: BTreeMap<&String, &T> = self.iter().collect();
        map_to_value(sorted.into_iter())
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        map_from_value(value)
    }
}

#[diagnostic::do_not_recommend]
impl TaskType for serde_json::Map<String, serde_json::Value> {
    const TYPE: Type = Type::Object;

    fn to_value(&self) -> Result<Value, ValueError> {
        let entries =
            self.iter().map(|(key, item)| Ok((key.clone(), from_json(item).map_err(|error| error.at(key))?)));
        entries.collect::<Result<_, _>>().map(Value::Map)
    }

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::Object(object)) => Ok(object),
            _ => Err(ValueError::new("expected an object")),
        }
    }
}

fn from_json(json: &serde_json::Value) -> Result<Value, ValueError> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, Some(_)) if number.is_u64() => return u64::MAX.to_value(), // the error for a number that is too large
            (None, Some(float)) => Value::Float(float),
            (None, None) => return Err(ValueError::new("is not a number that Flyte supports")),
        },
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => {
            let items =
                items.iter().enumerate().map(|(i, item)| from_json(item).map_err(|error| error.at(i)));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Json::Object(object) => object.to_value()?,
    })
}
