//! References to files and directories.

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

macro_rules! references {
    ($($(#[$docs:meta])* $name:ident)*) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// A reference to what lies at `uri`; nothing is opened or copied.
            pub fn new(uri: impl Into<String>) -> Self {
                Self(uri.into())
            }

            /// Where it lies.
            pub fn uri(&self) -> &str {
                &self.0
            }
        }

        impl TaskType for $name {
            const TYPE: Type = Type::$name;

            fn to_value(&self) -> Result<Value, ValueError> {
                Ok(Value::Reference(self.0.clone()))
            }

            fn from_value(value: Value) -> Result<Self, ValueError> {
                match value {
                    Value::Reference(uri) | Value::String(uri) => Ok(Self(uri)),
                    other => Err(ValueError::expected("a URI", &other)),
                }
            }
        }
    )*};
}

references! {
    /// A file elsewhere, by its URI, as `s3://bucket/file.txt`.
    File
    /// A directory elsewhere, by its URI, as `s3://bucket/folder`.
    Dir
}
