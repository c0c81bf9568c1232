//! Files that somebody has changed, moved or swapped.

use super::*;

#[test]
fn records_moved_or_changed_are_named_and_never_hidden_by_older_ones() {
    let fresh = fresh();
    fresh.create("a", "one");
    let b = fresh.create("b", "other");
    fresh.store.update(&id("a"), text("two")).unwrap();
    assert!(fresh.store.verify().unwrap().is_empty());
    let record = |key: &str, version: u64| {
        let of = |path: &PathBuf| path.to_string_lossy().contains(&format!("k..{key}.{version}."));
        fresh.records().into_iter().find(of).unwrap()
    };
    let (newest, older, other) = (record("a", 2), record("a", 1), record("b", b.version));
    let good = fs::read(&newest).unwrap();
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&newest, bytes).unwrap();
        let error = fresh.store.get(&id("a")).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.hint().unwrap().contains(&*newest.to_string_lossy()) || why.contains("format"));
        let damages = fresh.store.verify().unwrap();
        assert_eq!(damages.iter().map(|damage| &damage.path).collect::<Vec<_>>(), [&newest]);
    };
    refused(&fs::read(older).unwrap(), "was changed, or belongs to another secret or store");
    refused(&fs::read(other).unwrap(), "was changed, or belongs to another secret or store");
    refused(&good[..40], "is cut short");
    refused(&[], "is cut short");
    refused(b"SEC2 of a later version", "has a format that this version of sealkit does not know");
    fs::write(&newest, &good).unwrap();

    // The name of a file is not believed either.
    let renamed = newest.with_file_name(newest.file_name().unwrap().to_str().unwrap().replace(".2.", ".9."));
    fs::rename(&newest, &renamed).unwrap();
    assert_eq!(fresh.store.get(&id("a")).unwrap_err().kind(), ErrorKind::Damaged);
    fs::rename(&renamed, &newest).unwrap();
    fs::write(newest.with_file_name("notes.txt"), "").unwrap();
    assert_eq!(value(&fresh.store, &id("a")).as_deref(), Some("two"));
    assert_eq!(fresh.store.verify().unwrap().len(), 1);
}

#[test]
fn every_changed_byte_of_a_file_is_refused() {
    let fresh = fresh();
    fresh.create("k", "v");
    let record = fresh.records().remove(0);
    let good = fs::read(&record).unwrap();
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        fs::write(&record, changed).unwrap();
        let error = fresh.store.get(&id("k")).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Damaged | ErrorKind::UnknownFormat), "byte {at}: {error}");
        assert!(error.to_string().starts_with("secret `k`: its file "), "byte {at}: {error}");
    }
}

#[test]
fn a_record_is_refused_in_another_scope_and_in_another_store_of_the_same_key() {
    let fresh = fresh();
    fresh.create("k", "v");
    let record = fresh.records().remove(0);
    let narrow = SecretId::new(Scope::Domain("development".to_owned()), None, "k").unwrap();
    fresh.store.create(&narrow, SecretType::Generic, text("w")).unwrap();
    let other = Place::new(fresh.folder.path().join("other"), fresh.store.place.key_file());
    let other = Store::open_or_create(&other).unwrap();
    other.create(&id("k"), SecretType::Generic, text("x")).unwrap();

    for (store, id) in [(&fresh.store, &narrow), (&other, &id("k"))] {
        let shard = store.place.directory().join(folder(id));
        let target = fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
        fs::remove_file(&target).unwrap();
        fs::copy(&record, target.with_file_name(record.file_name().unwrap())).unwrap();
        let error = store.get(id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged);
        assert!(error.to_string().starts_with(&format!("secret {id}: ")), "{error}");
    }
    assert_eq!(value(&fresh.store, &id("k")).as_deref(), Some("v"));
}
