//! Tests with files that were modified, moved or swapped.

use super::*;

#[test]
fn a_moved_or_modified_record_is_an_error_and_never_replaced_by_an_older_version() {
    let test = test_store();
    test.create("a", "one");
    let b = test.create("b", "other");
    test.store.update(&id("a"), text("two")).unwrap();
    assert!(test.store.verify().unwrap().is_empty());
    let record = |key: &str, version: u64| {
        let is_match = |path: &PathBuf| path.to_string_lossy().contains(&format!("k..{key}.{version}."));
        test.records().into_iter().find(is_match).unwrap()
    };
    let (latest, older, other) = (record("a", 2), record("a", 1), record("b", b.version));
    let good = fs::read(&latest).unwrap();
    let assert_refused = |bytes: &[u8], problem: &str| {
        fs::write(&latest, bytes).unwrap();
        let error = test.store.get(&id("a")).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert!(error.hint().unwrap().contains(&*latest.to_string_lossy()) || problem.contains("format"));
        let corrupt_files = test.store.verify().unwrap();
        assert_eq!(corrupt_files.iter().map(|file| &file.path).collect::<Vec<_>>(), [&latest]);
    };
    assert_refused(&fs::read(older).unwrap(), "was modified, or belongs to another secret or store");
    assert_refused(&fs::read(other).unwrap(), "was modified, or belongs to another secret or store");
    assert_refused(&good[..40], "is truncated");
    assert_refused(&[], "is truncated");
    assert_refused(b"SEC2 of a later version", "has a format that this version of sealkit does not support");
    fs::write(&latest, &good).unwrap();

    // The metadata in the file name is checked too.
    let renamed = latest.with_file_name(latest.file_name().unwrap().to_str().unwrap().replace(".2.", ".9."));
    fs::rename(&latest, &renamed).unwrap();
    assert_eq!(test.store.get(&id("a")).unwrap_err().kind(), ErrorKind::Corrupt);
    fs::rename(&renamed, &latest).unwrap();
    fs::write(latest.with_file_name("notes.txt"), "").unwrap();
    assert_eq!(value(&test.store, &id("a")).as_deref(), Some("two"));
    assert_eq!(test.store.verify().unwrap().len(), 1);
}

#[test]
fn every_modified_byte_of_a_file_is_detected() {
    let test = test_store();
    test.create("k", "v");
    let record = test.records().remove(0);
    let good = fs::read(&record).unwrap();
    for at in 0..good.len() {
        let mut modified = good.clone();
        modified[at] ^= 1;
        fs::write(&record, modified).unwrap();
        let error = test.store.get(&id("k")).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::UnknownFormat), "byte {at}: {error}");
        assert!(error.to_string().starts_with("the file of secret `k` "), "byte {at}: {error}");
    }
}

#[test]
fn a_record_of_another_scope_or_of_another_store_with_the_same_key_is_refused() {
    let test = test_store();
    test.create("k", "v");
    let record = test.records().remove(0);
    let narrow = SecretId::new(Scope::Domain("development".to_owned()), None, "k").unwrap();
    test.store.create(&narrow, SecretType::Generic, text("w")).unwrap();
    let other = StorePaths::new(test.directory.path().join("other"), test.store.paths.key_file());
    let other = Store::open_or_create(&other).unwrap();
    other.create(&id("k"), SecretType::Generic, text("x")).unwrap();

    for (store, id) in [(&test.store, &narrow), (&other, &id("k"))] {
        let shard = store.paths.directory().join(shard_path(id));
        let target = fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
        fs::remove_file(&target).unwrap();
        fs::copy(&record, target.with_file_name(record.file_name().unwrap())).unwrap();
        let error = store.get(id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().starts_with(&format!("the file of secret {id} ")), "{error}");
    }
    assert_eq!(value(&test.store, &id("k")).as_deref(), Some("v"));
}
