//! Entry point of the fuzz target for the parsers. It is not part of the API.

use std::path::Path;

use crate::{
    Scope, SecretId,
    cipher::{Cipher, NONCE},
    entry::FileName,
    format::Format,
    key, record,
    record::RecordContext,
};

const STORE: [u8; 16] = [1; 16];

/// Parses `data` as each kind of file and as each kind of file name.
///
/// # Panics
///
/// Panics if a parser accepts data that would be written differently, or a record that was not encrypted with the key.
pub fn read(data: &[u8]) {
    if let Ok(format) = Format::parse(data) {
        assert_eq!(format.to_text().as_bytes(), data);
    }
    key::parses(data, Path::new("key"));
    if let Ok(text) = str::from_utf8(data) {
        if let Some(name) = FileName::parse(text)
            && let Some(id) = name.id(&Scope::Global)
        {
            assert_eq!(FileName::format(&id, name.metadata), text);
        }
        if let Some(scope) = Scope::from_directory_name(text) {
            assert_eq!(scope.directory_name(), text);
        }
    }
    let (cipher, _) = Cipher::for_store(&[2; 32], &STORE);
    let Ok(id) = SecretId::new(Scope::Global, Some("g"), "k") else { return };
    let context = RecordContext { store: &STORE, id: &id };
    // Without the key, `data` cannot be a valid record.
    assert!(record::decrypt(&cipher, &context, &mut data.to_vec()).is_err(), "a forged record was accepted");
    // With the key, `data` becomes an authentic record with arbitrary contents.
    let (Some(header), Some(body)) = (data.first_chunk::<56>(), data.get(56..)) else { return };
    let Some(nonce) = header.last_chunk::<NONCE>() else { return };
    let mut bytes = data.to_vec();
    if let Ok(tag) = cipher.seal(nonce, &record::associated_data(header, &context), &mut bytes[56..]) {
        bytes.extend_from_slice(&tag);
        if let Ok(record) = record::decrypt(&cipher, &context, &mut bytes) {
            assert!(record.value.len() + 4 <= body.len());
        }
    }
}
