//! Errors of tasks that cross pods as themselves: those that can be serialized.

use std::fmt;

use sealkit_protocol::error_file::MAX_TEXT;

/// How an error is written as JSON and read back.
pub struct ErrorCodec<E> {
    to_json: fn(&E) -> Option<String>,
    from_json: fn(&str) -> Option<E>,
}

impl<E> ErrorCodec<E> {
    /// Returns the error as JSON, if it is short enough for the file in which a pod reports it, and can be read back.
    pub(crate) fn encode(&self, error: &E) -> Option<String> {
        let json = (self.to_json)(error).filter(|json| json.len() <= MAX_TEXT)?;
        (self.from_json)(&json).map(|_| json)
    }

    /// Reads an error; `None` if another version of the program has written it.
    pub(crate) fn decode(&self, json: &str) -> Option<E> {
        (self.from_json)(json)
    }
}

impl<E> fmt::Debug for ErrorCodec<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorCodec").finish_non_exhaustive()
    }
}

/// Returns nothing: the error type is not visible.
pub fn opaque<E>() -> Option<ErrorCodec<E>> {
    None
}

/// Whether an error type can be serialized. Generated code calls the method on `&&ErrorType`, and the compiler takes the first trait that
/// fits: `Serializable`, else `Opaque`.
pub mod error_type {
    use std::{any::TypeId, marker::PhantomData};

    use serde::{Serialize, de::DeserializeOwned};

    use super::ErrorCodec;
    use crate::Error;

    /// The error type of a task.
    #[derive(Debug)]
    pub struct ErrorType<E>(PhantomData<E>);

    impl<E> ErrorType<E> {
        /// Creates the mark of the type.
        #[expect(clippy::new_without_default, reason = "called by generated code only")]
        pub const fn new() -> Self {
            Self(PhantomData)
        }
    }

    /// A type that can be serialized.
    pub trait Serializable<E> {
        /// Returns how. The problem of an [`Error`] already says all of it.
        fn __sealkit_error_codec(&self) -> Option<ErrorCodec<E>>;
    }

    impl<E: Serialize + DeserializeOwned + 'static> Serializable<E> for &ErrorType<E> {
        fn __sealkit_error_codec(&self) -> Option<ErrorCodec<E>> {
            let is_own = TypeId::of::<E>() != TypeId::of::<Error>();
            is_own.then_some(ErrorCodec {
                to_json: |error| serde_json::to_string(error).ok(),
                from_json: |json| serde_json::from_str(json).ok(),
            })
        }
    }

    /// Any other type.
    pub trait Opaque<E> {
        /// Returns `None`.
        fn __sealkit_error_codec(&self) -> Option<ErrorCodec<E>>;
    }

    impl<E> Opaque<E> for ErrorType<E> {
        fn __sealkit_error_codec(&self) -> Option<ErrorCodec<E>> {
            None
        }
    }
}
