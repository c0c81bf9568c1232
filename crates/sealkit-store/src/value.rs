//! What is stored, going in and coming out.

use std::fmt;

use sealkit_names::rules::VALUE_MAX;
use zeroize::Zeroizing;

use crate::{
    Entry,
    error::{Error, ErrorKind, Result},
};

/// How a value was given; a cluster keeps the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As text.
    Text,
    /// As bytes.
    Bytes,
}

/// A value to be stored: 1 byte to 1 MiB.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) form: Form,
}

impl<'a> Value<'a> {
    /// Text that was typed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidValue`] if it is empty or larger than 1 MiB.
    pub fn text(text: &'a str) -> Result<Self> {
        Self::checked(text.as_bytes(), Form::Text)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidValue`] if there are none or more than 1 MiB.
    pub fn bytes(bytes: &'a [u8]) -> Result<Self> {
        Self::checked(bytes, Form::Bytes)
    }

    /// No bytes at all, on purpose.
    pub fn empty(form: Form) -> Self {
        Self { bytes: &[], form }
    }

    fn checked(bytes: &'a [u8], form: Form) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::new(ErrorKind::InvalidValue, "the value is empty"));
        }
        if bytes.len() > VALUE_MAX {
            let message = format!("the value is larger than 1 MiB ({} bytes)", bytes.len());
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
        Ok(Self { bytes, form })
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([REDACTED])")
    }
}

/// A secret as it is in the store.
pub struct Stored {
    /// What is known of it without its value.
    pub entry: Entry,
    /// How it was given.
    pub form: Form,
    /// Its exact bytes, in an allocation of exactly their size that is wiped when dropped.
    pub value: Zeroizing<Box<[u8]>>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("entry", &self.entry)
            .field("form", &self.form)
            .field("value", &"[REDACTED]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_byte_to_one_mebibyte() {
        assert!(Value::bytes(&vec![7; VALUE_MAX]).is_ok());
        let error = Value::bytes(&vec![7; VALUE_MAX + 1]).unwrap_err();
        assert_eq!(error.to_string(), "the value is larger than 1 MiB (1048577 bytes)");
        assert_eq!(Value::text("").unwrap_err().kind(), ErrorKind::InvalidValue);
        assert_eq!(format!("{:?}", Value::text("hunter2").unwrap()), "Value([REDACTED])");
    }
}
