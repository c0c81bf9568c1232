//! The bytes of one version of one secret: see `FORMAT.md`.

use zeroize::Zeroizing;

use crate::{
    Form, SecretId, SecretType,
    cipher::{Cipher, NONCE, TAG},
    entry::Facts,
    error::{Error, ErrorKind, Result},
};

const MAGIC: &[u8; 4] = b"SEC1";
const HEADER: usize = 56;
/// XChaCha20-Poly1305 under a key from HKDF-SHA256.
const ALGORITHM: u8 = 1;
/// The only key there is; the field leaves room for others.
const KEY_NUMBER: u16 = 1;

const DELETED: u8 = 1;
const BYTES: u8 = 1 << 1;
const IMAGE_PULL: u8 = 1 << 2;

/// Where a record belongs: part of what is authenticated, so that it is refused anywhere else.
pub(crate) struct Home<'a> {
    pub(crate) store: &'a [u8; 16],
    pub(crate) id: &'a SecretId,
}

/// What a record holds.
pub(crate) struct Opened {
    pub(crate) facts: Facts,
    pub(crate) form: Form,
    pub(crate) value: Zeroizing<Box<[u8]>>,
}

/// Why bytes are no record of this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Truncated,
    Unknown,
    Changed,
}

impl Flaw {
    /// The error about `id`; `path` is the file.
    pub(crate) fn error(self, id: &SecretId, path: &str) -> Error {
        let (kind, what) = match self {
            Self::Truncated => (ErrorKind::Damaged, "is cut short"),
            Self::Changed => (ErrorKind::Damaged, "was changed, or belongs to another secret or store"),
            Self::Unknown => {
                (ErrorKind::UnknownFormat, "has a format that this version of sealkit does not know")
            }
        };
        let hint = match self {
            Self::Unknown => "update sealkit, or put the file back from a backup".to_owned(),
            _ => format!("put `{path}` back from a backup, or delete the secret and create it again"),
        };
        Error::new(kind, format!("secret {id}: its file {what}")).with_hint(hint)
    }
}

/// The bytes of a record.
pub(crate) fn seal(
    cipher: &Cipher,
    home: &Home<'_>,
    facts: Facts,
    form: Form,
    value: &[u8],
    nonce: &[u8; NONCE],
) -> Result<Vec<u8>> {
    let header = header(facts, form, nonce);
    let length = u32::try_from(value.len())
        .map_err(|_| Error::new(ErrorKind::InvalidValue, "the value is larger than 4 GiB"))?;
    let padded = padded(4 + value.len());
    // One allocation, in which the value is encrypted: no copy of it is left.
    let mut bytes = Vec::with_capacity(HEADER + padded + TAG);
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value);
    bytes.resize(HEADER + padded, 0);
    let tag = cipher.seal(nonce, &context(&header, home), &mut bytes[HEADER..])?;
    bytes.extend_from_slice(&tag);
    Ok(bytes)
}

/// What `bytes` hold, if they are the record of `home`; they are decrypted where they are.
pub(crate) fn open(cipher: &Cipher, home: &Home<'_>, bytes: &mut [u8]) -> Result<Opened, Flaw> {
    let (facts, form) = read_header(bytes)?;
    let Some((header, body)) = bytes.split_first_chunk_mut::<HEADER>() else { return Err(Flaw::Truncated) };
    let Some((body, tag)) = body.split_last_chunk_mut::<TAG>() else { return Err(Flaw::Truncated) };
    let nonce = header.last_chunk::<NONCE>().ok_or(Flaw::Truncated)?;
    if !cipher.open(nonce, &context(header, home), body, tag) {
        return Err(Flaw::Changed);
    }
    let (length, rest) = body.split_first_chunk::<4>().ok_or(Flaw::Changed)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Flaw::Changed)?;
    let value = rest.get(..length).ok_or(Flaw::Changed)?;
    Ok(Opened { facts, form, value: Zeroizing::new(Box::from(value)) })
}

fn header(facts: Facts, form: Form, nonce: &[u8; NONCE]) -> [u8; HEADER] {
    let flags = match facts.r#type {
        None => DELETED,
        Some(SecretType::Generic) => 0,
        Some(SecretType::ImagePull) => IMAGE_PULL,
    };
    let flags = flags | if form == Form::Bytes { BYTES } else { 0 };
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(MAGIC);
    header[4..6].copy_from_slice(&[ALGORITHM, flags]);
    header[6..8].copy_from_slice(&KEY_NUMBER.to_le_bytes());
    header[8..16].copy_from_slice(&facts.version.to_le_bytes());
    header[16..24].copy_from_slice(&facts.created.to_le_bytes());
    header[HEADER - NONCE..].copy_from_slice(nonce);
    header
}

/// What is written in front of the sealed part; nothing of it is to be believed before that has been opened.
pub(crate) fn read_header(bytes: &[u8]) -> Result<(Facts, Form), Flaw> {
    let shown = &bytes[..bytes.len().min(MAGIC.len())];
    if !MAGIC.starts_with(shown) {
        return Err(Flaw::Unknown);
    }
    let header = bytes.first_chunk::<HEADER>().ok_or(Flaw::Truncated)?;
    let [_, _, _, _, algorithm, flags, key @ ..] = header;
    let number = |at: usize| header[at..at + 8].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let r#type = match flags & !BYTES {
        0 => Some(SecretType::Generic),
        IMAGE_PULL => Some(SecretType::ImagePull),
        DELETED => None,
        _ => return Err(Flaw::Unknown),
    };
    if *algorithm != ALGORITHM || key[..2] != KEY_NUMBER.to_le_bytes() || number(24) != 0 {
        return Err(Flaw::Unknown);
    }
    let form = if flags & BYTES == 0 { Form::Text } else { Form::Bytes };
    Ok((Facts { version: number(8), created: number(16), r#type }, form))
}

/// What is authenticated beside the value: the header, and the place with the length of each name before it.
pub(crate) fn context(header: &[u8; HEADER], home: &Home<'_>) -> Vec<u8> {
    let mut context = b"sealkit-store 1".to_vec();
    context.extend_from_slice(header);
    context.extend_from_slice(home.store);
    for name in [&*home.id.scope().folder(), home.id.group().unwrap_or_default(), home.id.key()] {
        // Names are at most 132 bytes long.
        context.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        context.extend_from_slice(name.as_bytes());
    }
    context
}

/// The length that hides the exact one: the next multiple of 256 bytes, above 4 KiB the next length with few
/// significant bits (Padmé, <https://arxiv.org/abs/1806.03160>), which adds at most an eighth.
fn padded(length: usize) -> usize {
    if length <= 4096 {
        return length.next_multiple_of(256);
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    length.next_multiple_of(1 << (exponent - kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    const STORE: [u8; 16] = [3; 16];

    fn cipher() -> Cipher {
        Cipher::of_store(&[9; 32], &STORE).0
    }

    fn id(scope: Scope, group: Option<&str>, key: &str) -> SecretId {
        SecretId::new(scope, group, key).unwrap()
    }

    fn sealed(value: &[u8]) -> (SecretId, Vec<u8>) {
        let id = id(Scope::Global, Some("g"), "k");
        let facts = Facts { version: 2, created: 5, r#type: Some(SecretType::Generic) };
        let home = Home { store: &STORE, id: &id };
        let bytes = seal(&cipher(), &home, facts, Form::Bytes, value, &[1; NONCE]).unwrap();
        (id, bytes)
    }

    fn opened(store: &[u8; 16], id: &SecretId, mut bytes: Vec<u8>) -> Result<Opened, Flaw> {
        open(&cipher(), &Home { store, id }, &mut bytes)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for value in [&b""[..], b"hunter2", &[0; 4096], &vec![255; 1 << 20]] {
            let (id, bytes) = sealed(value);
            assert!(bytes.len() <= crate::format::RECORD_MAX);
            assert!(value.is_empty() || !bytes.windows(value.len()).any(|part| part == value));
            let opened = opened(&STORE, &id, bytes).unwrap();
            assert_eq!(&**opened.value, value);
            assert_eq!((opened.facts.version, opened.facts.created, opened.form), (2, 5, Form::Bytes));
        }
    }

    #[test]
    fn every_changed_byte_and_every_missing_end_is_noticed() {
        let (id, bytes) = sealed(b"hunter2");
        for at in 0..bytes.len() {
            for mask in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= mask;
                assert!(opened(&STORE, &id, changed).is_err(), "byte {at} ^ {mask}");
            }
            let error = opened(&STORE, &id, bytes[..at].to_vec()).err();
            assert!(matches!(error, Some(Flaw::Truncated | Flaw::Changed)), "{at} bytes");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(opened(&STORE, &id, longer).err(), Some(Flaw::Changed));
    }

    #[test]
    fn a_record_is_refused_in_any_other_place() {
        let (_, bytes) = sealed(b"hunter2");
        let domain = Scope::Domain("g".to_owned());
        for other in [
            id(Scope::Global, Some("g"), "K"),
            id(Scope::Global, Some("G"), "k"),
            id(Scope::Global, None, "k"),
            id(Scope::Global, None, "gk"),
            id(domain, Some("g"), "k"),
        ] {
            assert_eq!(opened(&STORE, &other, bytes.clone()).err(), Some(Flaw::Changed), "{other}");
        }
        let here = id(Scope::Global, Some("g"), "k");
        assert_eq!(opened(&[4; 16], &here, bytes).err(), Some(Flaw::Changed));
    }

    #[test]
    fn later_formats_are_told_from_damage() {
        let (id, bytes) = sealed(b"hunter2");
        for (at, byte) in [(3, b'2'), (4, 2), (5, 1 << 7), (5, DELETED | IMAGE_PULL), (6, 2), (31, 1)] {
            let mut later = bytes.clone();
            later[at] = byte;
            assert_eq!(opened(&STORE, &id, later).err(), Some(Flaw::Unknown), "byte {at}");
        }
    }

    #[test]
    fn lengths_are_hidden_at_a_bounded_price() {
        assert_eq!([1, 256, 257, 4096, 4097].map(padded), [256, 256, 512, 4096, 4352]);
        for length in (4097..1 << 20).step_by(997) {
            let padded = padded(length);
            assert!(padded >= length && (padded - length) * 8 <= length, "{length} → {padded}");
        }
    }
}
