//! The written format is the real one: Python reads a store by it, with libsodium.

use std::path::Path;

use sealkit_store::{Scope, SecretId, SecretType, Store, StorePaths, Value, ValueKind};
use serde::{Deserialize, Serialize};
use support::{Python, hex};

#[derive(Serialize)]
struct Question<'a> {
    directory: &'a Path,
    key_file: &'a Path,
    passphrase: &'a str,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Record {
    scope: String,
    group: Option<String>,
    key: String,
    version: u64,
    r#type: String,
    kind: String,
    value: String,
}

/// All that the store itself reads, in the order of the scopes' folders.
fn ours(store: &Store, secrets: &[(&str, SecretId)]) -> Vec<Record> {
    let mut records = Vec::new();
    for (scope, id) in secrets {
        for entry in store.history(id).unwrap() {
            let stored = store.get_version(id, entry.version).unwrap();
            let kind = stored.as_ref().map_or(ValueKind::Bytes, |stored| stored.kind);
            records.push(Record {
                scope: (*scope).to_owned(),
                group: id.group().map(str::to_owned),
                key: id.key().to_owned(),
                version: entry.version,
                r#type: entry.r#type.map_or("deleted", SecretType::as_str).to_owned(),
                kind: if kind == ValueKind::Text { "text" } else { "bytes" }.to_owned(),
                value: stored.map_or_else(String::new, |stored| hex(&stored.value)),
            });
        }
    }
    records
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn python_reads_what_we_wrote() {
    let python = Python::from_environment();
    let folder = tempfile::tempdir().unwrap();
    let paths = StorePaths::new(folder.path().join("secrets"), folder.path().join("key"));
    let store = Store::open_or_create(&paths).unwrap();
    let id = |domain, project, group, key| {
        SecretId::new(Scope::new(domain, project).unwrap(), group, key).unwrap()
    };
    let secrets = [
        ("_", id(None, None, None, "-")),
        ("_", id(None, None, None, "Empty")),
        ("_", id(None, None, None, "gone")),
        ("_", id(None, None, None, "my_secret")),
        ("_", id(None, None, Some("Db"), "password")),
        ("d.development", id(Some("development"), None, None, "my_secret")),
        ("d.development.p.flytesnacks", id(Some("development"), Some("flytesnacks"), None, "registry")),
    ];
    let mut random = fastrand::Rng::with_seed(7);
    for (_, id) in &secrets {
        let r#type = if id.key() == "registry" { SecretType::ImagePull } else { SecretType::Generic };
        let first =
            if id.key() == "Empty" { Value::empty(ValueKind::Text) } else { Value::text("päss").unwrap() };
        store.create(id, r#type, first).unwrap();
        // Around every border of the padding.
        for length in [1, 251, 252, 253, 4_092, 4_093, 70_000, 1 << 20] {
            let bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            if random.bool() {
                store.update(id, Value::bytes(&bytes).unwrap()).unwrap();
            }
        }
    }
    store.delete(&secrets[2].1).unwrap();

    let question = |key_file, passphrase| Question { directory: paths.directory(), key_file, passphrase };
    let theirs: Vec<Vec<Record>> = python.ask("read_store.py", &[question(paths.key_file(), "")]).unwrap();
    assert_eq!(theirs[0], ours(&store, &secrets));

    Store::set_passphrase(&paths, Some("correct horse")).unwrap();
    let locked: Vec<Vec<Record>> =
        python.ask("read_store.py", &[question(paths.key_file(), "correct horse")]).unwrap();
    assert_eq!(locked, theirs);
    let wrong = python.ask::<_, Vec<Record>>("read_store.py", &[question(paths.key_file(), "wrong")]);
    assert!(wrong.unwrap_err().to_string().contains("CryptoError"));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn python_reads_the_store_of_version_1() {
    let python = Python::from_environment();
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sealkit-store/fixtures/format-1");
    let (directory, config) = (frozen.join("secrets"), frozen.join("config"));
    let [plain, locked] = [config.join("key"), config.join("locked-key")];
    let question = |key_file| Question { directory: &directory, key_file, passphrase: "correct horse" };
    let read: Vec<Vec<Record>> = python.ask("read_store.py", &[question(&plain), question(&locked)]).unwrap();
    assert_eq!(read[0], read[1]);
    let values: Vec<String> = read[0]
        .iter()
        .map(|Record { scope, key, version, r#type, value, .. }| {
            format!("{scope} {key} {version} {type} {}", &value[..value.len().min(16)])
        })
        .collect();
    insta::assert_snapshot!(values.join("\n"), @"
    _ Big 1 generic ffffffffffffffff
    _ gone 2 deleted 
    _ my_secret 2 generic 68756e746572330a
    _ my_secret 1 generic 68756e74657232
    _ password 1 generic 70c3a47373776f72
    d.d.p.p registry 1 image_pull 7b22617574687322
    ");
}
