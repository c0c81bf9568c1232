//! Secret values, which are redacted when printed and zeroized when dropped.

use std::{fmt, mem};

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, ErrorKind, Result};

/// The maximum size of a secret in bytes: 1 MiB, the limit of a Kubernetes secret.
pub const MAX_SECRET_BYTES: usize = sealkit_names::rules::VALUE_MAX;

/// The exact bytes of a secret.
///
/// [`SecretBytes::expose`] is the only access to the bytes, so a review finds every use. There is no `Display`, `Clone`,
/// `PartialEq`, `Hash` or `Serialize`, and it is not a [`TaskType`](crate::TaskType). The bytes are stored in one
/// allocation of exactly their size, which is zeroized on drop.
///
/// # Examples
///
/// ```
/// let bytes = sealkit::SecretBytes::new(b"hunter2".to_vec());
/// assert_eq!(bytes.expose(), b"hunter2");
/// assert_eq!(format!("{bytes:?}"), "SecretBytes([REDACTED])");
/// ```
///
/// It cannot be printed with `{}`, and `{:?}` prints no value. To use the bytes, call [`expose`](Self::expose):
///
/// ```compile_fail
/// # let bytes = sealkit::SecretBytes::new(b"hunter2".to_vec());
/// println!("{bytes}");
/// ```
pub struct SecretBytes(Zeroizing<Box<[u8]>>);

impl SecretBytes {
    /// Creates a secret from `value`. No copy of the bytes is left elsewhere.
    pub fn new(mut value: Vec<u8>) -> Self {
        if value.len() == value.capacity() {
            return Self(Zeroizing::new(value.into_boxed_slice()));
        }
        let exact = Self(Zeroizing::new(Box::from(value.as_slice())));
        value.zeroize();
        exact
    }

    /// Returns the allocation, which is no longer zeroized on drop.
    fn into_inner(mut self) -> Vec<u8> {
        mem::take(&mut *self.0).into_vec()
    }

    /// Creates a buffer of zeros for the reader of a value.
    pub(crate) fn zeroed(length: usize) -> Self {
        Self(Zeroizing::new(vec![0; length].into_boxed_slice()))
    }

    pub(crate) fn buffer(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Returns the bytes.
    ///
    /// Copies that you make are neither zeroized nor redacted in `Debug` output.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes([REDACTED])")
    }
}

/// A secret as text, without white space at either end.
///
/// [`SecretValue::expose`] is the only access to the text. As with [`SecretBytes`], there is no `Display`, `Clone` or
/// `Serialize`, and the text is zeroized on drop. White space is stripped as by Python's `str.strip`, which flytekit
/// uses, so a value that works there works here.
///
/// # Examples
///
/// ```
/// use sealkit::{current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "pin")])]
/// fn digits() -> sealkit::Result<i64> {
///     Ok(current_context().secrets().get("pin")?.expose().len() as i64)
/// }
///
/// assert_eq!(TestSecrets::new().with("pin", "1234\n").run(digits)?, 4);
/// # Ok::<(), sealkit::Error>(())
/// ```
///
/// It cannot be printed with `{}`, and `{:?}` prints `SecretValue([REDACTED])`. To use the text, call
/// [`expose`](Self::expose). A task cannot return a secret either:
///
/// ```compile_fail
/// use sealkit::{SecretValue, current_context, task};
///
/// #[task(secret_requests = [Secret(key = "pin")])]
/// fn leak() -> sealkit::Result<SecretValue> {
///     current_context().secrets().get("pin")
/// }
/// ```
pub struct SecretValue {
    text: Zeroizing<Box<str>>,
    start: usize,
    end: usize,
}

impl SecretValue {
    /// Creates the text from `bytes`, stripped in place.
    ///
    /// `from_file` also converts line ends as Python's text mode does, in which flytekit opens the file.
    pub(crate) fn new(mut bytes: SecretBytes, from_file: bool) -> Result<Self> {
        let length = if from_file { universal_newlines(bytes.buffer()) } else { bytes.expose().len() };
        let text = String::from_utf8(bytes.into_inner()).map_err(|error| {
            error.into_bytes().zeroize();
            Error::new(ErrorKind::NotText, "the value is not UTF-8 text")
        })?;
        let text = Zeroizing::new(text.into_boxed_str());
        let started = text[..length].trim_start_matches(sealkit_names::is_white_space);
        let start = length - started.len();
        let end = start + started.trim_end_matches(sealkit_names::is_white_space).len();
        Ok(Self { text, start, end })
    }

    /// Returns the text.
    ///
    /// Copies that you make are neither zeroized nor redacted in `Debug` output.
    pub fn expose(&self) -> &str {
        &self.text[self.start..self.end]
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([REDACTED])")
    }
}

/// Converts `\r\n` and `\r` to `\n` in place and returns the new length. The rest is zeroized.
fn universal_newlines(bytes: &mut [u8]) -> usize {
    if !bytes.contains(&b'\r') {
        return bytes.len();
    }
    let (mut from, mut to) = (0, 0);
    while from < bytes.len() {
        let byte = bytes[from];
        if byte == b'\r' && bytes.get(from + 1) == Some(&b'\n') {
            from += 1;
        }
        bytes[to] = if byte == b'\r' { b'\n' } else { byte };
        from += 1;
        to += 1;
    }
    bytes[to..].zeroize();
    to
}

#[cfg(feature = "secrecy")]
mod secrecy {
    use secrecy::{SecretSlice, SecretString};

    use super::{SecretBytes, SecretValue};

    /// Copies the text into one allocation of its size. The original is zeroized.
    impl From<SecretValue> for SecretString {
        fn from(value: SecretValue) -> Self {
            Self::new(Box::from(value.expose()))
        }
    }

    /// Copies the bytes into one allocation of their size. The original is zeroized.
    impl From<SecretBytes> for SecretSlice<u8> {
        fn from(value: SecretBytes) -> Self {
            Self::new(Box::from(value.expose()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], from_file: bool) -> String {
        SecretValue::new(SecretBytes::new(bytes.to_vec()), from_file).unwrap().expose().to_owned()
    }

    #[test]
    fn both_ends_are_stripped_as_python_does() {
        assert_eq!(text(b" \x1c\x1d\x1e\x1f\t a b\x0b\x0c\r\n", false), "a b");
        assert_eq!(text("\u{85}\u{a0}\u{1680}\u{3000}é\u{2028}".as_bytes(), false), "é");
        assert_eq!(text("\u{200b}a\u{feff}".as_bytes(), false), "\u{200b}a\u{feff}");
        assert_eq!(text(b" \n\t", false), "");
        assert_eq!(text(b"", false), "");
    }

    #[test]
    fn line_ends_of_files_are_converted_as_python_does() {
        assert_eq!(text(b"a\r\nb\rc\n\rd\r\n", true), "a\nb\nc\n\nd");
        assert_eq!(text(b"a\r\nb", false), "a\r\nb");
    }

    #[test]
    fn bytes_that_are_not_text_are_rejected_without_showing_them() {
        let error = SecretValue::new(SecretBytes::new(b"hunter2\xff".to_vec()), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotText);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_value_with_spare_capacity_gets_an_exact_allocation() {
        let mut bytes = Vec::with_capacity(100);
        bytes.extend_from_slice(b"hunter2");
        assert_eq!(SecretBytes::new(bytes).expose(), b"hunter2");
    }

    #[test]
    fn debug_output_is_redacted() {
        let value = SecretValue::new(SecretBytes::new(b"hunter2".to_vec()), false).unwrap();
        assert_eq!(format!("{value:?} {value:#?}"), "SecretValue([REDACTED]) SecretValue([REDACTED])");
    }

    #[cfg(feature = "secrecy")]
    #[test]
    fn values_convert_to_the_types_of_secrecy() {
        use ::secrecy::{ExposeSecret as _, SecretSlice, SecretString};

        let value = SecretValue::new(SecretBytes::new(b" hunter2\n".to_vec()), false).unwrap();
        assert_eq!(SecretString::from(value).expose_secret(), "hunter2");
        let bytes = SecretSlice::from(SecretBytes::new(b" hunter2\n".to_vec()));
        assert_eq!(bytes.expose_secret(), b" hunter2\n");
    }
}
