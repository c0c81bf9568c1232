//! The `sealkit` command as it looks from a shell: messages, hints and exit codes.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
};

use support::Home;

fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}

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
    ");
    insta::assert_snapshot!(home.run("create secret my_secret --value hunter3").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` exists already
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
    Updated secret `my_secret` (version 3)
    ");
    assert_eq!(home.stored("my_secret").unwrap().as_deref(), Some(&b"hunter2"[..]));
    insta::assert_snapshot!(home.run("update secret my_secret --restore 9").unwrap(), @"
    exit code 1
    -- stderr
    error: secret `my_secret` has no version 9
    hint: see which it has: sealkit get secret my_secret --history
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret").unwrap(), @"
    exit code 2
    -- stderr
    error: nobody can be asked whether it is meant: standard input is not a terminal
    hint: if it is: sealkit delete secret my_secret -y
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret -y").unwrap(), @"
    exit code 0
    -- stderr
    Deleted secret `my_secret`
    ");
    insta::assert_snapshot!(home.run("delete secret my_secret -y").unwrap(), @"
    exit code 1
    -- stderr
    error: there is no secret `my_secret`
    hint: create it: sealkit create secret my_secret
    ");
    insta::assert_snapshot!(home.run("verify store").unwrap(), @"
    exit code 0
    -- stderr
    The store `~/.local/share/sealkit/secrets` is whole
    ");
}

#[test]
fn what_was_created_is_found_by_a_program() {
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
    hint: sealkit create secret NAME
    ");
    insta::assert_snapshot!(home.run("get secret -o json").unwrap(), @"
    exit code 0
    -- stdout
    []
    ");
    insta::assert_snapshot!(home.run("get secret my_secret").unwrap(), @"
    exit code 1
    -- stderr
    error: there is no secret `my_secret`
    hint: create it: sealkit create secret my_secret
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
    error: there is no secret `password`
    hint: did you mean `password --group db --domain development`? To create it: sealkit create secret password
    ");
    insta::assert_snapshot!(home.run("get secret my_secrt").unwrap(), @"
    exit code 1
    -- stderr
    error: there is no secret `my_secrt`
    hint: did you mean `my_secret`? To create it: sealkit create secret my_secrt
    ");
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
    note: the value is not text: tasks read it with `get_bytes("binary")`, or request it with `mount_requirement = FILE`
    warning: secret `binary` is too short (3 bytes): outputs, errors and logs are not searched for it
    "#);
    insta::assert_snapshot!(store("line", b"hunter2\n", ""), @"
    exit code 0
    -- stderr
    Created secret `line` (version 1)
    note: the value ends with a line break, which is kept; `get` gives it without
    ");
    insta::assert_snapshot!(store("spaces", b"  hunter2\t ", ""), @"
    exit code 0
    -- stderr
    Created secret `spaces` (version 1)
    note: the value has white space around it, which is kept; `get` gives it without
    ");
    insta::assert_snapshot!(store("empty", b"", ""), @"
    exit code 1
    -- stderr
    error: the value is empty
    hint: if that is meant: sealkit create secret empty --allow-empty
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
    note: the value is too large for an environment variable: request it as a file
    warning: secret `mebibyte` repeats one character: outputs, errors and logs are not searched for it
    ");
    insta::assert_snapshot!(store("larger", &vec![b'x'; (1 << 20) + 1], ""), @"
    exit code 1
    -- stderr
    error: the value is larger than 1 MiB
    hint: a cluster takes no larger one: keep the data elsewhere, and a key to it here
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
fn what_is_no_file_to_read_is_named_and_never_waited_for() {
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
    error: `~/directory` is a directory
    ");
    insta::assert_snapshot!(run("fifo"), @"
    exit code 1
    -- stderr
    error: `~/fifo` is not a regular file
    hint: for a pipe, read standard input: … | sealkit create secret NAME -f -
    ");
    insta::assert_snapshot!(run("missing"), @"
    exit code 1
    -- stderr
    error: `~/missing` cannot be read: No such file or directory
    ");
    insta::assert_snapshot!(run("dangling"), @"
    exit code 1
    -- stderr
    error: `~/dangling` cannot be read: No such file or directory
    ");
    insta::assert_snapshot!(home.run("create secret k -f /dev/zero").unwrap(), @"
    exit code 1
    -- stderr
    error: `/dev/zero` is not a regular file
    hint: for a pipe, read standard input: … | sealkit create secret NAME -f -
    ");
    fs::write(path("unreadable"), "hunter2").unwrap();
    fs::set_permissions(path("unreadable"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    if fs::read(path("unreadable")).is_err() {
        insta::assert_snapshot!(run("unreadable"), @"
        exit code 1
        -- stderr
        error: `~/unreadable` cannot be read: Permission denied
        ");
    }
    assert_eq!(home.stored("k").unwrap(), None);
}

#[test]
fn a_value_is_never_repeated_in_an_error() {
    let home = home();
    for line in [
        "create secret k hunter2",
        "create secret k -- hunter2",
        "create secret k --value hunter2 -f x",
        "create secret k --value hunter2 --value hunter2",
        "create secret k --value hunter2 --project p",
        "create secret k --value hunter2 --group a/b",
        "create secret k --value=hunter2 --type x",
        "create secret a.b --value hunter2",
        "create secrt k --value hunter2",
        "create secret k --vale hunter2",
        "create secret k --vale=hunter2",
        "update secret k hunter2",
        "update secret k --value hunter2 --restore 1",
    ] {
        let finished = home.run(line).unwrap();
        assert!(!finished.to_string().contains("hunter2"), "{line}: {finished}");
        // The second one is told that there is no secret to be updated.
        assert_eq!(finished.code, Some(if line == "update secret k hunter2" { 1 } else { 2 }), "{line}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let home = home();
    insta::assert_snapshot!(home.run("create secret k").unwrap(), @"
    exit code 2
    -- stderr
    error: no value: standard input is not a terminal
    hint: read the value from there: sealkit create secret k -f -
    ");
    insta::assert_snapshot!(home.run("create secret k hunter2").unwrap(), @"
    exit code 2
    -- stderr
    error: a value is not an argument
    hint: leave it out to be asked for it, or read it from a file: sealkit create secret k -f PATH
    ");
    insta::assert_snapshot!(home.run("create secret a.b --value v").unwrap(), @"
    exit code 2
    -- stderr
    error: `a.b` contains `.`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`
    ");
    insta::assert_snapshot!(home.run("create secret k --value v --project p").unwrap(), @"
    exit code 2
    -- stderr
    error: the following required arguments were not provided:
      --domain <DOMAIN>

    Usage: sealkit create secret --domain <DOMAIN> --value <VALUE> --project <PROJECT> <NAME>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(home.run("creat secret k").unwrap(), @"
    exit code 2
    -- stderr
    error: unrecognized subcommand 'creat'

      tip: a similar subcommand exists: 'create'

    Usage: sealkit <COMMAND>

    For more information, try '--help'.
    ");
    assert_eq!(home.run("").unwrap().code, Some(2));
}

#[test]
fn names_are_what_a_cluster_takes_too() {
    let home = home_with_a_secret();
    insta::assert_snapshot!(home.run("create secret My_Secret --value v").unwrap(), @"
    exit code 2
    -- stderr
    error: the name of secret `My_Secret` differs from `my_secret` only in case
    hint: choose another name
    ");
    insta::assert_snapshot!(home.run("create secret my-secret --value v").unwrap(), @"
    exit code 0
    -- stderr
    Created secret `my-secret` (version 1)
    warning: secret `my-secret` is too short (1 byte): outputs, errors and logs are not searched for it
    note: `my-secret` and `my_secret` are one variable on Flyte 2: no task can request both unless one has an `env_var`
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
    error: secret `-dash` exists already
    hint: give it a new value: sealkit update secret -- -dash
    ");
    let long = "k".repeat(128);
    assert_eq!(home.run(&format!("create secret {long} --value v")).unwrap().code, Some(0));
    assert_eq!(home.run(&format!("create secret {long}k --value v")).unwrap().code, Some(2));
}

#[test]
fn a_store_that_others_can_read_is_refused_with_the_command_that_closes_it() {
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
fn damage_is_found_and_named() {
    let home = home_with_a_secret();
    let shard =
        fs::read_dir(home.store_paths().directory().join("_")).unwrap().next().unwrap().unwrap().path();
    let record = fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&record).unwrap();
    bytes[100] ^= 1;
    fs::write(&record, &bytes).unwrap();
    let shown = |text: String| text.replace(&*record.file_name().unwrap().to_string_lossy(), "RECORD");
    insta::assert_snapshot!(shown(home.run("verify store").unwrap().to_string()), @"
    exit code 1
    -- stderr
    error: `~/.local/share/sealkit/secrets/_/2c/RECORD`: the file of secret `my_secret` was modified, or belongs to another secret or store
    error: 1 file is damaged
    ");
    let using_secrets = home.program(env!("CARGO_BIN_EXE_example_using_secrets")).run().unwrap();
    insta::assert_snapshot!(shown(home.normalize(&using_secrets.to_string())), @"
    exit code 1
    -- stderr
    error: task `main` failed: the file of secret `my_secret` was modified, or belongs to another secret or store
    hint: restore `~/.local/share/sealkit/secrets/_/2c/RECORD` from a backup, or delete the secret and create it again
    ");
}

#[test]
fn every_verb_has_help_with_examples_and_a_man_page() {
    let home = home();
    let pages = home.path().join("man");
    assert_eq!(home.run(&format!("man {}", pages.display())).unwrap().code, Some(0));
    let verbs = [
        "",
        "create",
        "create secret",
        "get",
        "get secret",
        "update",
        "update secret",
        "update key",
        "delete",
        "delete secret",
        "verify",
        "verify store",
        "run",
        "deploy",
        "describe",
        "completions",
        "man",
    ];
    for verb in verbs {
        let help = home.run(&format!("{verb} --help")).unwrap();
        assert_eq!(help.code, Some(0));
        let (_, examples) = help.stdout.split_once("\nExamples:\n").unwrap();
        assert!(examples.contains(&format!("sealkit {verb}")), "{verb}: {help}");
        let name = format!("sealkit {verb}").trim_end().replace(' ', "-");
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains("Examples:"), "{name}");
    }
    assert_eq!(fs::read_dir(pages).unwrap().count(), verbs.len());
    assert_eq!(home.run("--version").unwrap().stdout, format!("sealkit {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_about_a_cluster_is_nothing_for_this_machine() {
    let home = home();
    for line in [
        "create secret x --endpoint localhost:1 -f -",
        "delete secret x -y --org acme",
        "get secret --insecure",
    ] {
        let finished = home.run(line).unwrap();
        assert!(
            finished.code == Some(2)
                && finished.stderr.contains("hint: to do it on the cluster, add --remote"),
            "{finished}"
        );
    }
    assert!(home.stored("x").unwrap().is_none());
    let finished = home.run("run --image app:1 src/main.rs main").unwrap();
    insta::assert_snapshot!(finished, @r#"
    exit code 2
    -- stderr
    error: `--image` is about a cluster, and this is not
    hint: to do it on the cluster, add --remote
    "#);
}
