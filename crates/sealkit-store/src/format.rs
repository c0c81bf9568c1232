// The file `FORMAT`, which marks a directory as a store and identifies it.

use sealkit_names::rules::VALUE_MAX;

use crate::error::{Error, ErrorKind, Result};

/// The first line of `FORMAT`.
const TITLE: &str = "sealkit-store 1";
/// The maximum size of `FORMAT` and of a key file.
pub(crate) const TEXT_MAX: usize = 4096;
/// The maximum size of a record: a value of 1 MiB, padding of at most an eighth, the header and the tag.
pub(crate) const RECORD_MAX: usize = VALUE_MAX + VALUE_MAX / 8 + 512;

/// The contents of `FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// The random identifier of the store.
    pub(crate) id: [u8; 16],
    /// A check value derived from the key. It detects the key of another store before anything is decrypted.
    pub(crate) key_check: [u8; 8],
}

impl Format {
    pub(crate) fn to_text(self) -> String {
        let id = base16ct::lower::encode_string(&self.id);
        let key = base16ct::lower::encode_string(&self.key_check);
        format!("{TITLE}\nid {id}\nkey {key}\n")
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let text = str::from_utf8(text).map_err(|_| corrupt_format())?;
        let mut lines = text.lines();
        match lines.next() {
            Some(TITLE) => {}
            Some(other) if other.starts_with("sealkit-store ") => {
                return Err(Error::new(
                    ErrorKind::UnknownFormat,
                    "the store was created by a later version of sealkit",
                )
                .with_hint("upgrade sealkit"));
            }
            _ => return Err(corrupt_format()),
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let (id, key) = (field("id").ok_or_else(corrupt_format)?, field("key").ok_or_else(corrupt_format)?);
        let (mut format, id, key) = (Self { id: [0; 16], key_check: [0; 8] }, id.to_owned(), key.to_owned());
        let is_canonical = decode_hex(&id, &mut format.id)
            && decode_hex(&key, &mut format.key_check)
            && format.to_text() == text;
        if is_canonical { Ok(format) } else { Err(corrupt_format()) }
    }
}

fn corrupt_format() -> Error {
    Error::new(ErrorKind::Corrupt, "the file `FORMAT` of the store is corrupt")
}

/// Decodes lower-case hexadecimal digits into `bytes`, and returns whether `digits` has exactly the right length.
pub(crate) fn decode_hex(digits: &str, bytes: &mut [u8]) -> bool {
    digits.len() == 2 * bytes.len() && base16ct::lower::decode(digits, bytes).is_ok()
}

/// Parses a decimal number without a sign or leading zeros.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| is_canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_file_can_be_written_and_parsed() {
        let format = Format { id: [0xa5; 16], key_check: [7; 8] };
        assert_eq!(Format::parse(format.to_text().as_bytes()).unwrap(), format);
    }

    #[test]
    fn a_truncated_or_modified_format_file_is_refused() {
        let good = Format { id: [0xa5; 16], key_check: [7; 8] }.to_text();
        for end in 0..good.len() {
            assert!(Format::parse(&good.as_bytes()[..end]).is_err(), "{end}");
        }
        for bad in [
            format!("{good}\n"),
            good.replace('\n', "\r\n"),
            good.replace("a5", "A5"),
            good.replace("id ", "id  "),
        ] {
            assert_eq!(Format::parse(bad.as_bytes()).unwrap_err().kind(), ErrorKind::Corrupt, "{bad}");
        }
        let later = good.replace("store 1", "store 2");
        assert_eq!(Format::parse(later.as_bytes()).unwrap_err().kind(), ErrorKind::UnknownFormat);
    }
}
