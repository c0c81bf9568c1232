//! Tests of the store on a real file system, on a failing one and with simulated power loss.

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
use crate::{SecretType, Value, ValueKind};

/// A store in a temporary directory.
pub(super) struct TestStore {
    pub(super) directory: TempDir,
    pub(super) store: Store,
}

pub(super) fn paths(directory: &Path) -> StorePaths {
    StorePaths::new(directory.join("secrets"), directory.join("config/key")).passphrase_prompt(|| Ok(None))
}

/// Creates a temporary directory, in memory if possible. Power loss is simulated by a model, not by the disk.
pub(super) fn temporary_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(super) fn test_store() -> TestStore {
    let directory = temporary_directory();
    let store = Store::open_or_create(&paths(directory.path())).unwrap();
    TestStore { directory, store }
}

pub(super) fn id(key: &str) -> SecretId {
    SecretId::new(Scope::Global, None, key).unwrap()
}

pub(super) fn text(value: &str) -> Value<'_> {
    Value::text(value).unwrap()
}

/// Returns the latest value of a secret as text.
pub(super) fn value(store: &Store, id: &SecretId) -> Option<String> {
    store.get(id).unwrap().map(|stored| String::from_utf8(stored.value.to_vec()).unwrap())
}

impl TestStore {
    pub(super) fn create(&self, key: &str, value: &str) -> Entry {
        self.store.create(&id(key), SecretType::Generic, text(value)).unwrap()
    }

    /// Returns the paths of all records in the global scope.
    fn records(&self) -> Vec<PathBuf> {
        let shards = fs::read_dir(self.store.paths.directory().join("_")).unwrap();
        let files = shards.flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    }
}

#[test]
fn a_secret_can_be_created_updated_and_deleted() {
    let TestStore { store, .. } = &test_store();
    let id = id("my_secret");
    assert_eq!(value(store, &id), None);
    assert_eq!(store.create(&id, SecretType::ImagePull, text("one")).unwrap().version, 1);
    assert_eq!(store.update(&id, Value::bytes(b"two").unwrap()).unwrap().version, 2);
    let stored = store.get(&id).unwrap().unwrap();
    assert_eq!((&**stored.value, stored.kind), (&b"two"[..], ValueKind::Bytes));
    assert_eq!(stored.entry.r#type, Some(SecretType::ImagePull));
    assert_eq!(store.list(None).unwrap(), [stored.entry]);

    assert_eq!(store.delete(&id).unwrap().r#type, None);
    assert_eq!(value(store, &id), None);
    assert_eq!(store.list(None).unwrap(), []);
    assert_eq!(store.delete(&id).unwrap_err().kind(), ErrorKind::NotFound);
    // Version numbers continue, so that an old record cannot replace a new one.
    assert_eq!(store.create(&id, SecretType::Generic, text("three")).unwrap().version, 4);
    assert_eq!(value(store, &id).as_deref(), Some("three"));
}

#[test]
fn five_versions_are_kept_and_a_deletion_removes_them() {
    let test = test_store();
    let id = id("k");
    test.create("k", "1");
    for version in 2..=7 {
        test.store.update(&id, text(&version.to_string())).unwrap();
    }
    let versions: Vec<u64> = test.store.history(&id).unwrap().iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [7, 6, 5, 4, 3]);
    let third = test.store.get_version(&id, 3).unwrap().unwrap();
    assert_eq!(&**third.value, b"3");
    assert!(test.store.get_version(&id, 2).unwrap().is_none());
    test.store.delete(&id).unwrap();
    assert_eq!(test.records().len(), 1, "only the deletion remains");
    assert!(test.store.get_version(&id, 7).unwrap().is_none());
}

#[test]
fn two_values_of_one_version_are_reported_and_a_new_value_decides() {
    let test = test_store();
    let id = id("k");
    test.create("k", "1");
    let copy = temporary_directory();
    let files = |from: &Path, to: &Path| {
        let shard = shard_path(&id);
        fs::create_dir_all(to.join(&shard)).unwrap();
        for file in fs::read_dir(from.join(&shard)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(&shard).join(file.file_name())).unwrap();
        }
    };
    // Two machines change copies of one store, which are then merged.
    let here = test.store.paths.directory();
    let before = copy.path().join("before");
    files(here, &before);
    test.store.update(&id, text("here")).unwrap();
    let after = copy.path().join("after");
    files(here, &after);
    fs::remove_dir_all(here.join(shard_path(&id))).unwrap();
    std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700)
        .create(here.join(shard_path(&id)))
        .unwrap();
    files(&before, here);
    std::thread::sleep(std::time::Duration::from_millis(5));
    test.store.update(&id, text("there")).unwrap();
    files(&after, here);

    let error = test.store.get(&id).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.to_string(), "version 2 of secret `k` has two values: two machines have changed it");
    let hint = "store the right value again: sealkit update secret k, or an earlier one: sealkit update secret k --restore 1";
    assert_eq!(error.hint(), Some(hint));
    assert_eq!(test.store.get_version(&id, 2).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(&**test.store.get_version(&id, 1).unwrap().unwrap().value, b"1");
    assert_eq!(test.store.find(&Scope::Global, None, "k").unwrap_err().kind(), ErrorKind::Conflict);
    let found: Vec<ErrorKind> = test.store.verify().unwrap().iter().map(|file| file.error.kind()).collect();
    assert_eq!(found, [ErrorKind::Conflict; 2]);
    test.store.update(&id, text("decided")).unwrap();
    assert_eq!(value(&test.store, &id).as_deref(), Some("decided"));
    assert!(test.store.verify().unwrap().is_empty());
    assert_eq!(test.store.get_version(&id, 2).unwrap_err().kind(), ErrorKind::Conflict);
    test.store.delete(&id).unwrap();
    assert!(test.store.verify().unwrap().is_empty());
}

#[test]
fn conflict_copies_of_synchronizing_programs_are_not_read_but_reported() {
    let test = test_store();
    test.create("k", "1");
    let record = test.records().remove(0);
    let name = record.file_name().unwrap().to_str().unwrap().to_owned();
    for copy in [
        format!("{name} (conflicted copy 2026-11-28)"),
        format!("{name}.sync-conflict-20261128-101500-ABCDEFG"),
        format!("{name}~"),
    ] {
        let path = record.with_file_name(&copy);
        fs::copy(&record, &path).unwrap();
        assert_eq!(value(&test.store, &id("k")).as_deref(), Some("1"), "{copy}");
        assert_eq!(test.store.history(&id("k")).unwrap().len(), 1, "{copy}");
        let found = test.store.verify().unwrap();
        let found: Vec<_> = found.iter().map(|file| (file.error.kind(), file.path.clone())).collect();
        assert_eq!(found, [(ErrorKind::UnknownFormat, path.clone())]);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_narrower_scope_takes_precedence_over_a_wider_one() {
    let TestStore { store, .. } = &test_store();
    let project = Scope::new(Some("development"), Some("p")).unwrap();
    for scope in project.lookup_order().into_iter().rev() {
        let id = SecretId::new(scope.clone(), Some("g"), "k").unwrap();
        store.create(&id, SecretType::Generic, text(&scope.directory_name())).unwrap();
        let found = store.find(&project, Some("g"), "k").unwrap().unwrap();
        assert_eq!(&**found.value, scope.directory_name().as_bytes());
    }
    let other = Scope::new(Some("development"), Some("q")).unwrap();
    assert_eq!(store.find(&other, Some("g"), "k").unwrap().unwrap().entry.id.scope().project(), None);
    assert!(store.find(&project, None, "k").unwrap().is_none());
    assert_eq!(store.list(None).unwrap().len(), 3);
    assert_eq!(store.list(Some(&project)).unwrap().len(), 1);
}

#[test]
fn a_name_that_differs_only_in_case_is_refused() {
    let test = test_store();
    test.create("my-key", "v");
    let error = test.store.create(&id("My-Key"), SecretType::Generic, text("v")).unwrap_err();
    assert_eq!(error.to_string(), "the name of secret `My-Key` differs from `my-key` only in case");
    assert_eq!(value(&test.store, &id("My-Key")), None);
    test.store.delete(&id("my-key")).unwrap();
    test.create("My-Key", "v");
}

#[test]
fn an_update_of_a_missing_secret_suggests_a_similar_name() {
    let test = test_store();
    test.create("my_secret", "v");
    let error = test.store.update(&id("my_secrt"), text("v")).unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::NotFound, Some("did you mean `my_secret`?")));
}

#[test]
fn the_key_is_created_once_and_belongs_to_one_store() {
    let test = test_store();
    test.create("k", "v");
    let key = test.store.paths.key_file().to_owned();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o7777, 0o600);

    let other = temporary_directory();
    drop(Store::open_or_create(&paths(other.path())).unwrap());
    let mismatched = StorePaths::new(test.store.paths.directory(), other.path().join("config/key"));
    let error = Store::open(&mismatched).unwrap().unwrap().get(&id("k")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().ends_with("belongs to another store"), "{error}");

    // A missing key is never replaced: with a new key the old values would be lost for good.
    fs::remove_file(&key).unwrap();
    let store = Store::open_or_create(&test.store.paths).unwrap();
    for error in [store.get(&id("k")).unwrap_err(), store.update(&id("k"), text("w")).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Key);
        assert!(error.hint().unwrap().contains("restore it from a backup"));
    }
    assert!(!key.exists());
}

#[test]
fn a_store_reports_the_key_that_it_has_created() {
    let directory = temporary_directory();
    let paths = paths(directory.path());
    assert_eq!(Store::open_or_create(&paths).unwrap().created_key(), Some(paths.key_file()));
    assert_eq!(Store::open_or_create(&paths).unwrap().created_key(), None);
    // Another store can use the same key.
    let other = StorePaths::new(directory.path().join("other"), paths.key_file());
    assert_eq!(Store::open_or_create(&other).unwrap().created_key(), None);
}

#[test]
fn an_encrypted_key_can_only_be_read_with_its_passphrase() {
    let test = test_store();
    test.create("k", "v");
    let paths = test.store.paths.clone();
    let with = |passphrase: &'static str| {
        let paths = paths.clone().passphrase_prompt(move || Ok(Some(passphrase.to_owned().into())));
        Store::open(&paths).unwrap().unwrap().get(&id("k"))
    };
    Store::set_passphrase(&paths, Some("correct horse")).unwrap();
    let contents = fs::read_to_string(paths.key_file()).unwrap();
    assert!(contents.starts_with("sealkit-key 1 argon2id m=65536 t=3 salt="), "{contents}");
    assert!(with("correct horse").unwrap().is_some());
    assert!(with("battery staple").unwrap_err().to_string().starts_with("incorrect passphrase"));
    let error = Store::open(&paths).unwrap().unwrap().get(&id("k")).unwrap_err();
    assert!(error.hint().unwrap().contains("SEALKIT_PASSPHRASE_FILE"), "{error}");

    // Modified Argon2 parameters are detected, and excessive ones are refused.
    fs::write(paths.key_file(), contents.replace("t=3", "t=1")).unwrap();
    assert!(with("correct horse").is_err());
    fs::write(paths.key_file(), contents.replace("m=65536", "m=99999999")).unwrap();
    assert!(with("correct horse").unwrap_err().to_string().ends_with("exceed the limits"));

    fs::write(paths.key_file(), contents).unwrap();
    let with_passphrase = paths.clone().passphrase_prompt(|| Ok(Some("correct horse".to_owned().into())));
    Store::set_passphrase(&with_passphrase, None).unwrap();
    assert_eq!(value(&Store::open(&paths).unwrap().unwrap(), &id("k")).as_deref(), Some("v"));
}

#[test]
fn files_that_other_users_can_access_are_refused() {
    let test = test_store();
    test.create("k", "v");
    let record = test.records().remove(0);
    let (store, key) = (test.store.paths.directory(), test.store.paths.key_file());
    for (path, exposed, private) in [(store, 0o750, 0o700), (key, 0o604, 0o600), (&record, 0o640, 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(exposed)).unwrap();
        let error =
            Store::open(&test.store.paths).and_then(|store| store.unwrap().get(&id("k"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotPrivate, "{}", path.display());
        assert_eq!(error.hint().unwrap(), format!("restrict its mode: chmod {private:o} {}", path.display()));
        fs::set_permissions(path, fs::Permissions::from_mode(private)).unwrap();
    }
    assert_eq!(value(&test.store, &id("k")).as_deref(), Some("v"));
}

#[test]
fn symbolic_links_are_refused() {
    let test = test_store();
    test.create("k", "v");
    let (record, directory) = (test.records().remove(0), test.directory.path());
    let shard = record.parent().unwrap().to_owned();
    let (store, key) = (directory.join("secrets"), directory.join("config/key"));
    for path in [record, shard, store.join("_"), store.join("FORMAT"), key, store] {
        let moved = directory.join("moved");
        fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let read = Store::open(&test.store.paths).and_then(|store| store.unwrap().get(&id("k")));
        assert_eq!(read.unwrap_err().kind(), ErrorKind::NotPrivate, "{}", path.display());
        fs::remove_file(&path).unwrap();
        fs::rename(&moved, &path).unwrap();
    }
    assert_eq!(value(&test.store, &id("k")).as_deref(), Some("v"));
}

#[test]
fn a_directory_with_other_files_is_not_made_a_store() {
    let directory = temporary_directory();
    let paths = paths(directory.path());
    fs::create_dir(paths.directory()).unwrap();
    fs::set_permissions(paths.directory(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Store::open(&paths).unwrap().is_none(), "an empty directory can become a store");
    fs::write(paths.directory().join("notes"), "").unwrap();
    for result in [Store::open(&paths).map(|_| ()), Store::open_or_create(&paths).map(|_| ())] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::UnknownFormat);
    }
    assert!(!paths.key_file().exists());
}

#[test]
fn the_next_writer_removes_the_temporary_files_of_a_crashed_writer() {
    let test = test_store();
    let leftover = test.store.paths.directory().join("tmp/0123456789abcdef");
    fs::write(&leftover, "half a record").unwrap();
    test.create("k", "v");
    assert!(!leftover.exists());
}

#[test]
fn concurrent_writers_lose_no_update_and_readers_see_complete_values() {
    const WRITERS: u64 = 8;
    const UPDATES: u64 = 40;
    let test = test_store();
    test.create("shared", "start");
    let paths = &test.store.paths;
    std::thread::scope(|threads| {
        for writer in 0..WRITERS {
            threads.spawn(move || {
                let store = Store::open_or_create(paths).unwrap();
                for n in 0..UPDATES {
                    store.update(&id("shared"), text(&format!("{writer}-{n}"))).unwrap();
                    assert!(value(&store, &id("shared")).is_some());
                }
            });
        }
    });
    assert_eq!(test.store.get(&id("shared")).unwrap().unwrap().entry.version, 1 + WRITERS * UPDATES);
}
