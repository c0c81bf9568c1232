//! What the fuzz target reaches of the parsers; they are no part of the API.

use std::path::Path;

use crate::{
    Scope, SecretId,
    cipher::{Cipher, NONCE},
    entry::FileName,
    format::Format,
    key, record,
    record::Home,
};

const STORE: [u8; 16] = [1; 16];

/// Reads `data` as every kind of file, and as the names of files.
///
/// # Panics
///
/// When something was accepted that would be written differently.
pub fn read(data: &[u8]) {
    if let Ok(format) = Format::parse(data) {
        assert_eq!(format.write().as_bytes(), data);
    }
    key::parses(data, Path::new("key"));
    if let Ok(text) = str::from_utf8(data) {
        if let Some(name) = FileName::parse(text)
            && let Some(id) = name.id(&Scope::Global)
        {
            assert_eq!(FileName::write(&id, name.facts), text);
        }
        if let Some(scope) = Scope::from_folder(text) {
            assert_eq!(scope.folder(), text);
        }
    }
    let (cipher, _) = Cipher::of_store(&[2; 32], &STORE);
    let Ok(id) = SecretId::new(Scope::Global, Some("g"), "k") else { return };
    let home = Home { store: &STORE, id: &id };
    // As it is, nobody has sealed it.
    assert!(record::open(&cipher, &home, &mut data.to_vec()).is_err(), "a forged record was opened");
    // Sealed, it is what somebody with the key but without manners has written.
    let (Some(header), Some(body)) = (data.first_chunk::<56>(), data.get(56..)) else { return };
    let Some(nonce) = header.last_chunk::<NONCE>() else { return };
    let mut bytes = data.to_vec();
    if let Ok(tag) = cipher.seal(nonce, &record::context(header, &home), &mut bytes[56..]) {
        bytes.extend_from_slice(&tag);
        if let Ok(opened) = record::open(&cipher, &home, &mut bytes) {
            assert!(opened.value.len() + 4 <= body.len());
        }
    }
}
