//! Tests that tasks find the secrets that `sealkit create secret` has stored.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};
use support::{Home, Program, hex};

/// Creates a home directory with a secret in each scope. The value of each secret is the name of its scope.
fn home() -> Home {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (scope, value) in [
        ("", "global"),
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

/// Returns the answer of a program that reads a secret.
fn answer(probe: Program, question: &Value) -> Value {
    let finished = probe.input(question.to_string()).run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

fn found(home: &Home, question: &Value) -> Value {
    answer(probe(home), question)["text"]["ok"].clone()
}

#[test]
fn a_secret_is_looked_up_from_the_narrowest_scope_to_the_widest() {
    let home = home();
    let mut question = json!({ "key": "my_secret" });
    assert_eq!(found(&home, &question), hex(b"global"));
    question["domain"] = "development".into();
    assert_eq!(found(&home, &question), hex(b"domain"));
    question["project"] = "flytesnacks".into();
    assert_eq!(found(&home, &question), hex(b"project"));
    question["project"] = "other".into();
    assert_eq!(found(&home, &question), hex(b"domain"));
    question["domain"] = "production".into();
    assert_eq!(found(&home, &question), hex(b"global"));
    assert_eq!(found(&home, &json!({ "key": "my_secret", "group": "db" })), hex(b"group"));
    assert_eq!(found(&home, &json!({ "key": "my_secret", "group": "other" })), Value::Null);
    assert_eq!(found(&home, &json!({ "key": "My_Secret" })), Value::Null);
}

#[test]
fn a_stored_secret_can_be_read_as_a_file_with_its_exact_bytes() {
    let home = home();
    home.sealkit("update secret my_secret -f -").input("  exact \n").run().unwrap();
    let read = answer(probe(&home), &json!({ "key": "my_secret", "mount": "FILE" }));
    assert_eq!(read["file"]["ok"][1], hex(b"  exact \n"));
    assert_eq!(read["bytes"]["ok"], hex(b"  exact \n"));
    assert_eq!(read["text"]["ok"], hex(b"exact"));
}

#[test]
fn a_mounted_secret_takes_precedence_and_a_pod_never_reads_the_store() {
    let home = home();
    let question = json!({ "key": "my_secret" });
    let mounted = probe(&home).env("_FSEC_MY_SECRET", "mounted");
    assert_eq!(answer(mounted, &question)["text"]["ok"], hex(b"mounted"));
    let pod = || probe(&home).env("FLYTE_INTERNAL_EXECUTION_ID", "x");
    let error = answer(pod(), &question);
    assert_eq!(error["text"]["error"], "not_found");
    assert!(!error["text"]["all"].as_str().unwrap().contains("the store"), "{error}");
}

#[test]
fn an_unreadable_store_is_an_error_and_not_a_missing_secret() {
    let home = home();
    fs::remove_file(home.store_paths().key_file()).unwrap();
    let error = answer(probe(&home), &json!({ "key": "my_secret" }));
    assert_eq!(error["text"]["error"], "provider");
    let all = error["text"]["all"].as_str().unwrap();
    assert!(all.contains("the key of the store") && all.contains("restore it from a backup"), "{all}");
    assert_eq!(answer(probe(&home), &json!({ "key": "absent" }))["text"]["error"], "not_found");
}

#[test]
fn a_passphrase_is_read_from_a_private_file() {
    let home = home();
    let passphrase = home.path().join("passphrase");
    fs::write(&passphrase, "correct horse\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let locked = home.run(&format!("update key --passphrase-file {}", passphrase.display())).unwrap();
    assert_eq!(locked.code, Some(0), "{locked}");
    let question = json!({ "key": "my_secret" });
    let without = answer(probe(&home), &question);
    assert!(without["text"]["all"].as_str().unwrap().contains("SEALKIT_PASSPHRASE_FILE"), "{without}");
    let with = || probe(&home).env("SEALKIT_PASSPHRASE_FILE", &passphrase);
    assert_eq!(answer(with(), &question)["text"]["ok"], hex(b"global"));

    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o644)).unwrap();
    let error = answer(with(), &question);
    assert!(error["text"]["all"].as_str().unwrap().contains("is accessible to other users"), "{error}");
}

#[test]
fn the_error_for_a_missing_secret_shows_the_command_that_creates_it() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for (question, command) in [
        (json!({ "key": "k" }), "create it: sealkit create secret k; for this run:"),
        (json!({ "key": "k", "group": "g" }), "create it: sealkit create secret k --group g; for this run:"),
        (json!({ "key": "k", "mount": "FILE" }), "create it: sealkit create secret -f PATH k"),
    ] {
        let error = answer(probe(&home), &question);
        let all = error["text"]["all"].as_str().unwrap();
        assert!(all.contains(command), "{all}");
    }
}
