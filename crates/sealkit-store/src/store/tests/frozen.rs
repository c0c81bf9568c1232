//! Tests that a store of format version 1 stays readable.

use super::*;

/// The fixture was written by version 0.1.0 and must stay readable in all later versions.
#[test]
fn a_store_of_format_version_1_is_readable() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-1");
    let copy = temporary_directory();
    copy_private(&frozen, copy.path());
    let store = Store::open(&paths(copy.path())).unwrap().unwrap();
    assert!(store.verify().unwrap().is_empty());
    let names: Vec<String> = store.list(None).unwrap().iter().map(|entry| entry.id.to_string()).collect();
    assert_eq!(names, ["`Big`", "`my_secret`", "`db/password`", "`registry` in project `p` of domain `d`"]);
    assert_eq!(value(&store, &id("my_secret")).as_deref(), Some("hunter3\n"));
    assert_eq!(&**store.get_version(&id("my_secret"), 1).unwrap().unwrap().value, b"hunter2");
    assert_eq!(&**store.get(&id("Big")).unwrap().unwrap().value, &[0xff; 5000]);
    assert!(store.get(&id("gone")).unwrap().is_none());
    let registry = SecretId::new(Scope::new(Some("d"), Some("p")).unwrap(), None, "registry").unwrap();
    let registry = store.get(&registry).unwrap().unwrap();
    assert_eq!((registry.kind, registry.entry.r#type), (ValueKind::Bytes, Some(SecretType::ImagePull)));
    let locked = StorePaths::new(store.paths.directory(), copy.path().join("config/locked-key"))
        .passphrase_prompt(|| Ok(Some("correct horse".to_owned().into())));
    assert_eq!(
        value(&Store::open(&locked).unwrap().unwrap(), &id("my_secret")).as_deref(),
        Some("hunter3\n")
    );
}

/// Copies a directory with private modes, because Git does not store them.
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
