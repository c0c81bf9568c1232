//! References to files and directories.

use super::{TaskType, Type};
use crate::value::{Value, ValueError};

macro_rules! references {
    ($($(#[$docs:meta])* $name:ident)*) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Creates a reference to `uri`. It opens and copies nothing.
            pub fn new(uri: impl Into<String>) -> Self {
                Self(uri.into())
            }

            /// Returns the URI.
            pub fn uri(&self) -> &str {
                &self.0
            }
        }

        #[diagnostic::do_not_recommend]
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
    /// A reference to a file by its URI, such as `s3://bucket/file.txt`.
    ///
    /// It is a blob in Flyte, equal to a `File` of the Python SDK. sealkit neither uploads nor downloads the content,
    /// and does not search it for secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{File, task};
    ///
    /// #[task]
    /// fn name(file: File) -> sealkit::Result<String> {
    ///     Ok(file.uri().rsplit('/').next().unwrap_or_default().to_owned())
    /// }
    ///
    /// assert_eq!(name(File::new("s3://bucket/rows.csv"))?, "rows.csv");
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    File
    /// A reference to a directory by its URI, such as `s3://bucket/directory`.
    ///
    /// It is a multipart blob in Flyte, equal to a `Dir` of the Python SDK. sealkit neither uploads nor downloads the
    /// content, and does not search it for secrets.
    Dir
}
