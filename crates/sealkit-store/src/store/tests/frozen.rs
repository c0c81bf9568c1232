//! The store of an earlier version.

use super::*;

/// A store that was written by version 0.1.0 with the key beside it; it must be readable for good.
#[test]
fn the_store_of_version_1_is_read_byte_for_byte() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-1");
    let copy = temporary_folder();
    copy_private(&frozen, copy.path());
    let store = Store::open(&place(copy.path())).unwrap().unwrap();
    assert!(store.verify().unwrap().is_empty());
    let names: Vec<String> = store.list(None).unwrap().iter().map(|entry| entry.id.to_string()).collect();
    assert_eq!(names, ["`Big`", "`my_secret`", "`db/password`", "`registry` in project `p` of domain `d`"]);
    assert_eq!(value(&store, &id("my_secret")).as_deref(), Some("hunter3\n"));
    assert_eq!(&**store.get_version(&id("my_secret"), 1).unwrap().unwrap().value, b"hunter2");
    assert_eq!(&**store.get(&id("Big")).unwrap().unwrap().value, &[0xff; 5000]);
    assert!(store.get(&id("gone")).unwrap().is_none());
    let registry = SecretId::new(Scope::new(Some("d"), Some("p")).unwrap(), None, "registry").unwrap();
    let registry = store.get(&registry).unwrap().unwrap();
    assert_eq!((registry.form, registry.entry.r#type), (Form::Bytes, Some(SecretType::ImagePull)));
    let locked = Place::new(store.place.directory(), copy.path().join("config/locked-key"))
        .passphrase(|| Ok(Some("correct horse".to_owned().into())));
    assert_eq!(
        value(&Store::open(&locked).unwrap().unwrap(), &id("my_secret")).as_deref(),
        Some("hunter3\n")
    );
}

/// Git keeps no modes.
fn copy_private(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let mode = if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_private(&entry.path(), &target);
            0o700
        } else {
            fs::copy(entry.path(), &target).unwrap();
            0o600
        };
        fs::set_permissions(target, fs::Permissions::from_mode(mode)).unwrap();
    }
}
