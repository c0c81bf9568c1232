//! Several outputs: tuples.

use super::{Members, TaskType, Type, Variable};
use crate::value::{Value, ValueError};

macro_rules! tuple {
    ($($type:ident $index:tt $name:literal),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($type: TaskType),*> TaskType for ($($type,)*) {
            const TYPE: Type = Type::Outputs(&[$(Variable::__new($name, $type::TYPE)),*]);

            fn to_value(&self) -> Result<Value, ValueError> {
                Ok(Value::Map(vec![$($type::__MEMBER.named($name).to_entry(&self.$index)?),*]))
            }

            fn from_value(value: Value) -> Result<Self, ValueError> {
                let Value::Map(entries) = value else {
                    return Err(ValueError::expected("several outputs", &value));
                };
                let mut members = Members::new(entries);
                Ok(($($type::__MEMBER.named($name).take(&mut members)?,)*))
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
