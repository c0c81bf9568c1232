//! Command lines that are invalid: the errors name the mistake and never repeat a value.

use crate::home;

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
        // The existence of the secret is checked before its value.
        assert_eq!(finished.code, Some(if line == "update secret k hunter2" { 1 } else { 2 }), "{line}");
    }
}

#[test]
fn an_invalid_command_line_has_exit_code_2() {
    let home = home();
    insta::assert_snapshot!(home.run("create secret k").unwrap(), @"
    exit code 2
    -- stderr
    error: cannot prompt for the value: standard input is not a terminal
    hint: read the value from standard input: sealkit create secret k -f -
    ");
    insta::assert_snapshot!(home.run("create secret k hunter2").unwrap(), @"
    exit code 2
    -- stderr
    error: the value cannot be an argument
    hint: leave it out to be prompted for it, or read it from a file: sealkit create secret k -f PATH
    ");
    insta::assert_snapshot!(home.run("create secret a.b --value v").unwrap(), @"
    exit code 2
    -- stderr
    error: `a.b` contains `.`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`
    ");
    insta::assert_snapshot!(home.run("create secret k --value v --project p").unwrap(), @"
    exit code 2
    -- stderr
    error: `--project` requires `--domain`
    ");
}

#[test]
fn a_cluster_option_requires_remote() {
    let home = home();
    for (line, option) in [
        ("create secret x --config config.yaml -f -", "config"),
        ("create secret x --endpoint localhost:1 -f -", "endpoint"),
        ("update secret x --auth-type pkce -f -", "auth-type"),
        ("delete secret x -y --org acme", "org"),
        ("get secret --insecure", "insecure"),
        ("run --image app:1 src/main.rs main", "image"),
        ("run --cpu 2 src/main.rs main", "cpu"),
        ("run --detach src/main.rs main", "detach"),
    ] {
        let finished = home.run(line).unwrap();
        let expected = format!("exit code 2\n-- stderr\nerror: `--{option}` requires `--remote`\n");
        assert_eq!(finished.to_string(), expected, "{line}");
    }
    assert!(home.stored("x").unwrap().is_none());
}
