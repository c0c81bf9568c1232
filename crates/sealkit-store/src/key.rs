//! The file that holds the key, which may itself be locked by a passphrase.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    Place,
    cipher::{Cipher, Key, NONCE, TAG, fill_random, no_key, random},
    disk::{Directory, Disk, Step},
    error::{Error, ErrorKind, Result, quoted},
    format::{self, TEXT_MAX},
};

const PLAIN: &str = "sealkit-key 1 plain";
const LOCKED: &str = "sealkit-key 1 argon2id ";
/// OWASP asks for at least 19 MiB and two passes; this takes about a tenth of a second.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3 };
/// More is refused: a file must not be able to take all memory or a day.
const COST_MAX: Cost = Cost { memory: 1 << 20, passes: 16 };

/// What a passphrase costs to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// In KiB.
    memory: u32,
    passes: u32,
}

/// A key file, read.
enum KeyFile {
    Plain(Key),
    Locked {
        first_line: String,
        cost: Cost,
        salt: [u8; 16],
        nonce: [u8; NONCE],
        sealed: [u8; 32],
        tag: [u8; TAG],
    },
}

/// The key of `place`, `None` if there is no key file.
pub(crate) fn read(place: &Place) -> Result<Option<Key>> {
    let path = place.key_file();
    let (folder, name) = parts(path)?;
    // Only the file itself has to be private: a CI service may put it anywhere.
    let Some(folder) = Directory::open_shared(folder)? else { return Ok(None) };
    let Some(text) = folder.read(name, TEXT_MAX)? else { return Ok(None) };
    match parse(&text, path)? {
        KeyFile::Plain(key) => Ok(Some(key)),
        KeyFile::Locked { first_line, cost, salt, nonce, sealed, tag } => {
            let Some(passphrase) = place.ask_passphrase()? else {
                let message = format!("the key `{}` needs its passphrase", path.display());
                let hint = format!(
                    "put it into a file and name that in {}",
                    sealkit_names::variables::PASSPHRASE_FILE
                );
                return Err(Error::new(ErrorKind::Key, message).with_hint(hint));
            };
            let mut key = Box::new(Zeroizing::new(sealed));
            let cipher = from_passphrase(&passphrase, cost, &salt)?;
            if !cipher.open(&nonce, first_line.as_bytes(), key.as_mut_slice(), &tag) {
                let message = format!("this is not the passphrase of the key `{}`", path.display());
                return Err(Error::new(ErrorKind::Key, message));
            }
            Ok(Some(key))
        }
    }
}

/// The key of `place`, made if there is none.
pub(crate) fn read_or_create(place: &Place) -> Result<Key> {
    if let Some(key) = read(place)? {
        return Ok(key);
    }
    let mut key = no_key();
    fill_random(key.as_mut_slice())?;
    match write(place, &plain(&key), Step::Publish) {
        // Another process was faster; its key is the one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(place)?.ok_or_else(|| {
            Error::new(ErrorKind::Key, format!("the key `{}` was removed", place.key_file().display()))
        }),
        other => other.map(|()| key),
    }
}

/// Locks the key of `place` by `passphrase`, or unlocks it for good.
pub(crate) fn lock(place: &Place, passphrase: Option<&str>) -> Result<()> {
    let key = read_or_create(place)?;
    let text = match passphrase {
        None => plain(&key),
        Some("") => return Err(Error::new(ErrorKind::Key, "the passphrase is empty")),
        Some(passphrase) => locked(&key, passphrase)?,
    };
    write(place, &text, Step::Replace)
}

fn write(place: &Place, text: &str, publish: fn(PathBuf, PathBuf) -> Step) -> Result<()> {
    let path = place.key_file();
    let (parent, name) = parts(path)?;
    if Directory::open_shared(parent)?.is_none() {
        crate::disk::make(parent)?;
    }
    let folder = Directory::open_shared(parent)?
        .ok_or_else(|| Error::new(ErrorKind::Io, format!("`{}` was removed", parent.display())))?;
    let temporary = format!(".sealkit-{}", base16ct::lower::encode_string(&random::<8>()?));
    let temporary = PathBuf::from(temporary);
    let mut steps = [
        Step::Write(temporary.clone(), text.as_bytes().to_vec()),
        Step::SyncFile(temporary.clone()),
        publish(temporary.clone(), name.to_owned()),
        Step::SyncDirectory("".into()),
    ];
    let done = steps.iter().try_for_each(|step| folder.apply(step));
    if let Step::Write(_, bytes) = &mut steps[0] {
        bytes.zeroize();
    }
    done.map_err(|error| {
        let _ = folder.apply(&Step::Remove(temporary));
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Error::new(ErrorKind::AlreadyExists, "there is a key already");
        }
        Error::io(format_args!("the key `{}` cannot be written", path.display()), error)
    })
}

fn parts(path: &Path) -> Result<(&Path, &Path)> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok((folder, Path::new(name))),
        _ => Err(Error::new(ErrorKind::Key, format!("`{}` is no path of a key file", path.display()))),
    }
}

fn plain(key: &Key) -> Zeroizing<String> {
    text(PLAIN, key.as_slice())
}

fn locked(key: &Key, passphrase: &str) -> Result<Zeroizing<String>> {
    let (salt, nonce) = (random::<16>()?, random::<NONCE>()?);
    let salted = base16ct::lower::encode_string(&salt);
    let first_line = format!("{LOCKED}m={} t={} salt={salted}", COST.memory, COST.passes);
    let mut sealed = **key.clone();
    let tag = from_passphrase(passphrase, COST, &salt)?.seal(&nonce, first_line.as_bytes(), &mut sealed)?;
    Ok(text(&first_line, &[&nonce[..], &sealed, &tag].concat()))
}

/// The two lines of a key file.
fn text(first_line: &str, bytes: &[u8]) -> Zeroizing<String> {
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
    let damaged = || {
        let hint = format!(
            "put it back from a backup, or name another file in {}",
            sealkit_names::variables::KEY_FILE
        );
        Error::new(ErrorKind::Key, format!("`{}` is no key of sealkit", path.display())).with_hint(hint)
    };
    let text = str::from_utf8(text).map_err(|_| damaged())?;
    let (first_line, digits) = text.trim_end().split_once('\n').ok_or_else(damaged)?;
    if first_line == PLAIN {
        let mut key = no_key();
        return if format::hex(digits, key.as_mut_slice()) {
            Ok(KeyFile::Plain(key))
        } else {
            Err(damaged())
        };
    }
    let Some(parameters) = first_line.strip_prefix(LOCKED) else { return Err(damaged()) };
    let mut parameters = parameters.split(' ');
    let mut parameter = |name: &str| parameters.next()?.strip_prefix(name)?.strip_prefix('=');
    let (memory, passes) = (parameter("m"), parameter("t"));
    let number = |text: Option<&str>| format::number(text?)?.try_into().ok();
    let (Some(memory), Some(passes)) = (number(memory), number(passes)) else { return Err(damaged()) };
    let (mut salt, mut sealed) = ([0; 16], [0; NONCE + 32 + TAG]);
    if !parameter("salt").is_some_and(|digits| format::hex(digits, &mut salt))
        || !format::hex(digits, &mut sealed)
    {
        return Err(damaged());
    }
    let cost = Cost { memory, passes };
    if cost.memory > COST_MAX.memory || cost.passes > COST_MAX.passes {
        let message = format!("the key `{}` asks for more memory or time than is safe", path.display());
        return Err(Error::new(ErrorKind::Key, message));
    }
    let (nonce, rest) = sealed.split_at(NONCE);
    let (sealed, tag) = rest.split_at(32);
    let first_line = first_line.to_owned();
    match (nonce.try_into(), sealed.try_into(), tag.try_into()) {
        (Ok(nonce), Ok(sealed), Ok(tag)) => {
            Ok(KeyFile::Locked { first_line, cost, salt, nonce, sealed, tag })
        }
        _ => Err(damaged()),
    }
}

/// Whether `text` is a key file. Nothing is derived from a passphrase.
#[cfg(fuzzing)]
pub(crate) fn parses(text: &[u8], path: &Path) -> bool {
    parse(text, path).is_ok()
}

fn from_passphrase(passphrase: &str, cost: Cost, salt: &[u8; 16]) -> Result<Cipher> {
    let refused =
        |error: argon2::Error| Error::new(ErrorKind::Key, format!("the key cannot be unlocked: {error}"));
    let parameters = Params::new(cost.memory, cost.passes, 1, Some(32)).map_err(refused)?;
    let mut key = no_key();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(refused)?;
    Ok(Cipher::of_key(key))
}

/// What is wrong when the store is there and its key is not.
pub(crate) fn missing(place: &Place) -> Error {
    let (key, store) = (place.key_file(), quoted(place.directory()));
    let message = format!("the key of the store, `{}`, is missing", key.display());
    Error::new(ErrorKind::Key, message).with_hint(format!(
        "put it back from a backup, or name it in {}; without it the values are lost, and a new store begins after: mv \
         {store} {store}.lost",
        sealkit_names::variables::KEY_FILE
    ))
}

/// What is wrong when the key is another store's.
pub(crate) fn another(place: &Place) -> Error {
    let message = format!("`{}` is the key of another store", place.key_file().display());
    let hint = format!(
        "put the key of `{}` back from a backup, or name it in {}",
        place.directory().display(),
        sealkit_names::variables::KEY_FILE
    );
    Error::new(ErrorKind::Key, message).with_hint(hint)
}
