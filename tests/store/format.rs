//! Tests that a Python program can read a store by following `FORMAT.md`, with the cryptography of libsodium.

use std::path::Path;

use sealkit_store::{Scope, SecretId, SecretType, Store, StorePaths, Value, ValueKind};
use serde::{Deserialize, Serialize};
use support::{Python, hex};

#[derive(Serialize)]
struct ReadRequest<'a> {
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

/// Returns all records that this crate reads, in the order of the scope directories.
fn read_records(store: &Store, secrets: &[(&str, SecretId)]) -> Vec<Record> {
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
fn python_reads_a_written_store() {
    let python = Python::from_environment();
    let directory = tempfile::tempdir().unwrap();
    let paths = StorePaths::new(directory.path().join("secrets"), directory.path().join("key"));
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
        // Around each limit of the padding.
        for length in [1, 251, 252, 253, 4_092, 4_093, 70_000, 1 << 20] {
            let bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            if random.bool() {
                store.update(id, Value::bytes(&bytes).unwrap()).unwrap();
            }
        }
    }
    store.delete(&secrets[2].1).unwrap();

    let request = |key_file, passphrase| ReadRequest { directory: paths.directory(), key_file, passphrase };
    let plain: Vec<Vec<Record>> = python.ask("read_store.py", &[request(paths.key_file(), "")]).unwrap();
    assert_eq!(plain[0], read_records(&store, &secrets));

    Store::set_passphrase(&paths, Some("correct horse")).unwrap();
    let encrypted: Vec<Vec<Record>> =
        python.ask("read_store.py", &[request(paths.key_file(), "correct horse")]).unwrap();
    assert_eq!(encrypted, plain);
    let incorrect =
        python.ask::<_, Vec<Record>>("read_store.py", &[request(paths.key_file(), "battery staple")]);
    assert!(incorrect.unwrap_err().to_string().contains("CryptoError"));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn python_reads_a_store_of_format_version_1() {
    let python = Python::from_environment();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sealkit-store/fixtures/format-1");
    let (directory, config) = (fixture.join("secrets"), fixture.join("config"));
    let [plain, encrypted] = [config.join("key"), config.join("locked-key")];
    let request = |key_file| ReadRequest { directory: &directory, key_file, passphrase: "correct horse" };
    let records: Vec<Vec<Record>> =
        python.ask("read_store.py", &[request(&plain), request(&encrypted)]).unwrap();
    assert_eq!(records[0], records[1]);
    let values: Vec<String> = records[0]
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
