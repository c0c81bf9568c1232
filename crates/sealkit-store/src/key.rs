//! The key file, which a passphrase may encrypt.

use std::{fmt::Write as _, path::Path};

use sealkit_names::variables;
use zeroize::Zeroizing;

use crate::{
    StorePaths,
    argon2id::Parameters,
    cipher::{Key, NONCE, TAG, fill_random, random, zeroed_key},
    disk::{Directory, Operation, whole_file},
    error::{Error, ErrorKind, Result, shell_quote},
    format::{self, TEXT_MAX},
};

/// The first line of a key file without a passphrase.
const PLAIN: &str = "sealkit-key 1 plain";
/// The start of the first line of a key file with a passphrase.
const ENCRYPTED: &str = "sealkit-key 1 argon2id ";
/// What a key file is, for errors.
const WHAT: &str = "the key";

/// A parsed key file.
enum KeyFile {
    Plain(Key),
    Encrypted {
        first_line: String,
        parameters: Parameters,
        nonce: [u8; NONCE],
        ciphertext: [u8; 32],
        tag: [u8; TAG],
    },
}

/// Reads the key of a store, or returns `None` if there is no key file.
pub(crate) fn read(paths: &StorePaths) -> Result<Option<Key>> {
    let path = paths.key_file();
    let (parent, name) = whole_file::split(path, WHAT)?;
    // Only the file has to be private: CI systems choose the directory.
    let Some(directory) = Directory::open_shared(parent)? else { return Ok(None) };
    let Some(text) = directory.read(name, TEXT_MAX)? else { return Ok(None) };
    match parse(&text, path)? {
        KeyFile::Plain(key) => Ok(Some(key)),
        KeyFile::Encrypted { first_line, parameters, nonce, ciphertext, tag } => {
            let passphrase = paths.passphrase()?.ok_or_else(|| passphrase_required(path))?;
            let mut key = Box::new(Zeroizing::new(ciphertext));
            let cipher = parameters.cipher(&passphrase)?;
            if !cipher.open(&nonce, first_line.as_bytes(), key.as_mut_slice(), &tag) {
                let message = format!("incorrect passphrase for the key `{}`", path.display());
                return Err(Error::new(ErrorKind::Key, message));
            }
            Ok(Some(key))
        }
    }
}

/// Reads the key of a store, or creates it, and returns whether it was created.
pub(crate) fn read_or_create(paths: &StorePaths) -> Result<(Key, bool)> {
    if let Some(key) = read(paths)? {
        return Ok((key, false));
    }
    let mut key = zeroed_key();
    fill_random(key.as_mut_slice())?;
    match whole_file::write(paths.key_file(), WHAT, format_plain(&key).as_bytes(), Operation::RenameNoReplace)
    {
        // Another process was faster: use its key.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let key = read(paths)?.ok_or_else(|| {
                let path = paths.key_file().display();
                Error::new(ErrorKind::Key, format!("the key `{path}` was removed by another process"))
            })?;
            Ok((key, false))
        }
        other => other.map(|()| (key, true)),
    }
}

/// Encrypts the key of a store with `passphrase`, or with `None` stores it unencrypted.
pub(crate) fn set_passphrase(paths: &StorePaths, passphrase: Option<&str>) -> Result<()> {
    let (key, _) = read_or_create(paths)?;
    let text = match passphrase {
        None => format_plain(&key),
        Some("") => return Err(Error::new(ErrorKind::Key, "the passphrase is empty")),
        Some(passphrase) => format_encrypted(&key, passphrase)?,
    };
    whole_file::write(paths.key_file(), WHAT, text.as_bytes(), Operation::RenameReplace)?;
    // One of them may be a link to the key without its passphrase.
    whole_file::remove_temporary_files(paths.key_file(), WHAT)
}

fn format_plain(key: &Key) -> Zeroizing<String> {
    format_file(PLAIN, key.as_slice())
}

fn format_encrypted(key: &Key, passphrase: &str) -> Result<Zeroizing<String>> {
    let (parameters, nonce) = (Parameters::new()?, random::<NONCE>()?);
    let first_line = format!("{ENCRYPTED}{}", parameters.format());
    let mut ciphertext = **key.clone();
    let cipher = parameters.cipher(passphrase)?;
    let tag = cipher.seal(&nonce, first_line.as_bytes(), &mut ciphertext)?;
    Ok(format_file(&first_line, &[&nonce[..], &ciphertext, &tag].concat()))
}

/// Returns the two lines of a key file.
fn format_file(first_line: &str, bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(first_line.len() + 2 * bytes.len() + 2));
    text.push_str(first_line);
    text.push('\n');
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    text
}

fn parse(text: &[u8], path: &Path) -> Result<KeyFile> {
    let text = str::from_utf8(text).map_err(|_| invalid_key_file(path))?;
    let (first_line, digits) = text.trim_end().split_once('\n').ok_or_else(|| invalid_key_file(path))?;
    if first_line == PLAIN {
        let mut key = zeroed_key();
        return if format::decode_hex(digits, key.as_mut_slice()) {
            Ok(KeyFile::Plain(key))
        } else {
            Err(invalid_key_file(path))
        };
    }
    let file = parse_encrypted(first_line, digits).ok_or_else(|| invalid_key_file(path))?;
    if let KeyFile::Encrypted { parameters, .. } = &file
        && parameters.exceed_limits()
    {
        let message = format!("the Argon2 parameters of the key `{}` exceed the limits", path.display());
        return Err(Error::new(ErrorKind::Key, message));
    }
    Ok(file)
}

fn parse_encrypted(first_line: &str, digits: &str) -> Option<KeyFile> {
    let parameters = Parameters::parse(first_line.strip_prefix(ENCRYPTED)?)?;
    let mut bytes = [0; NONCE + 32 + TAG];
    if !format::decode_hex(digits, &mut bytes) {
        return None;
    }
    let (nonce, rest) = bytes.split_at(NONCE);
    let (ciphertext, tag) = rest.split_at(32);
    Some(KeyFile::Encrypted {
        first_line: first_line.to_owned(),
        parameters,
        nonce: nonce.try_into().ok()?,
        ciphertext: ciphertext.try_into().ok()?,
        tag: tag.try_into().ok()?,
    })
}

/// Returns whether `text` is a key file. Derives nothing from a passphrase.
#[cfg(fuzzing)]
pub(crate) fn parses(text: &[u8], path: &Path) -> bool {
    parse(text, path).is_ok()
}

fn passphrase_required(path: &Path) -> Error {
    let message = format!("the key `{}` requires a passphrase", path.display());
    let hint = format!("write the passphrase to a file and set {} to its path", variables::PASSPHRASE_FILE);
    Error::new(ErrorKind::Key, message).with_hint(hint)
}

fn invalid_key_file(path: &Path) -> Error {
    let hint = format!("restore it from a backup, or set {} to another key file", variables::KEY_FILE);
    Error::new(ErrorKind::Key, format!("`{}` is not a sealkit key file", path.display())).with_hint(hint)
}

/// The error for a store whose key file does not exist.
pub(crate) fn missing_key(paths: &StorePaths) -> Error {
    let (key, store) = (paths.key_file(), shell_quote(paths.directory()));
    let message = format!("the key of the store, `{}`, is missing", key.display());
    Error::new(ErrorKind::Key, message).with_hint(format!(
        "restore it from a backup, or set {} to its path; without the key the values are lost, and you can start a \
         new store after: mv {store} {store}.lost",
        variables::KEY_FILE
    ))
}

/// The error for a key file that belongs to another store.
pub(crate) fn foreign_key(paths: &StorePaths) -> Error {
    let message = format!("the key `{}` belongs to another store", paths.key_file().display());
    let hint = format!(
        "restore the key of `{}` from a backup, or set {} to its path",
        paths.directory().display(),
        variables::KEY_FILE
    );
    Error::new(ErrorKind::Key, message).with_hint(hint)
}
