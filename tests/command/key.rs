//! The key of the store and its passphrase.

use std::{fs, os::unix::fs::PermissionsExt as _};

use support::Terminal;

use crate::home;

#[test]
fn the_first_secret_creates_the_key_with_a_note() {
    let home = home();
    insta::assert_snapshot!(home.run("create secret first --value correct-horse").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `first` (version 1)
    note: created the key `~/.config/sealkit/key`; without it the secrets cannot be read: back it up apart from the store
    ");
    assert!(home.store_paths().key_file().exists());
    insta::assert_snapshot!(home.run("create secret second --value correct-horse").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `second` (version 1)
    ");

    // The key of another file, which existed before the store.
    let other = self::home();
    let with_key = other.sealkit("create secret first --value correct-horse");
    let created = with_key.env("SEALKIT_KEY_FILE", home.store_paths().key_file()).run().unwrap();
    assert_eq!(created.to_string(), "exit code 0\n-- stderr\nCreated secret `first` (version 1)\n");
}

#[test]
fn a_passphrase_file_that_others_can_read_is_refused() {
    let home = home();
    home.run("create secret my_secret --value correct-horse").unwrap();
    let file = home.path().join("passphrase");
    fs::write(&file, "battery staple\n").unwrap();
    let set_mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let update_key = format!("update key --passphrase-file {}", file.display());
    let update_secret = || {
        let program = home.sealkit("update secret my_secret --value correct-horse");
        let finished = program.env("SEALKIT_PASSPHRASE_FILE", &file).run().unwrap();
        home.normalize(&finished.to_string())
    };

    set_mode(0o644);
    insta::assert_snapshot!(home.run(&update_key).unwrap(), @"
    exit code 1
    -- stderr
    error: the passphrase file `~/passphrase` is accessible to other users
    hint: restrict its mode: chmod 600 ~/passphrase
    ");
    set_mode(0o600);
    insta::assert_snapshot!(home.run(&update_key).unwrap(), @"
    exit code 0
    -- stderr
    Set the passphrase of the key `~/.config/sealkit/key`
    note: without the passphrase the secrets cannot be read: store it in a safe place
    ");
    insta::assert_snapshot!(update_secret(), @"
    exit code 0
    -- stderr
    Updated secret `my_secret` (version 2)
    ");
    set_mode(0o640);
    insta::assert_snapshot!(update_secret(), @"
    exit code 1
    -- stderr
    error: the passphrase file `~/passphrase` is accessible to other users
    hint: restrict its mode: chmod 600 ~/passphrase
    ");
}

#[test]
fn a_passphrase_needs_a_terminal_or_a_file() {
    let home = home();
    home.run("create secret my_secret --value correct-horse").unwrap();
    insta::assert_snapshot!(home.run("update key").unwrap(), @"
    exit code 2
    -- stderr
    error: cannot ask for a passphrase: standard input is not a terminal
    hint: read it from a file: sealkit update key --passphrase-file PATH
    ");
    insta::assert_snapshot!(home.run("update key --passphrase-file missing").unwrap(), @"
    exit code 1
    -- stderr
    error: the passphrase file `missing` cannot be read: No such file or directory
    ");
    insta::assert_snapshot!(home.run("update key --remove-passphrase").unwrap(), @"
    exit code 0
    -- stderr
    Removed the passphrase of the key `~/.config/sealkit/key`
    ");
}

#[test]
fn different_passphrases_change_nothing() {
    let home = home();
    home.run("create secret my_secret --value correct-horse").unwrap();
    let before = fs::read(home.store_paths().key_file()).unwrap();
    let environment = [("HOME", home.path().to_str().unwrap())];
    let mut terminal = Terminal::start(home.command(), ["update", "key"], &environment, 100).unwrap();
    terminal.until("Enter new passphrase: ").unwrap();
    terminal.send("battery\n").unwrap();
    terminal.until("Repeat new passphrase: ").unwrap();
    terminal.send("staple\n").unwrap();
    let (code, seen, echoes) = terminal.finish().unwrap();
    assert_eq!((code, echoes), (Some(1), true), "{seen}");
    assert!(seen.ends_with("error: the passphrases differ; the key was not changed\n"), "{seen}");
    assert_eq!(fs::read(home.store_paths().key_file()).unwrap(), before);
}
