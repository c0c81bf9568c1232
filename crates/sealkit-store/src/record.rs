//! The encoding of records. A record is one version of a secret; see `FORMAT.md`.

use zeroize::Zeroizing;

use crate::{
    SecretId, SecretType, ValueKind,
    cipher::{Cipher, NONCE, TAG},
    entry::Metadata,
    error::{Error, ErrorKind, Result},
};

const MAGIC: &[u8; 4] = b"SEC1";
const HEADER: usize = 56;
/// XChaCha20-Poly1305 with a key derived by HKDF-SHA256.
const ALGORITHM: u8 = 1;
/// The only supported key number. The field is reserved for key rotation.
const KEY_NUMBER: u16 = 1;

const DELETED: u8 = 1;
const BYTES: u8 = 1 << 1;
const IMAGE_PULL: u8 = 1 << 2;

/// The store and the secret that a record belongs to. The record authenticates both.
pub(crate) struct RecordContext<'a> {
    pub(crate) store: &'a [u8; 16],
    pub(crate) id: &'a SecretId,
}

/// A decrypted record.
pub(crate) struct Record {
    pub(crate) metadata: Metadata,
    pub(crate) kind: ValueKind,
    pub(crate) value: Zeroizing<Box<[u8]>>,
}

/// The reason why bytes are not a valid record in their context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    Truncated,
    UnknownFormat,
    Tampered,
}

impl RecordError {
    /// Returns the error for the secret `id`, whose record is in the file `path`.
    pub(crate) fn into_error(self, id: &SecretId, path: &str) -> Error {
        let (kind, problem) = match self {
            Self::Truncated => (ErrorKind::Corrupt, "is truncated"),
            Self::Tampered => (ErrorKind::Corrupt, "was modified, or belongs to another secret or store"),
            Self::UnknownFormat => {
                (ErrorKind::UnknownFormat, "has a format that this version of sealkit does not support")
            }
        };
        let hint = match self {
            Self::UnknownFormat => "upgrade sealkit, or restore the file from a backup".to_owned(),
            _ => format!("restore `{path}` from a backup, or delete the secret and create it again"),
        };
        Error::new(kind, format!("the file of secret {id} {problem}")).with_hint(hint)
    }
}

/// Encrypts a value and returns the bytes of its record.
pub(crate) fn encrypt(
    cipher: &Cipher,
    context: &RecordContext<'_>,
    metadata: Metadata,
    kind: ValueKind,
    value: &[u8],
    nonce: &[u8; NONCE],
) -> Result<Vec<u8>> {
    let header = header(metadata, kind, nonce);
    let length = u32::try_from(value.len())
        .map_err(|_| Error::new(ErrorKind::InvalidValue, "the value is larger than 4 GiB"))?;
    let padded = padded_length(4 + value.len());
    // The value is encrypted in place, in an allocation that never moves, so that no plaintext copy is left.
    let mut bytes = Vec::with_capacity(HEADER + padded + TAG);
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value);
    bytes.resize(HEADER + padded, 0);
    let tag = cipher.seal(nonce, &associated_data(&header, context), &mut bytes[HEADER..])?;
    bytes.extend_from_slice(&tag);
    Ok(bytes)
}

/// Decrypts the bytes of a record in place.
pub(crate) fn decrypt(
    cipher: &Cipher,
    context: &RecordContext<'_>,
    bytes: &mut [u8],
) -> Result<Record, RecordError> {
    let (metadata, kind) = parse_header(bytes)?;
    let Some((header, body)) = bytes.split_first_chunk_mut::<HEADER>() else {
        return Err(RecordError::Truncated);
    };
    let Some((body, tag)) = body.split_last_chunk_mut::<TAG>() else { return Err(RecordError::Truncated) };
    let nonce = header.last_chunk::<NONCE>().ok_or(RecordError::Truncated)?;
    if !cipher.open(nonce, &associated_data(header, context), body, tag) {
        return Err(RecordError::Tampered);
    }
    let (length, rest) = body.split_first_chunk::<4>().ok_or(RecordError::Tampered)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| RecordError::Tampered)?;
    let value = rest.get(..length).ok_or(RecordError::Tampered)?;
    Ok(Record { metadata, kind, value: Zeroizing::new(Box::from(value)) })
}

fn header(metadata: Metadata, kind: ValueKind, nonce: &[u8; NONCE]) -> [u8; HEADER] {
    let flags = match metadata.r#type {
        None => DELETED,
        Some(SecretType::Generic) => 0,
        Some(SecretType::ImagePull) => IMAGE_PULL,
    };
    let flags = flags | if kind == ValueKind::Bytes { BYTES } else { 0 };
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(MAGIC);
    header[4..6].copy_from_slice(&[ALGORITHM, flags]);
    header[6..8].copy_from_slice(&KEY_NUMBER.to_le_bytes());
    header[8..16].copy_from_slice(&metadata.version.to_le_bytes());
    header[16..24].copy_from_slice(&metadata.created.to_le_bytes());
    header[HEADER - NONCE..].copy_from_slice(nonce);
    header
}

/// Parses the header of a record. It is not authenticated until the record has been decrypted.
pub(crate) fn parse_header(bytes: &[u8]) -> Result<(Metadata, ValueKind), RecordError> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if !MAGIC.starts_with(magic) {
        return Err(RecordError::UnknownFormat);
    }
    let header = bytes.first_chunk::<HEADER>().ok_or(RecordError::Truncated)?;
    let [_, _, _, _, algorithm, flags, key @ ..] = header;
    let field =
        |offset: usize| header[offset..offset + 8].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let r#type = match flags & !BYTES {
        0 => Some(SecretType::Generic),
        IMAGE_PULL => Some(SecretType::ImagePull),
        DELETED => None,
        _ => return Err(RecordError::UnknownFormat),
    };
    if *algorithm != ALGORITHM || key[..2] != KEY_NUMBER.to_le_bytes() || field(24) != 0 {
        return Err(RecordError::UnknownFormat);
    }
    let kind = if flags & BYTES == 0 { ValueKind::Text } else { ValueKind::Bytes };
    Ok((Metadata { version: field(8), created: field(16), r#type }, kind))
}

/// Returns the associated data that a record authenticates: the header, the store and the secret.
///
/// The length of each name precedes the name.
pub(crate) fn associated_data(header: &[u8; HEADER], context: &RecordContext<'_>) -> Vec<u8> {
    let mut data = b"sealkit-store 1".to_vec();
    data.extend_from_slice(header);
    data.extend_from_slice(context.store);
    for name in
        [&*context.id.scope().directory_name(), context.id.group().unwrap_or_default(), context.id.key()]
    {
        // A name has at most 132 bytes.
        data.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        data.extend_from_slice(name.as_bytes());
    }
    data
}

/// Returns the padded length, which hides the exact length.
///
/// It is the next multiple of 256 bytes. Above 4 KiB it is the next Padmé length, which adds at most an eighth; see
/// <https://arxiv.org/abs/1806.03160>.
fn padded_length(length: usize) -> usize {
    if length <= 4096 {
        return length.next_multiple_of(256);
    }
    let exponent = length.ilog2();
    let significant_bits = exponent.ilog2() + 1;
    length.next_multiple_of(1 << (exponent - significant_bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    const STORE: [u8; 16] = [3; 16];

    fn cipher() -> Cipher {
        Cipher::for_store(&[9; 32], &STORE).0
    }

    fn id(scope: Scope, group: Option<&str>, key: &str) -> SecretId {
        SecretId::new(scope, group, key).unwrap()
    }

    fn encrypted(value: &[u8]) -> (SecretId, Vec<u8>) {
        let id = id(Scope::Global, Some("g"), "k");
        let metadata = Metadata { version: 2, created: 5, r#type: Some(SecretType::Generic) };
        let context = RecordContext { store: &STORE, id: &id };
        let bytes = encrypt(&cipher(), &context, metadata, ValueKind::Bytes, value, &[1; NONCE]).unwrap();
        (id, bytes)
    }

    fn decrypted(store: &[u8; 16], id: &SecretId, mut bytes: Vec<u8>) -> Result<Record, RecordError> {
        decrypt(&cipher(), &RecordContext { store, id }, &mut bytes)
    }

    #[test]
    fn an_encrypted_record_decrypts_to_the_same_value() {
        for value in [&b""[..], b"hunter2", &[0; 4096], &vec![255; 1 << 20]] {
            let (id, bytes) = encrypted(value);
            assert!(bytes.len() <= crate::format::RECORD_MAX);
            assert!(value.is_empty() || !bytes.windows(value.len()).any(|part| part == value));
            let record = decrypted(&STORE, &id, bytes).unwrap();
            assert_eq!(&**record.value, value);
            assert_eq!(
                (record.metadata.version, record.metadata.created, record.kind),
                (2, 5, ValueKind::Bytes)
            );
        }
    }

    #[test]
    fn every_modified_byte_and_every_truncation_is_detected() {
        let (id, bytes) = encrypted(b"hunter2");
        for at in 0..bytes.len() {
            for mask in [1, 0x80, 0xff] {
                let mut modified = bytes.clone();
                modified[at] ^= mask;
                assert!(decrypted(&STORE, &id, modified).is_err(), "byte {at} ^ {mask}");
            }
            let error = decrypted(&STORE, &id, bytes[..at].to_vec()).err();
            assert!(matches!(error, Some(RecordError::Truncated | RecordError::Tampered)), "{at} bytes");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(decrypted(&STORE, &id, longer).err(), Some(RecordError::Tampered));
    }

    #[test]
    fn a_record_of_another_secret_or_store_is_refused() {
        let (_, bytes) = encrypted(b"hunter2");
        let domain = Scope::Domain("g".to_owned());
        for other in [
            id(Scope::Global, Some("g"), "K"),
            id(Scope::Global, Some("G"), "k"),
            id(Scope::Global, None, "k"),
            id(Scope::Global, None, "gk"),
            id(domain, Some("g"), "k"),
        ] {
            assert_eq!(
                decrypted(&STORE, &other, bytes.clone()).err(),
                Some(RecordError::Tampered),
                "{other}"
            );
        }
        let same = id(Scope::Global, Some("g"), "k");
        assert_eq!(decrypted(&[4; 16], &same, bytes).err(), Some(RecordError::Tampered));
    }

    #[test]
    fn a_later_format_is_distinguished_from_corruption() {
        let (id, bytes) = encrypted(b"hunter2");
        for (at, byte) in [(3, b'2'), (4, 2), (5, 1 << 7), (5, DELETED | IMAGE_PULL), (6, 2), (31, 1)] {
            let mut later = bytes.clone();
            later[at] = byte;
            assert_eq!(decrypted(&STORE, &id, later).err(), Some(RecordError::UnknownFormat), "byte {at}");
        }
    }

    #[test]
    fn padding_adds_at_most_an_eighth() {
        assert_eq!([1, 256, 257, 4096, 4097].map(padded_length), [256, 256, 512, 4096, 4352]);
        for length in (4097..1 << 20).step_by(997) {
            let padded = padded_length(length);
            assert!(padded >= length && (padded - length) * 8 <= length, "{length} → {padded}");
        }
    }
}
