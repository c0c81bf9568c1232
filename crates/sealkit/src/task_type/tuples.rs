//! Several outputs: tuples.

use super::{TaskType, Type, Variable};
use crate::value::{Value, ValueError};

/// Takes the output `name` out of `entries`.
fn take<T: TaskType>(entries: &mut Vec<(String, Value)>, name: &str) -> Result<T, ValueError> {
    let index = entries.iter().position(|(key, _)| key == name);
    let value = index.map(|index| entries.swap_remove(index).1);
    value.map_or_else(|| Err(ValueError::new("is missing")), T::from_value).map_err(|error| error.at(name))
}

macro_rules! tuple {
    ($($type:ident $index:tt $name:literal),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($type: TaskType),*> TaskType for ($($type,)*) {
            const TYPE: Type = Type::Outputs(&[$(Variable::__new($name, $type::TYPE)),*]);

            fn to_value(&self) -> Result<Value, ValueError> {
                Ok(Value::Map(vec![
                    $(($name.to_owned(), self.$index.to_value().map_err(|error| error.at($name))?)),*
                ]))
            }

            fn from_value(value: Value) -> Result<Self, ValueError> {
                let Value::Map(mut entries) = value else {
                    return Err(ValueError::expected("several outputs", &value));
                };
                Ok(($(take::<$type>(&mut entries, $name)?,)*))
            }
        }
    };
}

tuple!(A 0 "o0", B 1 "o1");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2", D 3 "o3");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2", D 3 "o3", E 4 "o4");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2", D 3 "o3", E 4 "o4", F 5 "o5");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2", D 3 "o3", E 4 "o4", F 5 "o5", G 6 "o6");
tuple!(A 0 "o0", B 1 "o1", C 2 "o2", D 3 "o3", E 4 "o4", F 5 "o5", G 6 "o6", H 7 "o7");
