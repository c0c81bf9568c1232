//! The store on a real file system, and on ones that fail or forget.

mod faults;
mod frozen;
mod power_loss;
mod tamper;

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use tempfile::TempDir;

use super::*;
use crate::{Form, SecretType, Value};

/// A store of its own that goes away.
pub(super) struct Fresh {
    pub(super) folder: TempDir,
    pub(super) store: Store,
}

pub(super) fn place(folder: &Path) -> Place {
    Place::new(folder.join("secrets"), folder.join("config/key")).passphrase(|| Ok(None))
}

/// A folder that goes away, in memory where that is possible: what a loss of power does is in the model.
pub(super) fn temporary_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(super) fn fresh() -> Fresh {
    let folder = temporary_folder();
    let store = Store::open_or_create(&place(folder.path())).unwrap();
    Fresh { folder, store }
}

pub(super) fn id(key: &str) -> SecretId {
    SecretId::new(Scope::Global, None, key).unwrap()
}

pub(super) fn text(value: &str) -> Value<'_> {
    Value::text(value).unwrap()
}

/// The newest value of a secret, as text.
pub(super) fn value(store: &Store, id: &SecretId) -> Option<String> {
    store.get(id).unwrap().map(|stored| String::from_utf8(stored.value.to_vec()).unwrap())
}

impl Fresh {
    pub(super) fn create(&self, key: &str, value: &str) -> Entry {
        self.store.create(&id(key), SecretType::Generic, text(value)).unwrap()
    }

    /// The paths of all records.
    fn records(&self) -> Vec<PathBuf> {
        let shards = fs::read_dir(self.store.place.directory().join("_")).unwrap();
        let files = shards.flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    }
}

#[test]
fn a_secret_lives_from_create_to_delete() {
    let Fresh { store, .. } = &fresh();
    let id = id("my_secret");
    assert_eq!(value(store, &id), None);
    assert_eq!(store.create(&id, SecretType::ImagePull, text("one")).unwrap().version, 1);
    assert_eq!(store.update(&id, Value::bytes(b"two").unwrap()).unwrap().version, 2);
    let stored = store.get(&id).unwrap().unwrap();
    assert_eq!((&**stored.value, stored.form), (&b"two"[..], Form::Bytes));
    assert_eq!(stored.entry.r#type, Some(SecretType::ImagePull));
    assert_eq!(store.list(None).unwrap(), [stored.entry]);

    assert_eq!(store.delete(&id).unwrap().r#type, None);
    assert_eq!(value(store, &id), None);
    assert_eq!(store.list(None).unwrap(), []);
    assert_eq!(store.delete(&id).unwrap_err().kind(), ErrorKind::NotFound);
    // The numbers go on, so that nothing old can pass for new.
    assert_eq!(store.create(&id, SecretType::Generic, text("three")).unwrap().version, 4);
    assert_eq!(value(store, &id).as_deref(), Some("three"));
}

#[test]
fn five_versions_are_kept_and_a_deletion_keeps_none() {
    let fresh = fresh();
    let id = id("k");
    fresh.create("k", "1");
    for version in 2..=7 {
        fresh.store.update(&id, text(&version.to_string())).unwrap();
    }
    let versions: Vec<u64> = fresh.store.history(&id).unwrap().iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [7, 6, 5, 4, 3]);
    let third = fresh.store.get_version(&id, 3).unwrap().unwrap();
    assert_eq!(&**third.value, b"3");
    assert!(fresh.store.get_version(&id, 2).unwrap().is_none());
    fresh.store.delete(&id).unwrap();
    assert_eq!(fresh.records().len(), 1, "the mark of the deletion");
    assert!(fresh.store.get_version(&id, 7).unwrap().is_none());
}

#[test]
fn a_narrow_scope_hides_a_wider_one() {
    let Fresh { store, .. } = &fresh();
    let project = Scope::new(Some("development"), Some("p")).unwrap();
    for scope in project.widening().into_iter().rev() {
        let id = SecretId::new(scope.clone(), Some("g"), "k").unwrap();
        store.create(&id, SecretType::Generic, text(&scope.folder())).unwrap();
        let found = store.find(&project, Some("g"), "k").unwrap().unwrap();
        assert_eq!(&**found.value, scope.folder().as_bytes());
    }
    let other = Scope::new(Some("development"), Some("q")).unwrap();
    assert_eq!(store.find(&other, Some("g"), "k").unwrap().unwrap().entry.id.scope().project(), None);
    assert!(store.find(&project, None, "k").unwrap().is_none());
    assert_eq!(store.list(None).unwrap().len(), 3);
    assert_eq!(store.list(Some(&project)).unwrap().len(), 1);
}

#[test]
fn names_that_differ_in_case_only_are_refused() {
    let fresh = fresh();
    fresh.create("my-key", "v");
    let error = fresh.store.create(&id("My-Key"), SecretType::Generic, text("v")).unwrap_err();
    assert_eq!(error.to_string(), "secret `My-Key` would differ from `my-key` in case only");
    assert_eq!(value(&fresh.store, &id("My-Key")), None);
    fresh.store.delete(&id("my-key")).unwrap();
    fresh.create("My-Key", "v");
}

#[test]
fn a_missing_secret_is_not_updated_and_a_near_name_is_told() {
    let fresh = fresh();
    fresh.create("my_secret", "v");
    let error = fresh.store.update(&id("my_secrt"), text("v")).unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::NotFound, Some("did you mean `my_secret`?")));
}

#[test]
fn the_key_is_made_once_and_belongs_to_one_store() {
    let fresh = fresh();
    fresh.create("k", "v");
    let key = fresh.store.place.key_file().to_owned();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o7777, 0o600);

    let elsewhere = temporary_folder();
    drop(Store::open_or_create(&place(elsewhere.path())).unwrap());
    let wrong = Place::new(fresh.store.place.directory(), elsewhere.path().join("config/key"));
    let error = Store::open(&wrong).unwrap().unwrap().get(&id("k")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().ends_with("is the key of another store"), "{error}");

    // A new key would only make the loss final.
    fs::remove_file(&key).unwrap();
    let store = Store::open_or_create(&fresh.store.place).unwrap();
    for error in [store.get(&id("k")).unwrap_err(), store.update(&id("k"), text("w")).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Key);
        assert!(error.hint().unwrap().contains("put it back from a backup"));
    }
    assert!(!key.exists());
}

#[test]
fn a_passphrase_locks_the_key_and_only_it_unlocks_it() {
    let fresh = fresh();
    fresh.create("k", "v");
    let place = fresh.store.place.clone();
    let with = |passphrase: &'static str| {
        let place = place.clone().passphrase(move || Ok(Some(passphrase.to_owned().into())));
        Store::open(&place).unwrap().unwrap().get(&id("k"))
    };
    Store::set_passphrase(&place, Some("correct horse")).unwrap();
    let text = fs::read_to_string(place.key_file()).unwrap();
    assert!(text.starts_with("sealkit-key 1 argon2id m=65536 t=3 salt="), "{text}");
    assert!(with("correct horse").unwrap().is_some());
    assert!(with("wrong").unwrap_err().to_string().starts_with("this is not the passphrase"));
    let nobody = Store::open(&place).unwrap().unwrap().get(&id("k")).unwrap_err();
    assert!(nobody.hint().unwrap().ends_with("SEALKIT_PASSPHRASE_FILE"), "{nobody}");

    // A weaker lock, as somebody who can write the file might want it, is noticed.
    fs::write(place.key_file(), text.replace("t=3", "t=1")).unwrap();
    assert!(with("correct horse").is_err());
    fs::write(place.key_file(), text.replace("m=65536", "m=99999999")).unwrap();
    assert!(with("correct horse").unwrap_err().to_string().ends_with("more memory or time than is safe"));

    fs::write(place.key_file(), text).unwrap();
    let known = place.clone().passphrase(|| Ok(Some("correct horse".to_owned().into())));
    Store::set_passphrase(&known, None).unwrap();
    assert_eq!(value(&Store::open(&place).unwrap().unwrap(), &id("k")).as_deref(), Some("v"));
}

#[test]
fn what_is_open_to_others_is_refused_with_the_command_that_closes_it() {
    let fresh = fresh();
    fresh.create("k", "v");
    let record = fresh.records().remove(0);
    let (store, key) = (fresh.store.place.directory(), fresh.store.place.key_file());
    for (path, open, closed) in [(store, 0o750, 0o700), (key, 0o604, 0o600), (&record, 0o640, 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(open)).unwrap();
        let error =
            Store::open(&fresh.store.place).and_then(|store| store.unwrap().get(&id("k"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotPrivate, "{}", path.display());
        assert_eq!(error.hint().unwrap(), format!("close it: chmod {closed:o} {}", path.display()));
        fs::set_permissions(path, fs::Permissions::from_mode(closed)).unwrap();
    }
    assert_eq!(value(&fresh.store, &id("k")).as_deref(), Some("v"));
}

#[test]
fn links_are_not_followed() {
    let fresh = fresh();
    fresh.create("k", "v");
    let (record, folder) = (fresh.records().remove(0), fresh.folder.path());
    let shard = record.parent().unwrap().to_owned();
    let (store, key) = (folder.join("secrets"), folder.join("config/key"));
    for path in [record, shard, store.join("_"), store.join("FORMAT"), key, store] {
        let moved = folder.join("moved");
        fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let read = Store::open(&fresh.store.place).and_then(|store| store.unwrap().get(&id("k")));
        assert_eq!(read.unwrap_err().kind(), ErrorKind::NotPrivate, "{}", path.display());
        fs::remove_file(&path).unwrap();
        fs::rename(&moved, &path).unwrap();
    }
    assert_eq!(value(&fresh.store, &id("k")).as_deref(), Some("v"));
}

#[test]
fn a_directory_that_is_no_store_is_left_alone() {
    let folder = temporary_folder();
    let place = place(folder.path());
    fs::create_dir(place.directory()).unwrap();
    fs::set_permissions(place.directory(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Store::open(&place).unwrap().is_none(), "an empty one may become a store");
    fs::write(place.directory().join("notes"), "").unwrap();
    for result in [Store::open(&place).map(|_| ()), Store::open_or_create(&place).map(|_| ())] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::UnknownFormat);
    }
    assert!(!place.key_file().exists());
}

#[test]
fn what_a_crashed_writer_has_left_is_swept_by_the_next() {
    let fresh = fresh();
    let left = fresh.store.place.directory().join("tmp/0123456789abcdef");
    fs::write(&left, "half a record").unwrap();
    fresh.create("k", "v");
    assert!(!left.exists());
}

#[test]
fn threads_that_write_lose_nothing_and_readers_see_whole_values() {
    const WRITERS: u64 = 8;
    const UPDATES: u64 = 40;
    let fresh = fresh();
    fresh.create("shared", "start");
    let place = &fresh.store.place;
    std::thread::scope(|threads| {
        for writer in 0..WRITERS {
            threads.spawn(move || {
                let store = Store::open_or_create(place).unwrap();
                for n in 0..UPDATES {
                    store.update(&id("shared"), text(&format!("{writer}-{n}"))).unwrap();
                    assert!(value(&store, &id("shared")).is_some());
                }
            });
        }
    });
    assert_eq!(fresh.store.get(&id("shared")).unwrap().unwrap().entry.version, 1 + WRITERS * UPDATES);
}
