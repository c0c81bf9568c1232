// The file `FORMAT`, which says that a directory is a store, and which.

use sealkit_names::rules::VALUE_MAX;

use crate::error::{Error, ErrorKind, Result};

/// The first line of `FORMAT`.
const TITLE: &str = "sealkit-store 1";
/// The longest `FORMAT` and key file that is read.
pub(crate) const TEXT_MAX: usize = 4096;
/// The longest record that is read: a value of 1 MiB, padded by at most an eighth, and what is around it.
pub(crate) const RECORD_MAX: usize = VALUE_MAX + VALUE_MAX / 8 + 512;

/// What `FORMAT` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// A random number that makes this store different from all others.
    pub(crate) id: [u8; 16],
    /// Derived from the key of this store: another key is recognized before anything is decrypted with it.
    pub(crate) key_check: [u8; 8],
}

impl Format {
    pub(crate) fn write(&self) -> String {
        let id = base16ct::lower::encode_string(&self.id);
        let key = base16ct::lower::encode_string(&self.key_check);
        format!("{TITLE}\nid {id}\nkey {key}\n")
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::Damaged, "the store's file `FORMAT` is damaged");
        let text = str::from_utf8(text).map_err(|_| damaged())?;
        let mut lines = text.lines();
        match lines.next() {
            Some(TITLE) => {}
            Some(other) if other.starts_with("sealkit-store ") => {
                return Err(Error::new(
                    ErrorKind::UnknownFormat,
                    "the store was made by a later version of sealkit",
                )
                .with_hint("update sealkit"));
            }
            _ => return Err(damaged()),
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let (id, key) = (field("id").ok_or_else(damaged)?, field("key").ok_or_else(damaged)?);
        let (mut format, id, key) = (Self { id: [0; 16], key_check: [0; 8] }, id.to_owned(), key.to_owned());
        let exact = hex(&id, &mut format.id) && hex(&key, &mut format.key_check) && format.write() == text;
        if exact { Ok(format) } else { Err(damaged()) }
    }
}

/// Fills `bytes` from exactly as many pairs of hexadecimal digits.
pub(crate) fn hex(digits: &str, bytes: &mut [u8]) -> bool {
    digits.len() == 2 * bytes.len() && base16ct::lower::decode(digits, bytes).is_ok()
}

/// A number as it is written: no sign, no leading zero.
pub(crate) fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let format = Format { id: [0xa5; 16], key_check: [7; 8] };
        assert_eq!(Format::parse(format.write().as_bytes()).unwrap(), format);
    }

    #[test]
    fn anything_else_is_refused() {
        let good = Format { id: [0xa5; 16], key_check: [7; 8] }.write();
        for end in 0..good.len() {
            assert!(Format::parse(&good.as_bytes()[..end]).is_err(), "{end}");
        }
        for bad in [
            format!("{good}\n"),
            good.replace('\n', "\r\n"),
            good.replace("a5", "A5"),
            good.replace("id ", "id  "),
        ] {
            assert_eq!(Format::parse(bad.as_bytes()).unwrap_err().kind(), ErrorKind::Damaged, "{bad}");
        }
        let later = good.replace("store 1", "store 2");
        assert_eq!(Format::parse(later.as_bytes()).unwrap_err().kind(), ErrorKind::UnknownFormat);
    }
}
