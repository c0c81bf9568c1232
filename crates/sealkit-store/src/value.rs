//! Values to store and values that were read.

use std::fmt;

use sealkit_names::rules::VALUE_MAX;
use zeroize::Zeroizing;

use crate::{
    Entry,
    error::{Error, ErrorKind, Result},
};

/// Whether a value is text or bytes. A cluster distinguishes the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Text, such as a typed value.
    Text,
    /// Bytes, such as the contents of a file.
    Bytes,
}

/// A value to store: 1 byte to 1 MiB, or [`Value::empty`].
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: ValueKind,
}

impl<'a> Value<'a> {
    /// Creates a value of kind [`ValueKind::Text`].
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidValue`] if `text` is empty or larger than 1 MiB.
    pub fn text(text: &'a str) -> Result<Self> {
        Self::checked(text.as_bytes(), ValueKind::Text)
    }

    /// Creates a value of kind [`ValueKind::Bytes`].
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidValue`] if `bytes` is empty or larger than 1 MiB.
    pub fn bytes(bytes: &'a [u8]) -> Result<Self> {
        Self::checked(bytes, ValueKind::Bytes)
    }

    /// Creates an empty value.
    pub fn empty(kind: ValueKind) -> Self {
        Self { bytes: &[], kind }
    }

    /// Creates a value of a kind that was stored before; it may be empty.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidValue`] if `bytes` is larger than 1 MiB.
    pub fn of_kind(kind: ValueKind, bytes: &'a [u8]) -> Result<Self> {
        match (kind, str::from_utf8(bytes)) {
            _ if bytes.is_empty() => Ok(Self::empty(kind)),
            (ValueKind::Text, Ok(text)) => Self::text(text),
            _ => Self::bytes(bytes),
        }
    }

    fn checked(bytes: &'a [u8], kind: ValueKind) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::new(ErrorKind::InvalidValue, "the value is empty"));
        }
        if bytes.len() > VALUE_MAX {
            let message = format!("the value is larger than 1 MiB ({} bytes)", bytes.len());
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
        Ok(Self { bytes, kind })
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([REDACTED])")
    }
}

/// A secret that was read from the store.
pub struct StoredSecret {
    /// The version that was read, without its value.
    pub entry: Entry,
    /// Whether the value is text or bytes.
    pub kind: ValueKind,
    /// The exact bytes of the value, in an allocation of exactly their size that is zeroized when it is dropped.
    pub value: Zeroizing<Box<[u8]>>,
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSecret")
            .field("entry", &self.entry)
            .field("kind", &self.kind)
            .field("value", &"[REDACTED]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_byte_to_one_mebibyte() {
        assert!(Value::bytes(&vec![7; VALUE_MAX]).is_ok());
        let error = Value::bytes(&vec![7; VALUE_MAX + 1]).unwrap_err();
        assert_eq!(error.to_string(), "the value is larger than 1 MiB (1048577 bytes)");
        assert_eq!(Value::text("").unwrap_err().kind(), ErrorKind::InvalidValue);
        assert_eq!(format!("{:?}", Value::text("hunter2").unwrap()), "Value([REDACTED])");
    }
}
