//! `export store` and `import store`: a store moves to another machine.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use sealkit_store::{ErrorKind, Imported, Scope, SecretId, SecretType, Store, Value};
use serde::{Deserialize, Serialize};
use support::{Home, Python};

const PASSPHRASE: &str = "correct horse battery staple";

fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}

fn store(home: &Home) -> Store {
    Store::open_or_create(&home.store_paths()).unwrap()
}

fn id(domain: Option<&str>, group: Option<&str>, key: &str) -> SecretId {
    SecretId::new(Scope::new(domain, None).unwrap(), group, key).unwrap()
}

/// Creates secrets of all kinds.
fn fill(store: &Store) {
    let create = |id: SecretId, r#type, value: &[u8]| {
        let value = if value.is_empty() {
            Value::empty(sealkit_store::ValueKind::Bytes)
        } else {
            Value::bytes(value).unwrap()
        };
        store.create(&id, r#type, value).unwrap();
    };
    create(id(None, None, "binary"), SecretType::Generic, b"\0\xff\n");
    create(id(Some("development"), Some("db"), "password"), SecretType::Generic, b"k3Jq-71xT");
    create(id(None, None, "registry"), SecretType::ImagePull, b"{}");
    create(id(None, None, "empty"), SecretType::Generic, b"");
    store.create(&id(None, None, "typed"), SecretType::Generic, Value::text("k3Jq-72xT").unwrap()).unwrap();
    create(id(None, None, "deleted"), SecretType::Generic, b"k3Jq-73xT");
    store.delete(&id(None, None, "deleted")).unwrap();
}

fn passphrase_file(home: &Home, passphrase: &str) -> PathBuf {
    let path = home.path().join("passphrase");
    fs::write(&path, format!("{passphrase}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn a_store_moves_to_another_machine() {
    let (here, there) = (home(), home());
    let file = here.path().join("secrets.sealkit");
    let passphrase = passphrase_file(&here, PASSPHRASE);
    let mut transcript = String::new();
    let mut run = |home: &Home, line: &str| {
        let program = home.sealkit(line).arg(&file).arg("--passphrase-file").arg(&passphrase);
        let finished = program.run().unwrap();
        let output = here.normalize(&home.normalize(&finished.stderr));
        let _ = write!(transcript, "$ sealkit {line} -> {}\n{output}", finished.code.unwrap_or(-1));
    };
    run(&here, "export store");
    fill(&store(&here));
    run(&here, "export store");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // An export is never replaced.
    run(&here, "export store");
    // Other users may read it.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    run(&there, "import store");
    let (old, new) = (store(&here), store(&there));
    let entries = new.list(None).unwrap();
    assert_eq!(entries.len(), 5);
    for entry in old.list(None).unwrap() {
        let (old, new) = (old.get(&entry.id).unwrap().unwrap(), new.get(&entry.id).unwrap().unwrap());
        assert_eq!((&**old.value, old.kind, old.entry.r#type), (&**new.value, new.kind, new.entry.r#type));
    }
    run(&there, "import store");
    new.update(&id(None, None, "typed"), Value::text("other").unwrap()).unwrap();
    new.delete(&id(None, None, "binary")).unwrap();
    run(&there, "import store");
    assert!(new.get(&id(None, None, "binary")).unwrap().is_none(), "all or none");
    run(&there, "import store --replace");
    assert_eq!(&**new.get(&id(None, None, "typed")).unwrap().unwrap().value, b"k3Jq-72xT");
    assert!(new.verify().unwrap().is_empty());
    insta::assert_snapshot!(transcript, @"
    $ sealkit export store -> 1
    error: there is no store to export
    hint: create a secret: sealkit create secret NAME
    $ sealkit export store -> 0
    Exported 5 secrets to `~/secrets.sealkit`
    note: with this file and its passphrase, the secrets can be read
    $ sealkit export store -> 1
    error: the export `~/secrets.sealkit` already exists
    hint: choose another path
    $ sealkit import store -> 0
    note: created the key `~/.config/sealkit/key`; without it the secrets cannot be read: back it up apart from the store
    Imported 5 secrets from `~/secrets.sealkit`
    $ sealkit import store -> 0
    Imported 0 secrets from `~/secrets.sealkit` (5 unchanged)
    $ sealkit import store -> 1
    error: `typed` has another value in this store
    hint: nothing was imported; to take the values of the file, add --replace
    $ sealkit import store --replace -> 0
    Imported 2 secrets from `~/secrets.sealkit` (1 replaced, 3 unchanged)
    ");
}

#[test]
fn an_import_that_fails_is_undone() {
    let (here, there) = (home(), home());
    let file = here.path().join("secrets.sealkit");
    fill(&store(&here));
    store(&here).export(&file, PASSPHRASE).unwrap();
    let new = store(&there);
    for (key, value) in [("Typed", "k3Jq-74xT"), ("registry", "k3Jq-75xT")] {
        new.create(&id(None, None, key), SecretType::Generic, Value::text(value).unwrap()).unwrap();
    }
    // The last of them cannot be created: its name differs only in case.
    assert_eq!(new.import(&file, PASSPHRASE, true).unwrap_err().kind(), ErrorKind::InvalidName);
    let names: Vec<String> = new.list(None).unwrap().iter().map(|entry| entry.id.key().to_owned()).collect();
    assert_eq!(names, ["Typed", "registry"]);
    assert_eq!(&**new.get(&id(None, None, "registry")).unwrap().unwrap().value, b"k3Jq-75xT");
}

#[test]
fn a_damaged_export_a_wrong_passphrase_and_another_version_change_nothing() {
    let (here, there) = (home(), home());
    let file = here.path().join("secrets.sealkit");
    fill(&store(&here));
    store(&here).export(&file, PASSPHRASE).unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"k3Jq" || part == b"type"), "the file is encrypted");
    let new = store(&there);
    let import = |bytes: &[u8], passphrase: &str| {
        fs::write(&file, bytes).unwrap();
        let error = new.import(&file, passphrase, true).unwrap_err();
        assert_eq!(new.list(None).unwrap(), []);
        error
    };
    assert_eq!(import(&bytes, "wrong").kind(), ErrorKind::Key);
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    for offset in [0, 15, 30, first - 1, first, first + 1, first + 30, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[offset] ^= 1;
        let kind = import(&damaged, PASSPHRASE).kind();
        assert!([ErrorKind::Key, ErrorKind::UnknownFormat].contains(&kind), "byte {offset}: {kind:?}");
    }
    for length in [0, 10, first, first + 1, first + 24, bytes.len() - 1] {
        let kind = import(&bytes[..length], PASSPHRASE).kind();
        assert!([ErrorKind::Key, ErrorKind::UnknownFormat].contains(&kind), "{length} bytes: {kind:?}");
    }
    let later = [b"sealkit-export 2 argon2id m=1 t=1 salt=00\n", &bytes[first + 1..]].concat();
    let message = format!("`{}` is not an export that this version of sealkit can read", file.display());
    assert_eq!(import(&later, PASSPHRASE).to_string(), message);
    // A file that would need gigabytes of memory is refused.
    let text = String::from_utf8(bytes[..first].to_vec()).unwrap().replace("m=65536", "m=99999999");
    assert_eq!(
        import(&[text.as_bytes(), &bytes[first..]].concat(), PASSPHRASE).kind(),
        ErrorKind::UnknownFormat
    );
    assert_eq!(new.import(Path::new("/nonexistent"), PASSPHRASE, true).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(new.export(&file, "").unwrap_err().kind(), ErrorKind::Key);
}

#[test]
fn an_import_that_is_killed_can_be_repeated() {
    let (here, there) = (home(), home());
    let old = store(&here);
    for number in 0..200 {
        let id = id(None, None, &format!("k{number}"));
        old.create(&id, SecretType::Generic, Value::text("k3Jq-71xT").unwrap()).unwrap();
    }
    let file = here.path().join("secrets.sealkit");
    old.export(&file, PASSPHRASE).unwrap();
    let passphrase = passphrase_file(&here, PASSPHRASE);
    let mut partial = 0;
    for delay in [60, 90, 120, 150, 180, 250] {
        let mut import = Command::new(there.command());
        import.args(["import", "store"]).arg(&file).arg("--passphrase-file").arg(&passphrase);
        let mut import = import.env_clear().env("HOME", there.path()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(delay));
        import.kill().unwrap();
        import.wait().unwrap();
        let count = store(&there).list(None).unwrap().len();
        partial += usize::from((1..200).contains(&count));
    }
    eprintln!("{partial} imports were killed in the middle");
    let imported = store(&there).import(&file, PASSPHRASE, false).unwrap();
    assert_eq!(imported.created + imported.unchanged, 200);
    assert_eq!(imported, Imported { replaced: 0, ..imported });
    assert!(store(&there).verify().unwrap().is_empty());
}

#[derive(Serialize)]
struct Request<'a> {
    export: &'a Path,
    passphrase: &'a str,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Record {
    scope: String,
    group: Option<String>,
    key: String,
    r#type: String,
    kind: String,
    value: String,
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn another_program_reads_an_export_as_it_is_documented() {
    let here = home();
    let file = here.path().join("secrets.sealkit");
    fill(&store(&here));
    store(&here).export(&file, PASSPHRASE).unwrap();
    let python = Python::from_environment();
    let request = Request { export: &file, passphrase: PASSPHRASE };
    let mut answers: Vec<Vec<Record>> = python.ask("read_store.py", &[request]).unwrap();
    let records = answers.remove(0);
    let password = Record {
        scope: "development".to_owned(),
        group: Some("db".to_owned()),
        key: "password".to_owned(),
        r#type: "generic".to_owned(),
        kind: "bytes".to_owned(),
        value: support::hex(b"k3Jq-71xT"),
    };
    assert!(records.len() == 5 && records.contains(&password), "{records:?}");
}

#[test]
fn a_merged_copy_of_a_store_is_reported_until_a_new_value_decides() {
    let home = home();
    let update = |value: &str| {
        assert_eq!(home.sealkit("update secret token -f -").input(value).run().unwrap().code, Some(0));
    };
    assert_eq!(home.sealkit("create secret token -f -").input("k3Jq-71xT").run().unwrap().code, Some(0));
    // Two machines change copies of a folder, which are then merged.
    let (secrets, copy) = (home.store_paths().directory().to_owned(), home.path().join("copy"));
    let merge = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-anT").args([from, to]).status().unwrap().success());
    };
    merge(&secrets, &copy);
    update("k3Jq-72xT");
    let first = home.path().join("first");
    merge(&secrets, &first);
    fs::remove_dir_all(&secrets).unwrap();
    merge(&copy, &secrets);
    thread::sleep(Duration::from_millis(5));
    update("k3Jq-73xT");
    merge(&first, &secrets);

    let problem = "version 2 of secret `token` has two values: two machines have changed it";
    let hint = "hint: store the right value again: sealkit update secret token, or an earlier one: sealkit update secret token --restore 1";
    for (line, code) in [("get secret token", 0), ("verify store", 1)] {
        let finished = home.run(line).unwrap();
        assert_eq!(finished.code, Some(code), "{line}: {finished}");
        assert!(finished.stderr.contains(problem) && finished.stderr.contains(hint), "{line}: {finished}");
    }
    update("k3Jq-74xT");
    for line in ["get secret token", "verify store"] {
        let finished = home.run(line).unwrap();
        assert!(finished.code == Some(0) && !finished.stderr.contains("two values"), "{line}: {finished}");
    }
    assert_eq!(home.stored("token").unwrap().as_deref(), Some(&b"k3Jq-74xT"[..]));
}
