//! The write operations of a store. The order of the file system operations makes each change durable and atomic.

use std::{
    io,
    path::{Path, PathBuf},
};

use sealkit_names::{MountType, nearest};

use super::{Store, TEMPORARY_DIRECTORY, shard_path, versions::versions};
use crate::{
    Entry, SecretId, SecretType, Value, ValueKind,
    cipher::random,
    disk::{FileSystem, Operation},
    entry::{FileName, Metadata, latest},
    error::{Error, ErrorKind, Result},
    file_system,
    lock::Lock,
    record::{self, RecordContext},
};

/// The number of versions of a secret that are kept.
const VERSIONS_KEPT: usize = 5;

impl Store {
    /// Creates a secret.
    ///
    /// When this method returns `Ok`, the secret survives a crash and a power loss.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the secret exists ([`ErrorKind::AlreadyExists`]);
    /// - the name of another secret differs from this one only in case ([`ErrorKind::InvalidName`]);
    /// - another process holds the write lock for 10 seconds ([`ErrorKind::Busy`]);
    /// - the key is not available ([`ErrorKind::Key`]);
    /// - the key file is accessible to other users ([`ErrorKind::NotPrivate`]);
    /// - the file system fails ([`ErrorKind::Io`]).
    pub fn create(&self, id: &SecretId, r#type: SecretType, value: Value<'_>) -> Result<Entry> {
        let _lock = self.lock()?;
        let names = self.directory.file_names(&shard_path(id))?;
        if let Some(other) = differing_in_case(&names, id) {
            let message = format!("the name of secret {id} differs from {other} only in case");
            let delete = format!("sealkit delete secret {}", other.arguments());
            return Err(Error::new(ErrorKind::InvalidName, message)
                .with_hint(format!("choose another name, or delete the other secret first: {delete}")));
        }
        let versions = versions(&names, id);
        if versions.first().is_some_and(|metadata| metadata.r#type.is_some()) {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("secret {id} already exists")));
        }
        self.write_version(id, &versions, Some(r#type), value)
    }

    /// Returns the [command](SecretId::create_command) that creates a secret, and what has to come before it.
    pub fn create_command(&self, id: &SecretId, mount: MountType) -> String {
        let create = id.create_command(mount);
        let names = self.directory.file_names(&shard_path(id)).unwrap_or_default();
        match differing_in_case(&names, id) {
            None => create,
            Some(other) => {
                let (name, delete) = (other.key(), other.arguments());
                format!(
                    "request `{name}`, which exists, or replace it: sealkit delete secret {delete}; {create}"
                )
            }
        }
    }

    /// Changes the value of a secret. The five latest versions are kept.
    ///
    /// When this method returns `Ok`, the new value survives a crash and a power loss.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the secret does not exist, and the errors of [`Store::create`] if the lock, the
    /// key or the file system fails. The value is then unchanged.
    pub fn update(&self, id: &SecretId, value: Value<'_>) -> Result<Entry> {
        let _lock = self.lock()?;
        let (versions, r#type) = self.existing_versions(id)?;
        self.write_version(id, &versions, Some(r#type), value)
    }

    /// Deletes a secret and its history.
    ///
    /// When this method returns `Ok`, the deletion survives a crash and a power loss. It needs no free space.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Store::update`]. The secret is then unchanged.
    pub fn delete(&self, id: &SecretId) -> Result<Entry> {
        let _lock = self.lock()?;
        let (versions, _) = self.existing_versions(id)?;
        match self.write_version(id, &versions, None, Value::empty(ValueKind::Bytes)) {
            Err(error) if error.is_out_of_space() => self.remove_versions(id, &versions),
            deleted => deleted,
        }
    }

    /// Deletes a secret without a record of its deletion: a full disk has no space for one. Version numbers then start at 1 again.
    fn remove_versions(&self, id: &SecretId, versions: &[Metadata]) -> Result<Entry> {
        apply_all(&*self.file_system, &removals(id, versions))
            .map_err(|error| Error::io(format_args!("secret {id} could not be deleted"), error))?;
        let version = versions.first().map_or(0, |metadata| metadata.version);
        Ok(Metadata::now(version.saturating_add(1), None).into_entry(id.clone()))
    }

    /// Acquires the write lock and removes the temporary files of crashed writers.
    pub(super) fn lock(&self) -> Result<Lock> {
        let lock = Lock::acquire(&self.directory)?;
        for name in self.directory.file_names(Path::new(TEMPORARY_DIRECTORY))? {
            // A temporary file that cannot be removed does no harm.
            let _ = self.file_system.apply(&Operation::RemoveFile(Path::new(TEMPORARY_DIRECTORY).join(name)));
        }
        Ok(lock)
    }

    /// Returns the versions and the type of a secret that exists.
    fn existing_versions(&self, id: &SecretId) -> Result<(Vec<Metadata>, SecretType)> {
        let versions = versions(&self.file_names(id)?, id);
        match versions.first().and_then(|metadata| metadata.r#type) {
            Some(r#type) => Ok((versions, r#type)),
            None => {
                let error = Error::new(ErrorKind::NotFound, format!("secret {id} not found"));
                let entries = self.list(Some(id.scope()))?;
                let names = entries.iter().filter(|entry| entry.id.group() == id.group());
                Err(match nearest(id.key(), names.map(|entry| entry.id.key())) {
                    Some(name) => error.with_hint(format!("did you mean `{name}`?")),
                    None => error,
                })
            }
        }
    }

    /// Writes the version after `versions`, which are sorted from the latest. The caller holds the write lock.
    fn write_version(
        &self,
        id: &SecretId,
        versions: &[Metadata],
        r#type: Option<SecretType>,
        value: Value<'_>,
    ) -> Result<Entry> {
        let version = versions.first().map_or(0, |metadata| metadata.version).checked_add(1);
        let version = version
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, format!("secret {id} has too many versions")))?;
        let metadata = Metadata::now(version, r#type);
        let context = RecordContext { store: &self.format.id, id };
        let bytes = record::encrypt(self.cipher()?, &context, metadata, value.kind, value.bytes, &random()?)?;
        let (shard, temporary) = (shard_path(id), temporary_path()?);
        let path = shard.join(FileName::format(id, metadata));
        let scope = PathBuf::from(id.scope().directory_name());
        let mut operations = vec![Operation::CreateDirectory(TEMPORARY_DIRECTORY.into())];
        // The directories must be durable too. Only the first record in a shard has this cost.
        if versions.is_empty() && self.directory.file_names(&shard)?.is_empty() {
            operations.extend([
                Operation::CreateDirectory(scope.clone()),
                Operation::SyncDirectory("".into()),
                Operation::CreateDirectory(shard.clone()),
                Operation::SyncDirectory(scope),
            ]);
        }
        operations.extend([
            Operation::WriteFile(temporary.clone(), bytes),
            Operation::SyncFile(temporary.clone()),
            Operation::RenameNoReplace(temporary.clone(), path.clone()),
            Operation::SyncDirectory(shard.clone()),
        ]);
        if let Err(error) = apply_all(&*self.file_system, &operations) {
            // One of the two files may exist. A reader may have seen the new value, which was never acknowledged.
            let _ = self.file_system.apply(&Operation::RemoveFile(temporary));
            let _ = self.file_system.apply(&Operation::RemoveFile(path));
            let failure = match versions.first().and_then(|metadata| metadata.r#type) {
                Some(_) => format!("secret {id} could not be changed, and keeps its value"),
                None => format!("secret {id} could not be stored"),
            };
            let hint = file_system::hint(self.directory.path(), &error);
            return Err(Error::io(failure, error).with_optional_hint(hint));
        }
        let kept = if r#type.is_some() { VERSIONS_KEPT - 1 } else { 0 };
        for old in versions.iter().skip(kept) {
            // A version that cannot be removed now is removed by the next change.
            let _ = self.file_system.apply(&Operation::RemoveFile(shard.join(FileName::format(id, *old))));
        }
        Ok(metadata.into_entry(id.clone()))
    }
}

fn differing_in_case(names: &[String], id: &SecretId) -> Option<SecretId> {
    let mut existing = latest(names).into_iter().filter(|name| name.metadata.r#type.is_some());
    existing.find(|name| name.differs_only_in_case(id))?.id(id.scope())
}

/// Returns the operations that remove all versions, which are sorted from the latest. At no time is an older version the latest.
pub(super) fn removals(id: &SecretId, versions: &[Metadata]) -> Vec<Operation> {
    let shard = shard_path(id);
    let remove = |metadata: &Metadata| Operation::RemoveFile(shard.join(FileName::format(id, *metadata)));
    let sync = || [Operation::SyncDirectory(shard.clone())];
    let older = versions.iter().skip(1).rev().map(remove);
    older.chain(sync()).chain(versions.first().map(remove)).chain(sync()).collect()
}

/// Returns a unique path in the temporary directory.
pub(super) fn temporary_path() -> Result<PathBuf> {
    Ok(Path::new(TEMPORARY_DIRECTORY).join(base16ct::lower::encode_string(&random::<16>()?)))
}

/// Applies `operations` in order, up to the first error.
pub(super) fn apply_all(file_system: &dyn FileSystem, operations: &[Operation]) -> io::Result<()> {
    operations.iter().try_for_each(|operation| file_system.apply(operation))
}
