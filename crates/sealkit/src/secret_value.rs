//! Values that cannot be printed, copied or compared by accident, and are wiped when dropped.

use std::{fmt, mem};

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, ErrorKind, Result};

/// The largest value a secret may have, in bytes: the limit of a Kubernetes secret.
pub const MAX_SECRET_BYTES: usize = sealkit_names::rules::VALUE_MAX;

/// The exact bytes of a secret.
///
/// They live in one allocation of exactly their size, which is wiped on drop. There is no `Display`, `Clone`,
/// `PartialEq`, `Hash` or `Serialize`, and it is no [`TaskType`](crate::TaskType): [`SecretBytes::expose`] is the
/// one way in, easy to find in a review.
///
/// ```
/// let bytes = sealkit::SecretBytes::new(b"hunter2".to_vec());
/// assert_eq!(bytes.expose(), b"hunter2");
/// assert_eq!(format!("{bytes:?}"), "SecretBytes([REDACTED])");
/// ```
///
/// ```compile_fail
/// # let bytes = sealkit::SecretBytes::new(b"hunter2".to_vec());
/// println!("{bytes}");
/// ```
pub struct SecretBytes(Zeroizing<Box<[u8]>>);

impl SecretBytes {
    /// Takes over `value`; nothing of it is left elsewhere.
    pub fn new(mut value: Vec<u8>) -> Self {
        if value.len() == value.capacity() {
            return Self(Zeroizing::new(value.into_boxed_slice()));
        }
        let exact = Self(Zeroizing::new(Box::from(value.as_slice())));
        value.zeroize();
        exact
    }

    /// The allocation itself, no longer looked after.
    fn into_inner(mut self) -> Vec<u8> {
        mem::take(&mut *self.0).into_vec()
    }

    /// Zeros, to be filled by whoever reads the value.
    pub(crate) fn zeroed(length: usize) -> Self {
        Self(Zeroizing::new(vec![0; length].into_boxed_slice()))
    }

    pub(crate) fn buffer(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The bytes themselves.
    ///
    /// What is copied from here is no longer looked after.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes([REDACTED])")
    }
}

/// A secret that is text, without white space at either end.
///
/// The rules of [`SecretBytes`] hold here too. The ends are stripped as Python's `str.strip` does, because
/// flytekit does so: a value that works there works here.
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
    /// Text from `bytes`, stripped in place.
    ///
    /// `from_file` also reads line ends as Python's text mode does, in which flytekit opens the file.
    pub(crate) fn new(mut bytes: SecretBytes, from_file: bool) -> Result<Self> {
        let length = if from_file { universal_newlines(bytes.buffer()) } else { bytes.expose().len() };
        let text = String::from_utf8(bytes.into_inner()).map_err(|error| {
            error.into_bytes().zeroize();
            Error::new(ErrorKind::NotText, "the value is not UTF-8 text")
        })?;
        let text = Zeroizing::new(text.into_boxed_str());
        let started = text[..length].trim_start_matches(is_python_space);
        let start = length - started.len();
        let end = start + started.trim_end_matches(is_python_space).len();
        Ok(Self { text, start, end })
    }

    /// The text itself.
    ///
    /// What is copied from here is no longer looked after.
    pub fn expose(&self) -> &str {
        &self.text[self.start..self.end]
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([REDACTED])")
    }
}

/// What `str.isspace` of Python accepts: four separators more than Rust.
pub(crate) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Turns `\r\n` and `\r` into `\n` in place and returns the new length; the rest is wiped.
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

    /// The text moves on in one exact allocation; ours is wiped.
    impl From<SecretValue> for SecretString {
        fn from(value: SecretValue) -> Self {
            Self::new(Box::from(value.expose()))
        }
    }

    /// The bytes move on in one exact allocation; ours is wiped.
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
    fn line_ends_of_files_are_read_as_python_reads_them() {
        assert_eq!(text(b"a\r\nb\rc\n\rd\r\n", true), "a\nb\nc\n\nd");
        assert_eq!(text(b"a\r\nb", false), "a\r\nb");
    }

    #[test]
    fn other_bytes_than_text_are_refused_without_showing_them() {
        let error = SecretValue::new(SecretBytes::new(b"hunter2\xff".to_vec()), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotText);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_value_with_spare_room_gets_an_exact_allocation() {
        let mut roomy = Vec::with_capacity(100);
        roomy.extend_from_slice(b"hunter2");
        assert_eq!(SecretBytes::new(roomy).expose(), b"hunter2");
    }

    #[test]
    fn debug_shows_nothing() {
        let value = SecretValue::new(SecretBytes::new(b"hunter2".to_vec()), false).unwrap();
        assert_eq!(format!("{value:?} {value:#?}"), "SecretValue([REDACTED]) SecretValue([REDACTED])");
    }

    #[cfg(feature = "secrecy")]
    #[test]
    fn values_move_on_into_secrecys_types() {
        use ::secrecy::{ExposeSecret as _, SecretSlice, SecretString};

        let value = SecretValue::new(SecretBytes::new(b" hunter2\n".to_vec()), false).unwrap();
        assert_eq!(SecretString::from(value).expose_secret(), "hunter2");
        let bytes = SecretSlice::from(SecretBytes::new(b" hunter2\n".to_vec()));
        assert_eq!(bytes.expose_secret(), b" hunter2\n");
    }
}
