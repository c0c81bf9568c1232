//! Secrets in the local store: output, hints and exit codes of the commands.

use std::{fs, os::unix::fs::PermissionsExt as _};

use support::Home;

use crate::home;

/// A home with `my_secret`, which is `hunter2`.
fn home_with_a_secret() -> Home {
    let home = home();
    let created = home.sealkit("create secret my_secret -f -").input("hunter2").run().unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    home
}

#[test]
fn a_secret_lives_from_create_to_delete() {
    let home = home();
    insta::assert_snapshot!(home.run("create secret my_secret --value hunter2").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `my_secret` (version 1)
    note: created the key `~/.config/sealkit/key`; without it the secrets cannot be read: back it up apart from the store
    ");
    insta::assert_snapshot!(home.run("create secret my_secret --value hunter3").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` already exists
    hint: give it a new value: sealkit update secret my_secret
    ");
    insta::assert_snapshot!(home.run("update secret my_secret --value hunter3").unwrap(), @"
    exit code 0
    -- stderr
    Updated secret `my_secret` (version 2)
    ");
    insta::assert_snapshot!(home.run("get secret my_secret --history").unwrap(), @"
    exit code 0
    -- stdout
    NAME       TYPE     VERSION  CREATED               GUARD
    my_secret  generic  2        2026-01-01T00:00:00Z  full
    my_secret  generic  1        2026-01-01T00:00:00Z  full
    ");
    insta::assert_snapshot!(home.run("update secret my_secret --restore 1").unwrap(), @"
    exit code 0
    -- stderr
    Restored version 1 of `my_secret` as version 3
    ");
    assert_eq!(home.stored("my_secret").unwrap().as_deref(), Some(&b"hunter2"[..]));
    insta::assert_snapshot!(home.run("update secret my_secret --restore 9").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` has no version 9
    hint: list its versions: sealkit get secret my_secret --history
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret").unwrap(), @"
    exit code 2
    -- stderr
    error: cannot ask for confirmation: standard input is not a terminal
    hint: to continue without it: sealkit delete secret my_secret -y
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret -y").unwrap(), @"
    exit code 0
    -- stderr
    Deleted secret `my_secret`
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret -y").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` not found
    hint: list the secrets: sealkit get secret
    ");
    insta::assert_snapshot!(home.run("create secret my_secret --value hunter4").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `my_secret` (version 5; earlier versions were deleted)
    ");
    insta::assert_snapshot!(home.run("get secret my_secret --history").unwrap(), @"
    exit code 0
    -- stdout
    NAME       TYPE     VERSION  CREATED               GUARD
    my_secret  generic  5        2026-01-01T00:00:00Z  full
    my_secret  deleted  4        2026-01-01T00:00:00Z
    ");
    insta::assert_snapshot!(home.run("verify store").unwrap(), @"
    exit code 0
    -- stderr
    The store `~/.local/share/sealkit/secrets` is intact
    ");
}

#[test]
fn a_hint_for_a_missing_secret_fits_the_command() {
    let home = home_with_a_secret();
    let mut all = String::new();
    for line in [
        "get secret my_secrt",
        "delete secret my_secrt -y",
        "update secret my_secrt --value v",
        "get secret other",
        "delete secret other -y",
        "update secret other --value v",
        "delete secret my_secret --group g -y",
    ] {
        let finished = home.run(line).unwrap();
        assert_eq!(finished.code, Some(1), "{finished}");
        all.extend(["$ sealkit ", line, "\n", &finished.stderr]);
    }
    insta::assert_snapshot!(all, @"
    $ sealkit get secret my_secrt
    error: secret `my_secrt` not found
    hint: did you mean `my_secret`?
    $ sealkit delete secret my_secrt -y
    error: secret `my_secrt` not found
    hint: did you mean `my_secret`?
    $ sealkit update secret my_secrt --value v
    error: secret `my_secrt` not found
    hint: did you mean `my_secret`? otherwise create it: sealkit create secret my_secrt
    $ sealkit get secret other
    error: secret `other` not found
    hint: list the secrets: sealkit get secret
    $ sealkit delete secret other -y
    error: secret `other` not found
    hint: list the secrets: sealkit get secret
    $ sealkit update secret other --value v
    error: secret `other` not found
    hint: create it: sealkit create secret other
    $ sealkit delete secret my_secret --group g -y
    error: secret `g/my_secret` not found
    hint: did you mean `my_secret`?
    ");
}

#[test]
fn a_program_finds_a_created_secret() {
    let home = home_with_a_secret();
    let using_secrets = home.program(env!("CARGO_BIN_EXE_example_using_secrets")).run().unwrap();
    insta::assert_snapshot!(using_secrets, @"
    exit code 0
    -- stdout
    7
    ");
    let certificate = home.path().join("cert.pem");
    fs::write(&certificate, [0xff; 1000]).unwrap();
    home.run(&format!("create secret my_file_secret -f {}", certificate.display())).unwrap();
    let using_a_file = home.program(env!("CARGO_BIN_EXE_example_using_secrets_file")).run().unwrap();
    insta::assert_snapshot!(using_a_file, @"
    exit code 0
    -- stdout
    1000
    -- stderr
    warning: secret `my_file_secret` repeats one character: outputs, errors and logs are not searched for it
    ");
}

#[test]
fn secrets_are_listed_without_their_values() {
    let home = home();
    insta::assert_snapshot!(home.run("get secret").unwrap(), @"
    exit code 0
    -- stderr
    No secrets found
    hint: create one: sealkit create secret NAME
    ");
    insta::assert_snapshot!(home.run("get secret -o json").unwrap(), @"
    exit code 0
    -- stdout
    []
    ");
    insta::assert_snapshot!(home.run("get secret my_secret").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` not found
    hint: list the secrets: sealkit get secret
    ");
    for line in [
        "my_secret",
        "password --group db --domain development",
        "password --group db --domain development --project flytesnacks",
        "registry --type image-pull",
    ] {
        let created = home.run(&format!("create secret {line} --value hunter2")).unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    insta::assert_snapshot!(home.run("get secret").unwrap(), @"
    exit code 0
    -- stdout
    NAME       GROUP  DOMAIN       PROJECT      TYPE        VERSION  CREATED
    my_secret                                   generic     1        2026-01-01T00:00:00Z
    registry                                    image-pull  1        2026-01-01T00:00:00Z
    password   db     development               generic     1        2026-01-01T00:00:00Z
    password   db     development  flytesnacks  generic     1        2026-01-01T00:00:00Z
    ");
    insta::assert_snapshot!(home.run("get secret --domain development").unwrap(), @"
    exit code 0
    -- stdout
    NAME      GROUP  DOMAIN       TYPE     VERSION  CREATED
    password  db     development  generic  1        2026-01-01T00:00:00Z
    ");
    insta::assert_snapshot!(home.run("get secret password --group db -o json").unwrap(), @r#"
    exit code 0
    -- stdout
    [
      {
        "name": "password",
        "group": "db",
        "domain": "development",
        "project": null,
        "type": "generic",
        "version": 1,
        "created": "2026-01-01T00:00:00Z",
        "guard": "full"
      },
      {
        "name": "password",
        "group": "db",
        "domain": "development",
        "project": "flytesnacks",
        "type": "generic",
        "version": 1,
        "created": "2026-01-01T00:00:00Z",
        "guard": "full"
      }
    ]
    "#);
    insta::assert_snapshot!(home.run("get secrets -o name").unwrap(), @"
    exit code 0
    -- stdout
    my_secret
    registry
    db/password
    db/password
    ");
    insta::assert_snapshot!(home.run("get secret password").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `password` not found
    hint: did you mean `password --group db --domain development`?
    ");
    insta::assert_snapshot!(home.run("get secret my_secrt").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secrt` not found
    hint: did you mean `my_secret`?
    ");
}

#[test]
fn names_are_valid_on_a_cluster_too() {
    let home = home_with_a_secret();
    insta::assert_snapshot!(home.run("create secret My_Secret --value v").unwrap(), @"
    exit code 2
    -- stderr
    error: the name of secret `My_Secret` differs from `my_secret` only in case
    hint: choose another name, or delete the other secret first: sealkit delete secret my_secret
    ");
    insta::assert_snapshot!(home.run("create secret my-secret --value v").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `my-secret` (version 1)
    warning: secret `my-secret` is too short (1 byte): outputs, errors and logs are not searched for it
    note: `my-secret` and `my_secret` have the same environment variable on Flyte 2: a task that requests both must set `env_var` for one of them
    ");
    insta::assert_snapshot!(home.run("create secret --value v -- -dash").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `-dash` (version 1)
    warning: secret `-dash` is too short (1 byte): outputs, errors and logs are not searched for it
    ");
    insta::assert_snapshot!(home.run("create secret -- -dash").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `-dash` already exists
    hint: give it a new value: sealkit update secret -- -dash
    ");
    let long = "k".repeat(128);
    assert_eq!(home.run(&format!("create secret {long} --value v")).unwrap().code, Some(0));
    assert_eq!(home.run(&format!("create secret {long}k --value v")).unwrap().code, Some(2));
}

#[test]
fn a_store_that_is_readable_by_others_is_refused_with_the_command_that_fixes_it() {
    let home = home_with_a_secret();
    let store = home.store_paths().directory().to_owned();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o755)).unwrap();
    insta::assert_snapshot!(home.run("get secret").unwrap(), @"
    exit code 1
    -- stderr
    error: `~/.local/share/sealkit/secrets` is accessible to other users
    hint: restrict its mode: chmod 700 ~/.local/share/sealkit/secrets
    ");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o700)).unwrap();

    let key = home.store_paths().key_file().to_owned();
    fs::rename(&key, key.with_extension("away")).unwrap();
    insta::assert_snapshot!(home.run("create secret other --value v").unwrap(), @"
    exit code 1
    -- stderr
    error: the key of the store, `~/.config/sealkit/key`, is missing
    hint: restore it from a backup, or set SEALKIT_KEY_FILE to its path; without the key the values are lost, and you can start a new store after: mv ~/.local/share/sealkit/secrets ~/.local/share/sealkit/secrets.lost
    ");
    assert_eq!(home.run("get secret -o name").unwrap().stdout, "my_secret\n", "a list needs no key");
    let with_key =
        home.sealkit("update secret my_secret --value v").env("SEALKIT_KEY_FILE", key.with_extension("away"));
    assert_eq!(with_key.run().unwrap().code, Some(0));
}

#[test]
fn a_corrupt_file_is_reported() {
    let home = home_with_a_secret();
    let shard =
        fs::read_dir(home.store_paths().directory().join("_")).unwrap().next().unwrap().unwrap().path();
    let record = fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&record).unwrap();
    bytes[100] ^= 1;
    fs::write(&record, &bytes).unwrap();
    let mask_record = |text: String| text.replace(&*record.file_name().unwrap().to_string_lossy(), "RECORD");
    insta::assert_snapshot!(mask_record(home.run("verify store").unwrap().to_string()), @"
    exit code 1
    -- stderr
    error: `~/.local/share/sealkit/secrets/_/2c/RECORD`: the file of secret `my_secret` was modified, or belongs to another secret or store
    hint: restore `~/.local/share/sealkit/secrets/_/2c/RECORD` from a backup, or delete the secret and create it again
    error: 1 file cannot be used
    ");
    let using_secrets = home.program(env!("CARGO_BIN_EXE_example_using_secrets")).run().unwrap();
    insta::assert_snapshot!(mask_record(home.normalize(&using_secrets.to_string())), @"
    exit code 1
    -- stderr
    error: task `main` failed: task `t1` failed: the file of secret `my_secret` was modified, or belongs to another secret or store
    hint: restore `~/.local/share/sealkit/secrets/_/2c/RECORD` from a backup, or delete the secret and create it again
    ");
}
