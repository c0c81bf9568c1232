//! The export of a store: one file with all secrets, encrypted with a passphrase. `FORMAT.md` documents it.

use std::{fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use crate::{
    Scope, SecretId, SecretType, Store, StoredSecret, Value, ValueKind,
    argon2id::Parameters,
    cipher::{NONCE, TAG, random},
    disk::{Operation, whole_file},
    error::{Error, ErrorKind, Result},
};

/// The beginning of the first line. The parameters of the passphrase follow.
const FIRST_LINE: &str = "sealkit-export 1 argon2id ";
/// The largest file that is read.
const MAX_FILE: u64 = 1 << 30;
const WHAT: &str = "the export";

const BYTES: u8 = 1 << 1;
const IMAGE_PULL: u8 = 1 << 2;

/// What [`Store::import`] has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The number of secrets that were created.
    pub created: usize,
    /// The number of secrets that had another value.
    pub replaced: usize,
    /// The number of secrets that had the same value.
    pub unchanged: usize,
}

/// A secret of an export.
struct Exported {
    id: SecretId,
    r#type: SecretType,
    kind: ValueKind,
    value: Zeroizing<Vec<u8>>,
}

impl Store {
    /// Writes the latest values of all secrets to a new file, encrypted with a passphrase. Returns how many there are.
    ///
    /// The file is complete, or does not exist. The key of the store is not needed to read it.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the passphrase is empty ([`ErrorKind::Key`]);
    /// - the file exists ([`ErrorKind::AlreadyExists`]) or cannot be written ([`ErrorKind::Io`]);
    /// - a secret cannot be read; see [`Store::get`].
    ///
    /// ```
    /// use sealkit_store::{ErrorKind, Scope, SecretId, SecretType, Store, StorePaths, Value};
    ///
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let directory = directory.path();
    /// let store = Store::open_or_create(&StorePaths::new(directory.join("a"), directory.join("a.key")))?;
    /// let id = SecretId::new(Scope::Global, None, "my_secret")?;
    /// store.create(&id, SecretType::Generic, Value::text("hunter2")?)?;
    /// let file = directory.join("export");
    /// store.export(&file, "correct horse battery staple")?;
    ///
    /// let other = Store::open_or_create(&StorePaths::new(directory.join("b"), directory.join("b.key")))?;
    /// assert_eq!(other.import(&file, "wrong", false).unwrap_err().kind(), ErrorKind::Key);
    /// assert_eq!(other.import(&file, "correct horse battery staple", false)?.created, 1);
    /// assert_eq!(&**other.get(&id)?.unwrap().value, b"hunter2");
    /// # Ok::<(), sealkit_store::Error>(())
    /// ```
    pub fn export(&self, file: &Path, passphrase: &str) -> Result<usize> {
        if passphrase.is_empty() {
            return Err(Error::new(ErrorKind::Key, "the passphrase is empty"));
        }
        let mut secrets = Vec::new();
        for entry in self.list(None)? {
            // Another process may have deleted it meanwhile.
            secrets.extend(self.get(&entry.id)?);
        }
        let parameters = Parameters::new()?;
        let first_line = format!("{FIRST_LINE}{}\n", parameters.format());
        let mut plain = encode(&secrets)?;
        let nonce = random::<NONCE>()?;
        let tag = parameters.cipher(passphrase)?.seal(&nonce, first_line.as_bytes(), &mut plain)?;
        let bytes = [first_line.as_bytes(), &nonce, &plain, &tag].concat();
        whole_file::write(file, WHAT, &bytes, Operation::RenameNoReplace)?;
        Ok(secrets.len())
    }

    /// Creates the secrets of a file that [`Store::export`] has written, and with `replace` also changes those that have another value.
    ///
    /// After an error, no secret is changed. After a crash, the import can be repeated.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the passphrase is wrong, or the file was modified ([`ErrorKind::Key`]);
    /// - the file is no export, or one of a later version ([`ErrorKind::UnknownFormat`]), or cannot be read ([`ErrorKind::Io`]);
    /// - a secret has another value, without `replace` ([`ErrorKind::AlreadyExists`]);
    /// - a secret cannot be changed; see [`Store::create`] and [`Store::update`].
    pub fn import(&self, file: &Path, passphrase: &str, replace: bool) -> Result<Imported> {
        let exported = read(file, passphrase)?;
        let mut imported = Imported::default();
        let mut changes = Vec::new();
        let mut different = Vec::new();
        for secret in &exported {
            match self.get(&secret.id)? {
                None => changes.push((secret, None)),
                Some(old) if **old.value == **secret.value => imported.unchanged += 1,
                Some(old) => {
                    different.push(secret.id.to_string());
                    changes.push((secret, Some(old)));
                }
            }
        }
        if !replace && !different.is_empty() {
            let verb = if different.len() == 1 { "has" } else { "have" };
            let message = format!("{} {verb} another value in this store", different.join(", "));
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        for (index, (secret, old)) in changes.iter().enumerate() {
            let value = Value::of_kind(secret.kind, &secret.value);
            let outcome = match old {
                None => value.and_then(|value| self.create(&secret.id, secret.r#type, value)),
                Some(_) => value.and_then(|value| self.update(&secret.id, value)),
            };
            if let Err(error) = outcome {
                for (secret, old) in &changes[..index] {
                    self.undo(&secret.id, old.as_ref());
                }
                return Err(error);
            }
            match old {
                None => imported.created += 1,
                Some(_) => imported.replaced += 1,
            }
        }
        Ok(imported)
    }

    /// Restores the old value of a secret, as far as possible: the error that comes first is the one to report.
    fn undo(&self, id: &SecretId, old: Option<&StoredSecret>) {
        let _ = match old {
            None => self.delete(id),
            Some(old) => Value::of_kind(old.kind, &old.value).and_then(|value| self.update(id, value)),
        };
    }
}

/// Returns the fields of a secret, each of which is encoded after its length.
fn fields(secret: &StoredSecret) -> [&[u8]; 5] {
    let id = &secret.entry.id;
    let [domain, project, group] =
        [id.scope().domain(), id.scope().project(), id.group()].map(Option::unwrap_or_default);
    [domain.as_bytes(), project.as_bytes(), group.as_bytes(), id.key().as_bytes(), &secret.value]
}

/// Encodes secrets, in an allocation that never moves, so that no copy is left.
fn encode(secrets: &[StoredSecret]) -> Result<Zeroizing<Vec<u8>>> {
    let size = |secret| fields(secret).iter().map(|field| 4 + field.len()).sum::<usize>() + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(secrets.iter().map(size).sum()));
    for secret in secrets {
        let image_pull = if secret.entry.r#type == Some(SecretType::ImagePull) { IMAGE_PULL } else { 0 };
        bytes.push(image_pull | if secret.kind == ValueKind::Bytes { BYTES } else { 0 });
        for field in fields(secret) {
            let length = u32::try_from(field.len())
                .map_err(|_| Error::new(ErrorKind::InvalidValue, "a value is larger than 4 GiB"))?;
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(field);
        }
    }
    Ok(bytes)
}

/// Decodes what [`encode`] has encoded.
fn decode(mut bytes: &[u8]) -> Option<Vec<Exported>> {
    let mut secrets = Vec::new();
    while let Some((flags, rest)) = bytes.split_first() {
        bytes = rest;
        let mut field = || {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let (field, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
            bytes = rest;
            Some(field)
        };
        let mut name =
            || str::from_utf8(field()?).ok().map(|name| Some(name).filter(|name| !name.is_empty()));
        let (domain, project, group, key) = (name()?, name()?, name()?, name()??);
        let value = Zeroizing::new(field()?.to_vec());
        let r#type = match flags & !BYTES {
            0 => SecretType::Generic,
            IMAGE_PULL => SecretType::ImagePull,
            _ => return None,
        };
        let kind = if flags & BYTES == 0 { ValueKind::Text } else { ValueKind::Bytes };
        let id = SecretId::new(Scope::new(domain, project).ok()?, group, key).ok()?;
        secrets.push(Exported { id, r#type, kind, value });
    }
    Some(secrets)
}

fn read(file: &Path, passphrase: &str) -> Result<Vec<Exported>> {
    let shown = file.display();
    // Other users may read the file: it is encrypted.
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(file)
        .and_then(|opened| opened.take(MAX_FILE).read_to_end(&mut bytes))
        .map_err(|error| Error::io(format_args!("`{shown}` cannot be read"), error))?;
    let unknown = || {
        Error::new(
            ErrorKind::UnknownFormat,
            format!("`{shown}` is not an export that this version of sealkit can read"),
        )
    };
    let end = bytes.iter().take(256).position(|byte| *byte == b'\n').ok_or_else(unknown)?;
    let (first_line, body) = bytes.split_at_mut(end + 1);
    let parameters =
        str::from_utf8(first_line).ok().and_then(|line| line.trim_end().strip_prefix(FIRST_LINE));
    let parameters = parameters.and_then(Parameters::parse).ok_or_else(unknown)?;
    if parameters.exceed_limits() {
        return Err(unknown());
    }
    let unauthentic = || {
        Error::new(ErrorKind::Key, format!("the passphrase of `{shown}` is wrong, or the file was modified"))
    };
    let (nonce, rest) = body.split_first_chunk_mut::<NONCE>().ok_or_else(unauthentic)?;
    let (plain, tag) = rest.split_last_chunk_mut::<TAG>().ok_or_else(unauthentic)?;
    if !parameters.cipher(passphrase)?.open(nonce, first_line, plain, tag) {
        return Err(unauthentic());
    }
    decode(plain).ok_or_else(unknown)
}
