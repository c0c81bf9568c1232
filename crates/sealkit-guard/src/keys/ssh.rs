//! Private keys of OpenSSH and `PuTTY`: sequences of strings with a length.

use std::ops::Range;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Returns the ranges of the secret fields of an OpenSSH key, or `None` if it is of another kind. If the key is encrypted, all of them are
/// one range.
pub(super) fn openssh(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    bytes.starts_with(MAGIC).then_some(())?;
    let mut reader = Reader { bytes, at: MAGIC.len() };
    let cipher = reader.string()?;
    let (_kdf, _options) = (reader.string()?, reader.string()?);
    reader.skip(4)?;
    let _public = reader.string()?;
    let private = reader.string()?;
    if bytes[cipher] != *b"none" {
        return Some(vec![private]);
    }
    // Two equal check numbers precede the fields.
    let mut reader = Reader { bytes: &bytes[..private.end], at: private.start };
    reader.skip(8)?;
    let kind = reader.string()?;
    let mut fields = || reader.string();
    match &bytes[kind] {
        b"ssh-ed25519" => {
            let (_public, both) = (fields()?, fields()?);
            // The private key is followed by the public key.
            let private = both.start..both.start + both.len() / 2;
            Some(vec![private])
        }
        b"ssh-rsa" => {
            let (_n, _e) = (fields()?, fields()?);
            Some(vec![fields()?, fields()?, fields()?, fields()?])
        }
        b"ssh-dss" => {
            let (_p, _q, _g, _y) = (fields()?, fields()?, fields()?, fields()?);
            Some(vec![fields()?])
        }
        kind if kind.starts_with(b"ecdsa-sha2-") => {
            let (_curve, _point) = (fields()?, fields()?);
            Some(vec![fields()?])
        }
        _ => None,
    }
}

/// Returns the ranges of all strings, as in the private part of a `PuTTY` key.
pub(super) fn strings(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut reader = Reader { bytes, at: 0 };
    let found: Vec<_> = std::iter::from_fn(|| reader.string()).collect();
    (!found.is_empty()).then_some(found)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    /// Reads the length of a string, and returns where the string is.
    fn string(&mut self) -> Option<Range<usize>> {
        let length = self.bytes.get(self.at..self.at.checked_add(4)?)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        self.skip(4)?;
        let start = self.at;
        self.skip(usize::try_from(length).ok()?)?;
        Some(start..self.at)
    }
}
