//! Tasks find what `sealkit create secret` has stored, in the order of the places.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};
use support::{Home, Program, hex};

/// A home with a secret in every scope, each worth its scope's name.
fn home() -> Home {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (scope, value) in [
        ("", "everywhere"),
        ("--domain development", "domain"),
        ("--domain development --project flytesnacks", "project"),
        ("--group db", "group"),
    ] {
        let created =
            home.sealkit(&format!("create secret my_secret {scope} -f -")).input(value).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    home
}

fn probe(home: &Home) -> Program {
    home.program(env!("CARGO_BIN_EXE_probe"))
}

/// The answer of a program that reads a secret.
fn answer(probe: Program, question: &Value) -> Value {
    let finished = probe.input(question.to_string()).run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

fn found(home: &Home, question: &Value) -> Value {
    answer(probe(home), question)["text"]["ok"].clone()
}

#[test]
fn a_secret_is_found_by_its_group_and_key_from_the_narrowest_scope_to_the_widest() {
    let home = home();
    let mut question = json!({ "key": "my_secret" });
    assert_eq!(found(&home, &question), hex(b"everywhere"));
    question["domain"] = "development".into();
    assert_eq!(found(&home, &question), hex(b"domain"));
    question["project"] = "flytesnacks".into();
    assert_eq!(found(&home, &question), hex(b"project"));
    question["project"] = "other".into();
    assert_eq!(found(&home, &question), hex(b"domain"));
    question["domain"] = "production".into();
    assert_eq!(found(&home, &question), hex(b"everywhere"));
    assert_eq!(found(&home, &json!({ "key": "my_secret", "group": "db" })), hex(b"group"));
    assert_eq!(found(&home, &json!({ "key": "my_secret", "group": "other" })), Value::Null);
    assert_eq!(found(&home, &json!({ "key": "My_Secret" })), Value::Null);
}

#[test]
fn a_stored_secret_is_a_file_too_with_its_exact_bytes() {
    let home = home();
    home.sealkit("update secret my_secret -f -").input("  exact \n").run().unwrap();
    let read = answer(probe(&home), &json!({ "key": "my_secret", "mount": "FILE" }));
    assert_eq!(read["file"]["ok"][1], hex(b"  exact \n"));
    assert_eq!(read["bytes"]["ok"], hex(b"  exact \n"));
    assert_eq!(read["text"]["ok"], hex(b"exact"));
}

#[test]
fn what_flyte_mounts_comes_first_and_a_pod_never_looks_into_the_store() {
    let home = home();
    let question = json!({ "key": "my_secret" });
    let mounted = probe(&home).env("_FSEC_MY_SECRET", "mounted");
    assert_eq!(answer(mounted, &question)["text"]["ok"], hex(b"mounted"));
    let pod = || probe(&home).env("FLYTE_INTERNAL_EXECUTION_ID", "x");
    let refused = answer(pod(), &question);
    assert_eq!(refused["text"]["error"], "not_found");
    assert!(!refused["text"]["all"].as_str().unwrap().contains("the store"), "{refused}");
}

#[test]
fn a_store_that_cannot_be_read_is_an_error_and_no_absence() {
    let home = home();
    fs::remove_file(home.store_paths().key_file()).unwrap();
    let refused = answer(probe(&home), &json!({ "key": "my_secret" }));
    assert_eq!(refused["text"]["error"], "provider");
    let all = refused["text"]["all"].as_str().unwrap();
    assert!(all.contains("the key of the store") && all.contains("restore it from a backup"), "{all}");
    assert_eq!(answer(probe(&home), &json!({ "key": "absent" }))["text"]["error"], "not_found");
}

#[test]
fn a_passphrase_is_read_from_its_file() {
    let home = home();
    let passphrase = home.path().join("passphrase");
    fs::write(&passphrase, "correct horse\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let locked = home.run(&format!("update key --passphrase-file {}", passphrase.display())).unwrap();
    assert_eq!(locked.code, Some(0), "{locked}");
    let question = json!({ "key": "my_secret" });
    let without = answer(probe(&home), &question);
    assert!(without["text"]["all"].as_str().unwrap().contains("SEALKIT_PASSPHRASE_FILE"), "{without}");
    let with = probe(&home).env("SEALKIT_PASSPHRASE_FILE", &passphrase);
    assert_eq!(answer(with, &question)["text"]["ok"], hex(b"everywhere"));
}

#[test]
fn a_missing_secret_says_how_to_create_it() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (question, command) in [
        (json!({ "key": "k" }), "create it: sealkit create secret k; for this run:"),
        (json!({ "key": "k", "group": "g" }), "create it: sealkit create secret k --group g; for this run:"),
        (json!({ "key": "k", "mount": "FILE" }), "create it: sealkit create secret -f PATH k"),
    ] {
        let refused = answer(probe(&home), &question);
        let all = refused["text"]["all"].as_str().unwrap();
        assert!(all.contains(command), "{all}");
    }
}
