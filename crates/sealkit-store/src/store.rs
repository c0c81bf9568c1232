//! The [`Store`] and its read operations. `FORMAT.md` documents the files.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

mod versions;
mod write;

use sealkit_names::rules::{self, NameError};

use self::{
    versions::{check_decided, only_one, undecided, versions},
    write::{apply_all, temporary_path},
};
use crate::{
    Entry, Scope, SecretId, StorePaths, StoredSecret,
    cipher::{Cipher, random},
    disk::{Directory, FileSystem, Operation},
    entry::{FileName, Metadata, latest, shard},
    error::{Error, ErrorKind, Result},
    file_system,
    format::{Format, RECORD_MAX, TEXT_MAX},
    key,
    lock::Lock,
    record::{self, RecordContext, RecordError},
};

/// The file that marks a directory as a store.
const FORMAT: &str = "FORMAT";
/// The directory of files that have not been renamed to their final names yet.
const TEMPORARY_DIRECTORY: &str = "tmp";
/// How often a read is tried if writers keep removing the version that it has chosen.
const READ_ATTEMPTS: usize = 100;

/// An open store.
///
/// Any number of processes can read and write a store at the same time. Readers never wait for a lock.
///
/// ```
/// use sealkit_store::{ErrorKind, Scope, SecretId, SecretType, Store, StorePaths, Value};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let directory = directory.path();
/// let store = Store::open_or_create(&StorePaths::new(directory.join("secrets"), directory.join("key")))?;
/// let id = SecretId::new(Scope::Global, None, "my_secret")?;
/// store.create(&id, SecretType::Generic, Value::text("hunter2")?)?;
/// assert_eq!(&**store.get(&id)?.unwrap().value, b"hunter2");
///
/// let error = store.create(&id, SecretType::Generic, Value::text("hunter3")?).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::AlreadyExists);
/// # Ok::<(), sealkit_store::Error>(())
/// ```
#[derive(Debug)]
pub struct Store {
    paths: StorePaths,
    directory: Arc<Directory>,
    file_system: Arc<dyn FileSystem>,
    format: Format,
    cipher: OnceLock<Cipher>,
    created_key: bool,
}

/// A corrupt file of a store, as found by [`Store::verify`].
#[derive(Debug)]
pub struct CorruptFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The error that reading the file returned.
    pub error: Error,
}

impl Store {
    /// Opens the store at `paths`, or returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory
    ///
    /// - is accessible to other users ([`ErrorKind::NotPrivate`]);
    /// - holds other files, or a store of a later version ([`ErrorKind::UnknownFormat`]);
    /// - has a corrupt `FORMAT` file ([`ErrorKind::Corrupt`]);
    /// - cannot be read ([`ErrorKind::Io`]).
    pub fn open(paths: &StorePaths) -> Result<Option<Self>> {
        match Directory::open(paths.directory())? {
            Some(directory) => Self::open_directory(paths, Arc::new(directory)),
            None => Ok(None),
        }
    }

    /// Opens the store at `paths`, and creates it if it does not exist.
    ///
    /// A new store uses the key in the key file, and creates that file if it does not exist; see
    /// [`Store::created_key`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Store::open`], and [`ErrorKind::Key`] if the key file of a new store is invalid.
    pub fn open_or_create(paths: &StorePaths) -> Result<Self> {
        let directory = Arc::new(Directory::open_or_create(paths.directory())?);
        Self::create_in(paths, &directory, directory.clone())
    }

    fn create_in(
        paths: &StorePaths,
        directory: &Arc<Directory>,
        file_system: Arc<dyn FileSystem>,
    ) -> Result<Self> {
        if let Some(store) = Self::open_directory(paths, directory.clone())? {
            return Ok(Self { file_system, ..store });
        }
        let _lock = Lock::acquire(directory)?;
        if let Some(store) = Self::open_directory(paths, directory.clone())? {
            return Ok(Self { file_system, ..store });
        }
        let (key, created_key) = key::read_or_create(paths)?;
        let id = random()?;
        let (cipher, key_check) = Cipher::for_store(&key, &id);
        let format = Format { id, key_check };
        let temporary = temporary_path()?;
        let operations = [
            Operation::CreateDirectory(TEMPORARY_DIRECTORY.into()),
            Operation::WriteFile(temporary.clone(), format.to_text().into_bytes()),
            Operation::SyncFile(temporary.clone()),
            Operation::RenameNoReplace(temporary, FORMAT.into()),
            Operation::SyncDirectory("".into()),
        ];
        apply_all(&*file_system, &operations).map_err(|error| {
            let hint = file_system::hint(directory.path(), &error);
            Error::io(format_args!("the store `{}` cannot be created", directory.path().display()), error)
                .with_optional_hint(hint)
        })?;
        let cipher = OnceLock::from(cipher);
        Ok(Self {
            paths: paths.clone(),
            directory: directory.clone(),
            file_system,
            format,
            cipher,
            created_key,
        })
    }

    fn open_directory(paths: &StorePaths, directory: Arc<Directory>) -> Result<Option<Self>> {
        let Some(text) = directory.read(Path::new(FORMAT), TEXT_MAX)? else {
            let names = directory.file_names(Path::new(""))?;
            let is_unfinished = |name: &String| [TEMPORARY_DIRECTORY, "lock"].contains(&&**name);
            if names.iter().all(is_unfinished) {
                return Ok(None);
            }
            let message = format!("`{}` is not a store, but contains files", directory.path().display());
            return Err(Error::new(ErrorKind::UnknownFormat, message)
                .with_hint("restore its file `FORMAT` from a backup, or move the directory away"));
        };
        let (format, file_system) = (Format::parse(&text)?, directory.clone());
        Ok(Some(Self {
            paths: paths.clone(),
            directory,
            file_system,
            format,
            cipher: OnceLock::new(),
            created_key: false,
        }))
    }

    /// Returns the latest version of a secret, or `None` if the secret does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the latest version is corrupt ([`ErrorKind::Corrupt`], [`ErrorKind::UnknownFormat`]); an older version is never
    ///   returned instead;
    /// - the key is not available ([`ErrorKind::Key`]);
    /// - the file or the key file is accessible to other users ([`ErrorKind::NotPrivate`]);
    /// - the latest version has two values ([`ErrorKind::Conflict`]);
    /// - other processes replace the secret faster than it can be read ([`ErrorKind::Busy`]);
    /// - a file cannot be read ([`ErrorKind::Io`]).
    pub fn get(&self, id: &SecretId) -> Result<Option<StoredSecret>> {
        self.read_chosen(id, |names| {
            let versions = versions(names, id);
            let Some(latest) = versions.first() else { return Ok(None) };
            Ok(only_one(id, &versions, latest.version)?.filter(|metadata| metadata.r#type.is_some()))
        })
    }

    /// Returns one of the five latest versions of a secret, or `None` if it does not exist or is a deletion.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Store::get`].
    pub fn get_version(&self, id: &SecretId, version: u64) -> Result<Option<StoredSecret>> {
        self.read_chosen(id, |names| {
            let chosen = only_one(id, &versions(names, id), version)?;
            Ok(chosen.filter(|metadata| metadata.r#type.is_some()))
        })
    }

    /// Returns the secret with this name from `scope`, or else from the next wider scope that has it. A group that a store cannot hold, such
    /// as an ARN, has no secrets.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Store::get`], and [`ErrorKind::InvalidName`] if the group or the key is invalid.
    pub fn find(&self, scope: &Scope, group: Option<&str>, key: &str) -> Result<Option<StoredSecret>> {
        if group.is_some_and(|group| rules::check_stored_group(group) == Err(NameError::StoredGroup)) {
            return Ok(None);
        }
        for scope in scope.lookup_order() {
            if let Some(stored) = self.get(&SecretId::new(scope, group, key)?)? {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    /// Returns the scopes in which a secret has been stored, in order.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be listed.
    pub fn scopes(&self) -> Result<Vec<Scope>> {
        let names = self.directory.file_names(Path::new(""))?;
        let mut scopes: Vec<Scope> =
            names.iter().filter_map(|name| Scope::from_directory_name(name)).collect();
        scopes.sort_unstable();
        Ok(scopes)
    }

    /// Returns the secrets of one scope, or of all scopes, ordered by scope, group and key.
    ///
    /// The list needs no key, because no value is decrypted.
    ///
    /// # Errors
    ///
    /// Returns an error if a directory cannot be listed.
    pub fn list(&self, scope: Option<&Scope>) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let scopes = scope.map_or_else(|| self.scopes(), |scope| Ok(vec![scope.clone()]))?;
        for scope in scopes {
            for shard in self.shards(&scope)? {
                let (_, names) = shard?;
                let existing = latest(&names).into_iter().filter(|name| name.metadata.r#type.is_some());
                entries.extend(existing.filter_map(|name| Some(name.metadata.into_entry(name.id(&scope)?))));
            }
        }
        entries.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(entries)
    }

    /// Returns the stored versions of a secret, the latest first. A deletion is a version too.
    ///
    /// # Errors
    ///
    /// Returns an error if a directory cannot be listed.
    pub fn history(&self, id: &SecretId) -> Result<Vec<Entry>> {
        Ok(versions(&self.file_names(id)?, id)
            .into_iter()
            .map(|metadata| metadata.into_entry(id.clone()))
            .collect())
    }

    /// Reads every version of every secret and returns the corrupt files, and those of a latest version that has two values.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is not available or a directory cannot be listed.
    pub fn verify(&self) -> Result<Vec<CorruptFile>> {
        self.cipher()?;
        let mut corrupt_files = Vec::new();
        for scope in self.scopes()? {
            for shard in self.shards(&scope)? {
                let (shard, names) = shard?;
                let undecided = undecided(&names);
                for name in &names {
                    let path = Path::new(&scope.directory_name()).join(&shard).join(name);
                    let result = match FileName::parse(name)
                        .and_then(|name| Some((name.id(&scope)?, name.metadata)))
                    {
                        Some((id, metadata)) => check_decided(&undecided, &names, &id, metadata)
                            .and_then(|()| self.read(&id, metadata))
                            .map(|_| ()),
                        None => Err(Error::new(ErrorKind::UnknownFormat, "not a file of a store")),
                    };
                    let path = self.directory.path().join(path);
                    corrupt_files.extend(result.err().map(|error| CorruptFile { path, error }));
                }
            }
        }
        Ok(corrupt_files)
    }

    /// Encrypts the key with a passphrase, or stores it unencrypted if `passphrase` is `None`.
    ///
    /// The key is created if it does not exist. The stored secrets are not rewritten.
    ///
    /// # Errors
    ///
    /// Returns an error if the key or its current passphrase is not available ([`ErrorKind::Key`]), or if the key file is
    /// accessible to other users ([`ErrorKind::NotPrivate`]) or cannot be written ([`ErrorKind::Io`]). The key file is
    /// then unchanged.
    pub fn set_passphrase(paths: &StorePaths, passphrase: Option<&str>) -> Result<()> {
        key::set_passphrase(paths, passphrase)
    }

    /// Reads the key now instead of with the first value, and prompts for its passphrase if necessary.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is not available ([`ErrorKind::Key`]), or if the key file is accessible to other users
    /// ([`ErrorKind::NotPrivate`]) or cannot be read ([`ErrorKind::Io`]).
    pub fn unlock(&self) -> Result<()> {
        self.cipher().map(drop)
    }

    /// Returns the path of the key file if [`Store::open_or_create`] has just created that file.
    ///
    /// The values of the store cannot be read without the key, so a program should tell its user to back up this file.
    pub fn created_key(&self) -> Option<&Path> {
        self.created_key.then(|| self.paths.key_file())
    }

    fn cipher(&self) -> Result<&Cipher> {
        if let Some(cipher) = self.cipher.get() {
            return Ok(cipher);
        }
        let key = key::read(&self.paths)?.ok_or_else(|| key::missing_key(&self.paths))?;
        let (cipher, check) = Cipher::for_store(&key, &self.format.id);
        if check != self.format.key_check {
            return Err(key::foreign_key(&self.paths));
        }
        Ok(self.cipher.get_or_init(|| cipher))
    }

    /// Reads the version that `choose` selects from the file names of a secret.
    ///
    /// Lists the names again if a writer has removed that version in the meantime.
    fn read_chosen(
        &self,
        id: &SecretId,
        choose: impl Fn(&[String]) -> Result<Option<Metadata>>,
    ) -> Result<Option<StoredSecret>> {
        for _ in 0..READ_ATTEMPTS {
            let Some(metadata) = choose(&self.file_names(id)?)? else { return Ok(None) };
            if let Some(stored) = self.read(id, metadata)? {
                return Ok(Some(stored));
            }
        }
        Err(Error::new(ErrorKind::Busy, format!("secret {id} changes faster than it can be read")))
    }

    /// Reads one version, or returns `None` if its file no longer exists.
    fn read(&self, id: &SecretId, metadata: Metadata) -> Result<Option<StoredSecret>> {
        let path = shard_path(id).join(FileName::format(id, metadata));
        let Some(mut bytes) = self.directory.read(&path, RECORD_MAX)? else { return Ok(None) };
        let context = RecordContext { store: &self.format.id, id };
        let record = record::decrypt(self.cipher()?, &context, &mut bytes)
            .and_then(
                |record| if record.metadata == metadata { Ok(record) } else { Err(RecordError::Tampered) },
            )
            .map_err(|error| {
                error.into_error(id, &self.directory.path().join(&path).display().to_string())
            })?;
        Ok(Some(StoredSecret {
            entry: metadata.into_entry(id.clone()),
            kind: record.kind,
            value: record.value,
        }))
    }

    /// Returns the file names of all versions of a secret.
    fn file_names(&self, id: &SecretId) -> Result<Vec<String>> {
        self.directory.file_names_with_prefix(&shard_path(id), &FileName::prefix(id), &mut Vec::new())
    }

    /// Returns an iterator over the shards of a scope, each with its name and its file names.
    fn shards(&self, scope: &Scope) -> Result<impl Iterator<Item = Result<(String, Vec<String>)>>> {
        let scope = PathBuf::from(scope.directory_name());
        let shards = self.directory.file_names(&scope)?;
        let mut buffer = Vec::new();
        Ok(shards.into_iter().map(move |shard| {
            let names = self.directory.file_names_with_prefix(&scope.join(&shard), "", &mut buffer)?;
            Ok((shard, names))
        }))
    }
}

/// Returns the path of the shard directory of a secret, relative to the store.
fn shard_path(id: &SecretId) -> PathBuf {
    Path::new(&id.scope().directory_name()).join(shard(id))
}

#[cfg(test)]
mod tests;
