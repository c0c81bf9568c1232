//! The store: what it promises is written in `FORMAT.md`.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

mod change;

use self::change::{run, temporary};
use crate::{
    Entry, Place, Scope, SecretId, Stored,
    cipher::{Cipher, random},
    disk::{Directory, Disk, Step},
    entry::{Facts, FileName, newest, shard},
    error::{Error, ErrorKind, Result},
    format::{Format, RECORD_MAX, TEXT_MAX},
    key,
    lock::Lock,
    record::{self, Flaw, Home},
};

const FORMAT: &str = "FORMAT";
/// Where files are written before they get their names.
const TEMPORARY: &str = "tmp";
/// How often a reader looks again, when the version it saw has just been replaced and pruned.
const LOOKS: usize = 100;

/// An open store.
///
/// Any number of processes may read and write it at the same time; readers never wait.
///
/// ```
/// use sealkit_store::{ErrorKind, Place, Scope, SecretId, SecretType, Store, Value};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let store = Store::open_or_create(&Place::new(folder.join("secrets"), folder.join("key")))?;
/// let id = SecretId::new(Scope::Global, None, "my_secret")?;
/// store.create(&id, SecretType::Generic, Value::text("hunter2")?)?;
/// assert_eq!(&**store.get(&id)?.unwrap().value, b"hunter2");
///
/// let again = store.create(&id, SecretType::Generic, Value::text("hunter3")?).unwrap_err();
/// assert_eq!(again.kind(), ErrorKind::AlreadyExists);
/// # Ok::<(), sealkit_store::Error>(())
/// ```
#[derive(Debug)]
pub struct Store {
    place: Place,
    directory: Arc<Directory>,
    disk: Arc<dyn Disk>,
    format: Format,
    cipher: OnceLock<Cipher>,
}

/// A file of a store that is not as it should be.
#[derive(Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: Error,
}

impl Store {
    /// Opens the store in `place`, `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`], [`ErrorKind::UnknownFormat`], [`ErrorKind::Damaged`], [`ErrorKind::Io`].
    pub fn open(place: &Place) -> Result<Option<Self>> {
        match Directory::open(place.directory())? {
            Some(directory) => Self::of_directory(place, Arc::new(directory)),
            None => Ok(None),
        }
    }

    /// Opens the store in `place`, and makes it and its key if there is none.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; [`ErrorKind::Key`] if there is a store but not its key.
    pub fn open_or_create(place: &Place) -> Result<Self> {
        let directory = Arc::new(Directory::open_or_create(place.directory())?);
        Self::create_in(place, &directory, directory.clone())
    }

    fn create_in(place: &Place, directory: &Arc<Directory>, disk: Arc<dyn Disk>) -> Result<Self> {
        if let Some(store) = Self::of_directory(place, directory.clone())? {
            return Ok(Self { disk, ..store });
        }
        let _lock = Lock::acquire(directory)?;
        if let Some(store) = Self::of_directory(place, directory.clone())? {
            return Ok(Self { disk, ..store });
        }
        let (key, id) = (key::read_or_create(place)?, random()?);
        let (cipher, key_check) = Cipher::of_store(&key, &id);
        let format = Format { id, key_check };
        let temporary = temporary()?;
        let steps = [
            Step::MakeDirectory(TEMPORARY.into()),
            Step::Write(temporary.clone(), format.write().into_bytes()),
            Step::SyncFile(temporary.clone()),
            Step::Publish(temporary, FORMAT.into()),
            Step::SyncDirectory("".into()),
        ];
        run(&*disk, &steps).map_err(|error| {
            Error::io(format_args!("`{}` cannot be made a store", directory.path().display()), error)
        })?;
        let cipher = OnceLock::from(cipher);
        Ok(Self { place: place.clone(), directory: directory.clone(), disk, format, cipher })
    }

    fn of_directory(place: &Place, directory: Arc<Directory>) -> Result<Option<Self>> {
        let Some(text) = directory.read(Path::new(FORMAT), TEXT_MAX)? else {
            let names = directory.names(Path::new(""))?;
            let ours = |name: &String| [TEMPORARY, "lock"].contains(&&**name);
            if names.iter().all(ours) {
                return Ok(None);
            }
            let message = format!("`{}` holds files, but is no store", directory.path().display());
            return Err(Error::new(ErrorKind::UnknownFormat, message)
                .with_hint("put its file `FORMAT` back from a backup, or move the directory away"));
        };
        let (format, disk) = (Format::parse(&text)?, directory.clone());
        Ok(Some(Self { place: place.clone(), directory, disk, format, cipher: OnceLock::new() }))
    }

    /// The newest version of a secret, `None` if there is no such secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`], [`ErrorKind::UnknownFormat`]: the newest version is unreadable. An older one is never
    /// given in its place. [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn get(&self, id: &SecretId) -> Result<Option<Stored>> {
        self.look(id, |names| versions(names, id).first().copied().filter(|facts| facts.r#type.is_some()))
    }

    /// One of the last five versions of a secret.
    ///
    /// # Errors
    ///
    /// As [`Store::get`].
    pub fn get_version(&self, id: &SecretId, version: u64) -> Result<Option<Stored>> {
        let wanted = |facts: &Facts| facts.version == version && facts.r#type.is_some();
        self.look(id, |names| versions(names, id).into_iter().find(wanted))
    }

    /// The secret of this name in `scope`, or else in the next wider scope that has it.
    ///
    /// # Errors
    ///
    /// As [`Store::get`]; [`ErrorKind::InvalidName`].
    pub fn find(&self, scope: &Scope, group: Option<&str>, key: &str) -> Result<Option<Stored>> {
        for scope in scope.widening() {
            if let Some(stored) = self.get(&SecretId::new(scope, group, key)?)? {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    /// The scopes in which something has been stored, in their order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn scopes(&self) -> Result<Vec<Scope>> {
        let names = self.directory.names(Path::new(""))?;
        let mut scopes: Vec<Scope> = names.iter().filter_map(|name| Scope::from_folder(name)).collect();
        scopes.sort_unstable();
        Ok(scopes)
    }

    /// The secrets of one scope, or of all, in the order of their scopes, groups and keys. No value is decrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn list(&self, scope: Option<&Scope>) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let scopes = scope.map_or_else(|| self.scopes(), |scope| Ok(vec![scope.clone()]))?;
        for scope in scopes {
            for shard in self.shards(&scope)? {
                let (_, names) = shard?;
                let live = newest(&names).into_iter().filter(|name| name.facts.r#type.is_some());
                entries.extend(live.filter_map(|name| Some(name.facts.of(name.id(&scope)?))));
            }
        }
        entries.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(entries)
    }

    /// The versions of a secret that are kept, the newest first. A deletion is a version too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn history(&self, id: &SecretId) -> Result<Vec<Entry>> {
        Ok(versions(&self.names(id)?, id).into_iter().map(|facts| facts.of(id.clone())).collect())
    }

    /// Reads every version of every secret and tells what is damaged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`]: the store cannot be examined at all.
    pub fn verify(&self) -> Result<Vec<Damage>> {
        self.cipher()?;
        let mut damages = Vec::new();
        for scope in self.scopes()? {
            for shard in self.shards(&scope)? {
                let (shard, names) = shard?;
                for name in names {
                    let path = Path::new(&scope.folder()).join(&shard).join(&name);
                    let checked =
                        match FileName::parse(&name).and_then(|name| Some((name.id(&scope)?, name.facts))) {
                            Some((id, facts)) => self.read(&id, facts).map(|_| ()),
                            None => Err(Error::new(ErrorKind::UnknownFormat, "this is no file of a store")),
                        };
                    let path = self.directory.path().join(path);
                    damages.extend(checked.err().map(|error| Damage { path, error }));
                }
            }
        }
        Ok(damages)
    }

    /// Locks the key of `place` by a passphrase, or with `None` unlocks it; makes the key if there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`]: the key is as it was.
    pub fn set_passphrase(place: &Place, passphrase: Option<&str>) -> Result<()> {
        key::lock(place, passphrase)
    }

    /// Reads the key now, where it would else be read with the first value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`], [`ErrorKind::NotPrivate`], [`ErrorKind::Io`].
    pub fn unlock(&self) -> Result<()> {
        self.cipher().map(drop)
    }

    fn cipher(&self) -> Result<&Cipher> {
        if let Some(cipher) = self.cipher.get() {
            return Ok(cipher);
        }
        let key = key::read(&self.place)?.ok_or_else(|| key::missing(&self.place))?;
        let (cipher, check) = Cipher::of_store(&key, &self.format.id);
        if check != self.format.key_check {
            return Err(key::another(&self.place));
        }
        Ok(self.cipher.get_or_init(|| cipher))
    }

    /// Reads the version that `choose` takes from the names beside it.
    fn look(&self, id: &SecretId, choose: impl Fn(&[String]) -> Option<Facts>) -> Result<Option<Stored>> {
        for _ in 0..LOOKS {
            let Some(facts) = choose(&self.names(id)?) else { return Ok(None) };
            if let Some(stored) = self.read(id, facts)? {
                return Ok(Some(stored));
            }
        }
        Err(Error::new(ErrorKind::Busy, format!("secret {id} changes faster than it can be read")))
    }

    /// Reads one version, `None` if its file is gone.
    fn read(&self, id: &SecretId, facts: Facts) -> Result<Option<Stored>> {
        let path = folder(id).join(FileName::write(id, facts));
        let Some(mut bytes) = self.directory.read(&path, RECORD_MAX)? else { return Ok(None) };
        let home = Home { store: &self.format.id, id };
        let opened = record::open(self.cipher()?, &home, &mut bytes)
            .and_then(|opened| if opened.facts == facts { Ok(opened) } else { Err(Flaw::Changed) })
            .map_err(|flaw| flaw.error(id, &self.directory.path().join(&path).display().to_string()))?;
        Ok(Some(Stored { entry: facts.of(id.clone()), form: opened.form, value: opened.value }))
    }

    /// The names of the files of one secret.
    fn names(&self, id: &SecretId) -> Result<Vec<String>> {
        self.directory.names_from(&folder(id), &FileName::start(id), &mut Vec::new())
    }

    /// The folders of a scope, each with the names in it, read one after the other.
    fn shards(&self, scope: &Scope) -> Result<impl Iterator<Item = Result<(String, Vec<String>)>>> {
        let scope = PathBuf::from(scope.folder());
        let folders = self.directory.names(&scope)?;
        let mut room = Vec::new();
        Ok(folders.into_iter().map(move |folder| {
            let names = self.directory.names_from(&scope.join(&folder), "", &mut room)?;
            Ok((folder, names))
        }))
    }
}

/// The folder of a secret.
fn folder(id: &SecretId) -> PathBuf {
    Path::new(&id.scope().folder()).join(shard(id))
}

/// The versions of `id` among `names`, the newest first.
fn versions(names: &[String], id: &SecretId) -> Vec<Facts> {
    let ours = names.iter().filter_map(|name| FileName::parse(name)).filter(|name| name.is(id));
    let mut versions: Vec<Facts> = ours.map(|name| name.facts).collect();
    versions.sort_unstable_by_key(|facts| std::cmp::Reverse(facts.version));
    versions
}

#[cfg(test)]
mod tests;
