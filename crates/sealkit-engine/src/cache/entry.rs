//! The file of a result: a header of 8 bytes, the time in milliseconds since 1970, a digest, and the result as a message.

use std::time::{Duration, SystemTime};

use prost::Message;
use sealkit_protocol::call::Success;
use sha2::{Digest as _, Sha256};

use super::key::Key;

/// A result, and where its files are.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Entry {
    /// The name of the directory with the files, or an empty string.
    #[prost(string, tag = "1")]
    pub(super) files: String,
    /// The result.
    #[prost(message, required, tag = "2")]
    pub(super) success: Success,
}

/// The format and its version.
const HEADER: &[u8; 8] = b"SKRESLT1";
/// The length of everything before the message.
const PREFIX: usize = 8 + 8 + 32;

/// Returns the content of the file for an entry.
pub(super) fn encode(key: &Key, entry: &Entry) -> Vec<u8> {
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let created = u64::try_from(created.as_millis()).unwrap_or_default().to_le_bytes();
    let message = entry.encode_to_vec();
    [&HEADER[..], &created, &digest(key, &created, &message), &message].concat()
}

/// Returns the time and the entry, or `None` if the file is damaged or belongs to another key.
pub(super) fn decode(key: &Key, bytes: &[u8]) -> Option<(SystemTime, Entry)> {
    let (prefix, message) = bytes.split_at_checked(PREFIX)?;
    let (header, rest) = prefix.split_at(8);
    let (created, expected) = rest.split_at(8);
    if header != HEADER || digest(key, created, message) != expected {
        return None;
    }
    let milliseconds = u64::from_le_bytes(created.try_into().ok()?);
    let created = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))?;
    Some((created, Entry::decode(message).ok()?))
}

fn digest(key: &Key, created: &[u8], message: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(HEADER);
    hash.update(key.as_bytes());
    hash.update(created);
    hash.update(message);
    hash.finalize().into()
}
