//! The key file, which a passphrase may encrypt.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use sealkit_names::variables;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    StorePaths,
    cipher::{Cipher, Key, NONCE, TAG, fill_random, random, zeroed_key},
    disk::{Directory, FileSystem, Operation},
    error::{Error, ErrorKind, Result, shell_quote},
    file_system,
    format::{self, TEXT_MAX},
};

/// The first line of a key file without a passphrase.
const PLAIN: &str = "sealkit-key 1 plain";
/// The start of the first line of a key file with a passphrase.
const ENCRYPTED: &str = "sealkit-key 1 argon2id ";
/// OWASP recommends at least 19 MiB and two passes. These costs take about a tenth of a second.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3 };
/// The highest accepted costs, so that a forged key file cannot exhaust the memory or run for hours.
const COST_MAX: Cost = Cost { memory: 1 << 20, passes: 16 };

/// The beginning of the names of temporary files beside the key file. 16 hexadecimal digits follow.
const TEMPORARY_PREFIX: &str = ".sealkit-";

/// The costs of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// The memory in KiB.
    memory: u32,
    /// The number of passes.
    passes: u32,
}

/// A parsed key file.
enum KeyFile {
    Plain(Key),
    Encrypted {
        first_line: String,
        cost: Cost,
        salt: [u8; 16],
        nonce: [u8; NONCE],
        ciphertext: [u8; 32],
        tag: [u8; TAG],
    },
}

/// Reads the key of a store, or returns `None` if there is no key file.
pub(crate) fn read(paths: &StorePaths) -> Result<Option<Key>> {
    let path = paths.key_file();
    let (parent, name) = split_path(path)?;
    // Only the file has to be private: CI systems choose the directory.
    let Some(directory) = Directory::open_shared(parent)? else { return Ok(None) };
    let Some(text) = directory.read(name, TEXT_MAX)? else { return Ok(None) };
    match parse(&text, path)? {
        KeyFile::Plain(key) => Ok(Some(key)),
        KeyFile::Encrypted { first_line, cost, salt, nonce, ciphertext, tag } => {
            let passphrase = paths.passphrase()?.ok_or_else(|| passphrase_required(path))?;
            let mut key = Box::new(Zeroizing::new(ciphertext));
            let cipher = derive_cipher(&passphrase, cost, &salt)?;
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
    match write(paths, &format_plain(&key), Operation::RenameNoReplace) {
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
    write(paths, &text, Operation::RenameReplace)?;
    remove_temporary_files(paths)
}

/// Removes the temporary files of crashed processes. One of them may be a link to the key without its passphrase.
fn remove_temporary_files(paths: &StorePaths) -> Result<()> {
    let (parent, _) = split_path(paths.key_file())?;
    let Some(directory) = Directory::open_shared(parent)? else { return Ok(()) };
    for name in directory.file_names_with_prefix(Path::new(""), TEMPORARY_PREFIX, &mut Vec::new())? {
        if name.len() == TEMPORARY_PREFIX.len() + 16 {
            // Another process may have removed it.
            let _ = directory.apply(&Operation::RemoveFile(name.into()));
        }
    }
    Ok(())
}

fn write(paths: &StorePaths, text: &str, rename: fn(PathBuf, PathBuf) -> Operation) -> Result<()> {
    let path = paths.key_file();
    let (parent, name) = split_path(path)?;
    if Directory::open_shared(parent)?.is_none() {
        crate::disk::create_directories(parent)?;
    }
    let directory = Directory::open_shared(parent)?
        .ok_or_else(|| Error::new(ErrorKind::Io, format!("`{}` was removed", parent.display())))?;
    let temporary = format!("{TEMPORARY_PREFIX}{}", base16ct::lower::encode_string(&random::<8>()?));
    let temporary = PathBuf::from(temporary);
    let mut operations = [
        Operation::WriteFile(temporary.clone(), text.as_bytes().to_vec()),
        Operation::SyncFile(temporary.clone()),
        rename(temporary.clone(), name.to_owned()),
        Operation::SyncDirectory("".into()),
    ];
    let result = operations.iter().try_for_each(|operation| directory.apply(operation));
    if let Operation::WriteFile(_, bytes) = &mut operations[0] {
        bytes.zeroize();
    }
    result.map_err(|error| {
        let _ = directory.apply(&Operation::RemoveFile(temporary));
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Error::new(ErrorKind::AlreadyExists, "the key file already exists");
        }
        let hint = file_system::hint(parent, &error);
        Error::io(format_args!("the key `{}` cannot be written", path.display()), error)
            .with_optional_hint(hint)
    })
}

/// Splits the path of a key file into its directory and its file name.
fn split_path(path: &Path) -> Result<(&Path, &Path)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok((parent, Path::new(name))),
        _ => Err(Error::new(ErrorKind::Key, format!("`{}` is not a valid key file path", path.display()))),
    }
}

fn format_plain(key: &Key) -> Zeroizing<String> {
    format_file(PLAIN, key.as_slice())
}

fn format_encrypted(key: &Key, passphrase: &str) -> Result<Zeroizing<String>> {
    let (salt, nonce) = (random::<16>()?, random::<NONCE>()?);
    let salt_digits = base16ct::lower::encode_string(&salt);
    let first_line = format!("{ENCRYPTED}m={} t={} salt={salt_digits}", COST.memory, COST.passes);
    let mut ciphertext = **key.clone();
    let cipher = derive_cipher(passphrase, COST, &salt)?;
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
    if let KeyFile::Encrypted { cost, .. } = &file
        && (cost.memory > COST_MAX.memory || cost.passes > COST_MAX.passes)
    {
        let message = format!("the Argon2 parameters of the key `{}` exceed the limits", path.display());
        return Err(Error::new(ErrorKind::Key, message));
    }
    Ok(file)
}

fn parse_encrypted(first_line: &str, digits: &str) -> Option<KeyFile> {
    let mut parameters = first_line.strip_prefix(ENCRYPTED)?.split(' ');
    let mut parameter = |name: &str| parameters.next()?.strip_prefix(name)?.strip_prefix('=');
    let memory = format::parse_number(parameter("m")?)?.try_into().ok()?;
    let passes = format::parse_number(parameter("t")?)?.try_into().ok()?;
    let (mut salt, mut bytes) = ([0; 16], [0; NONCE + 32 + TAG]);
    if !format::decode_hex(parameter("salt")?, &mut salt) || !format::decode_hex(digits, &mut bytes) {
        return None;
    }
    let (nonce, rest) = bytes.split_at(NONCE);
    let (ciphertext, tag) = rest.split_at(32);
    Some(KeyFile::Encrypted {
        first_line: first_line.to_owned(),
        cost: Cost { memory, passes },
        salt,
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

/// Derives the cipher that encrypts the key from a passphrase.
fn derive_cipher(passphrase: &str, cost: Cost, salt: &[u8; 16]) -> Result<Cipher> {
    let parameters = Params::new(cost.memory, cost.passes, 1, Some(32)).map_err(derivation_error)?;
    let mut key = zeroed_key();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(derivation_error)?;
    Ok(Cipher::from_key(key))
}

fn derivation_error(error: argon2::Error) -> Error {
    Error::new(ErrorKind::Key, format!("the passphrase cannot be processed: {error}"))
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
