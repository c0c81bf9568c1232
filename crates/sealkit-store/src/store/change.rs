//! How a store is changed; the order of the steps is what makes a change survive.

use std::{
    io,
    path::{Path, PathBuf},
};

use sealkit_names::nearest;

use super::{Store, TEMPORARY, folder, versions};
use crate::{
    Entry, Form, SecretId, SecretType, Value,
    cipher::random,
    disk::{Disk, Step},
    entry::{Facts, FileName, newest},
    error::{Error, ErrorKind, Result},
    lock::Lock,
    record::{self, Home},
};

/// How many versions of a secret are kept.
const KEPT: usize = 5;

impl Store {
    /// Stores a new secret.
    ///
    /// When this returns, the secret survives a crash and a loss of power.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`]; [`ErrorKind::InvalidName`] if a name differs from this one in case only;
    /// [`ErrorKind::Busy`], [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn create(&self, id: &SecretId, r#type: SecretType, value: Value<'_>) -> Result<Entry> {
        let _lock = self.lock()?;
        let names = self.directory.names(&folder(id))?;
        let clash = newest(&names).into_iter().find(|name| name.clashes(id) && name.facts.r#type.is_some());
        if let Some(other) = clash.and_then(|name| name.id(id.scope())) {
            let message = format!("secret {id} would differ from {other} in case only");
            return Err(Error::new(ErrorKind::InvalidName, message).with_hint("choose another name"));
        }
        let before = versions(&names, id);
        if before.first().is_some_and(|facts| facts.r#type.is_some()) {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("secret {id} exists already")));
        }
        self.publish(id, &before, Some(r#type), value)
    }

    /// Gives a secret a new value. Its last five versions are kept.
    ///
    /// When this returns, the new value survives a crash and a loss of power.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::Busy`], [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`]:
    /// the old value stands.
    pub fn update(&self, id: &SecretId, value: Value<'_>) -> Result<Entry> {
        let _lock = self.lock()?;
        let (before, r#type) = self.existing(id)?;
        self.publish(id, &before, Some(r#type), value)
    }

    /// Deletes a secret with its history.
    ///
    /// When this returns, the secret stays deleted after a crash and a loss of power.
    ///
    /// # Errors
    ///
    /// As [`Store::update`].
    pub fn delete(&self, id: &SecretId) -> Result<Entry> {
        let _lock = self.lock()?;
        let (before, _) = self.existing(id)?;
        self.publish(id, &before, None, Value::empty(Form::Bytes))
    }

    /// One writer at a time, who first removes what a crashed one has left.
    pub(super) fn lock(&self) -> Result<Lock> {
        let lock = Lock::acquire(&self.directory)?;
        for name in self.directory.names(Path::new(TEMPORARY))? {
            // If it cannot be removed, it is in nobody's way.
            let _ = self.disk.apply(&Step::Remove(Path::new(TEMPORARY).join(name)));
        }
        Ok(lock)
    }

    fn existing(&self, id: &SecretId) -> Result<(Vec<Facts>, SecretType)> {
        let before = versions(&self.names(id)?, id);
        match before.first().and_then(|facts| facts.r#type) {
            Some(r#type) => Ok((before, r#type)),
            None => {
                let error = Error::new(ErrorKind::NotFound, format!("there is no secret {id}"));
                let others = self.list(Some(id.scope()))?;
                let names = others.iter().filter(|entry| entry.id.group() == id.group());
                Err(match nearest(id.key(), names.map(|entry| entry.id.key())) {
                    Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                    None => error,
                })
            }
        }
    }

    /// Writes the version after `before`; only the caller who holds the lock may.
    fn publish(
        &self,
        id: &SecretId,
        before: &[Facts],
        r#type: Option<SecretType>,
        value: Value<'_>,
    ) -> Result<Entry> {
        let version = before.first().map_or(0, |facts| facts.version).checked_add(1);
        let version = version
            .ok_or_else(|| Error::new(ErrorKind::Damaged, format!("secret {id} has too many versions")))?;
        let facts = Facts::now(version, r#type);
        let home = Home { store: &self.format.id, id };
        let bytes = record::seal(self.cipher()?, &home, facts, value.form, value.bytes, &random()?)?;
        let (folder, temporary) = (folder(id), temporary()?);
        let path = folder.join(FileName::write(id, facts));
        let scope = PathBuf::from(id.scope().folder());
        let mut steps = vec![Step::MakeDirectory(TEMPORARY.into())];
        // Names of directories have to last as well, but only the first secret in one pays for it.
        if before.is_empty() && self.directory.names(&folder)?.is_empty() {
            steps.extend([
                Step::MakeDirectory(scope.clone()),
                Step::SyncDirectory("".into()),
                Step::MakeDirectory(folder.clone()),
                Step::SyncDirectory(scope),
            ]);
        }
        steps.extend([
            Step::Write(temporary.clone(), bytes),
            Step::SyncFile(temporary.clone()),
            Step::Publish(temporary.clone(), path.clone()),
            Step::SyncDirectory(folder.clone()),
        ]);
        if let Err(error) = run(&*self.disk, &steps) {
            // One of the two names may be there. A reader that has seen the new value saw one that was never promised.
            let _ = self.disk.apply(&Step::Remove(temporary));
            let _ = self.disk.apply(&Step::Remove(path));
            let what = match before.first().and_then(|facts| facts.r#type) {
                Some(_) => format!("secret {id} could not be changed, and its value is as it was"),
                None => format!("secret {id} could not be stored"),
            };
            return Err(Error::io(what, error));
        }
        let kept = if r#type.is_some() { KEPT - 1 } else { 0 };
        for old in before.iter().skip(kept) {
            // What cannot be removed now is one version more than promised, until the next change.
            let _ = self.disk.apply(&Step::Remove(folder.join(FileName::write(id, *old))));
        }
        Ok(facts.of(id.clone()))
    }
}

/// A name that nobody else has.
pub(super) fn temporary() -> Result<PathBuf> {
    Ok(Path::new(TEMPORARY).join(base16ct::lower::encode_string(&random::<16>()?)))
}

pub(super) fn run(disk: &dyn Disk, steps: &[Step]) -> io::Result<()> {
    steps.iter().try_for_each(|step| disk.apply(step))
}
