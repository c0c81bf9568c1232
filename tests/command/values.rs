//! Values of secrets: their sources, their limits, and the notes about them.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
};

use support::Home;

/// A home directory with a store, so that no command creates the key.
fn home() -> Home {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let created = home.run("create secret first --value correct-horse").unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    home
}

#[test]
fn values_of_all_kinds_are_stored_byte_for_byte() {
    let home = home();
    let store = |key: &str, value: &[u8], options: &str| {
        let finished =
            home.sealkit(&format!("create secret {key} -f - {options}")).input(value).run().unwrap();
        let stored = home.stored(key).unwrap();
        assert_eq!(stored.is_some(), finished.code == Some(0), "{finished}");
        assert!(stored.is_none_or(|stored| stored == value), "{key}");
        finished
    };
    insta::assert_snapshot!(store("binary", b"\xff\x00\xfe", ""), @r#"
    exit code 0
    -- stderr
    Created secret `binary` (version 1)
    note: the value is not text: read it with `get_bytes("binary")`, or request it with `mount_requirement = FILE`
    warning: secret `binary` is too short (3 bytes): outputs, errors and logs are not searched for it
    "#);
    insta::assert_snapshot!(store("line", b"hunter2\n", ""), @"
    exit code 0
    -- stderr
    Created secret `line` (version 1)
    note: the value ends with a line break: `secrets().get` returns the value without it, `get_secrets_file` keeps it
    ");
    insta::assert_snapshot!(store("lines", b"correct horse\nbattery staple\n", ""), @"
    exit code 0
    -- stderr
    Created secret `lines` (version 1)
    ");
    insta::assert_snapshot!(store("spaces", b"  hunter2\t ", ""), @"
    exit code 0
    -- stderr
    Created secret `spaces` (version 1)
    note: the value starts or ends with white space: `secrets().get` returns the value without it, `get_secrets_file` keeps it
    ");
    insta::assert_snapshot!(store("empty", b"", ""), @"
    exit code 1
    -- stderr
    error: the value is empty
    hint: to accept it: sealkit create secret empty --allow-empty
    ");
    insta::assert_snapshot!(store("empty", b"", "--allow-empty"), @"
    exit code 0
    -- stderr
    Created secret `empty` (version 1)
    warning: secret `empty` is empty: outputs, errors and logs are not searched for it
    ");
    insta::assert_snapshot!(store("mebibyte", &vec![b'x'; 1 << 20], ""), @"
    exit code 0
    -- stderr
    Created secret `mebibyte` (version 1)
    note: the value is too large for an environment variable: request it with `mount_requirement = FILE`
    warning: secret `mebibyte` repeats one character: outputs, errors and logs are not searched for it
    ");
    insta::assert_snapshot!(store("larger", &vec![b'x'; (1 << 20) + 1], ""), @"
    exit code 1
    -- stderr
    error: the value is larger than 1 MiB
    hint: store the data elsewhere, and keep only its credentials or key in the secret
    ");
    // The same from a file.
    let path = home.path().join("value");
    fs::write(&path, vec![0xa5; 1 << 20]).unwrap();
    assert_eq!(home.run(&format!("create secret file -f {}", path.display())).unwrap().code, Some(0));
    assert_eq!(home.stored("file").unwrap().unwrap(), fs::read(&path).unwrap());
    fs::write(&path, vec![0xa5; (1 << 20) + 1]).unwrap();
    assert_eq!(
        home.run(&format!("create secret larger --from-file {}", path.display())).unwrap().code,
        Some(1)
    );
}

#[test]
fn only_regular_files_are_read_and_no_other_file_blocks() {
    let home = home();
    let path = |name: &str| home.path().join(name);
    fs::create_dir(path("directory")).unwrap();
    assert!(Command::new("mkfifo").arg(path("fifo")).status().unwrap().success());
    symlink(path("nowhere"), path("dangling")).unwrap();
    let run = |name: &str| {
        let line = format!("create secret k --value-file {}", path(name).display());
        home.run(&line).unwrap()
    };
    insta::assert_snapshot!(run("directory"), @"
    exit code 1
    -- stderr
    error: cannot read `~/directory`: it is a directory
    ");
    insta::assert_snapshot!(run("fifo"), @"
    exit code 1
    -- stderr
    error: cannot read `~/fifo`: it is not a regular file
    hint: read a pipe from standard input: … | sealkit create secret NAME -f -
    ");
    insta::assert_snapshot!(run("missing"), @"
    exit code 1
    -- stderr
    error: cannot read `~/missing`: No such file or directory
    ");
    insta::assert_snapshot!(run("dangling"), @"
    exit code 1
    -- stderr
    error: cannot read `~/dangling`: No such file or directory
    ");
    insta::assert_snapshot!(home.run("create secret k -f /dev/zero").unwrap(), @"
    exit code 1
    -- stderr
    error: cannot read `/dev/zero`: it is not a regular file
    hint: read a pipe from standard input: … | sealkit create secret NAME -f -
    ");
    fs::write(path("unreadable"), "hunter2").unwrap();
    fs::set_permissions(path("unreadable"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    if fs::read(path("unreadable")).is_err() {
        insta::assert_snapshot!(run("unreadable"), @"
        exit code 1
        -- stderr
        error: cannot read `~/unreadable`: Permission denied
        ");
    }
    assert_eq!(home.stored("k").unwrap(), None);
}
