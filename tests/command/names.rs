//! Names and values that are easy to get wrong, and the import of many.

use std::fs;

use sealkit_store::{Scope, SecretId, Store};

use crate::home;

#[test]
fn all_secrets_of_an_env_file_are_created_or_none() {
    let home = home();
    let file = home.path().join("team.env");
    let import = |content: &str| {
        fs::write(&file, content).unwrap();
        let finished = home.sealkit("create secret --group app --from-env-file").arg(&file).run().unwrap();
        home.normalize(&finished.to_string())
    };
    insta::assert_snapshot!(import("# the team\nexport API_TOKEN=k3Jq-71xT/w\nPASSWORD='two words' # quoted\nPIN=47\n"), @"
    exit code 0
    -- stderr
    Created 3 secrets: API_TOKEN, PASSWORD, PIN
    warning: secret `app/PIN` is too short (2 bytes): outputs, errors and logs are not searched for it
    note: created the key `~/.config/sealkit/key`; without it the secrets cannot be read: back it up apart from the store
    ");
    // None of these changes anything.
    for (content, reason) in [
        (
            "NEW=k3Jq-71xT\nAPI_TOKEN=k3Jq-72xT\nPIN=4\n",
            "no secret was created: API_TOKEN, PIN exist already",
        ),
        ("NEW=k3Jq-71xT\nnew=k3Jq-72xT\n", "the names `NEW` and `new` in `~/team.env` differ only in case"),
        ("NEW=k3Jq-71xT\nNEW=k3Jq-72xT\n", "`~/team.env` has two lines for `NEW`"),
        ("NEW=k3Jq-71xT\nOTHER=\n", "the value of `OTHER` in `~/team.env` is empty"),
        ("NEW=k3Jq-71xT\nsome.name=k3Jq-72xT\n", "`some.name` contains `.`"),
        (
            "NEW=k3Jq-71xT\nk3Jq-72xT\n",
            "cannot read `--from-env-file ~/team.env`: line 2 is not `NAME=VALUE`",
        ),
        ("NEW=k3Jq-71xT\npin=4711\n", "the name of secret `app/pin` differs from `app/PIN` only in case"),
        ("# nothing\n", "`~/team.env` has no line `NAME=VALUE`"),
    ] {
        let output = import(content);
        assert!(output.contains(reason), "{content}: {output}");
        assert!(!output.contains("k3Jq"), "{output}");
        let listed = home.sealkit("get secret -o name").run().unwrap().stdout;
        assert_eq!(listed, "app/API_TOKEN\napp/PASSWORD\napp/PIN\n", "{content}");
    }
    let store = Store::open(&home.store_paths()).unwrap().unwrap();
    let stored = store.get(&SecretId::new(Scope::Global, Some("app"), "PASSWORD").unwrap()).unwrap().unwrap();
    assert_eq!(&**stored.value, b"two words");
}

#[test]
fn the_hint_for_a_name_in_another_case_is_a_command_that_works() {
    let home = home();
    let program = env!("CARGO_BIN_EXE_example_using_secrets");
    assert_eq!(home.sealkit("create secret MY_SECRET -f -").input("k3Jq-71xT").run().unwrap().code, Some(0));
    let expected = "request `MY_SECRET`, which exists, or replace it: sealkit delete secret MY_SECRET; sealkit create secret my_secret";
    for line in [format!("run {program} main"), format!("describe {program} --check")] {
        let finished = home.sealkit(&line).run().unwrap();
        assert!(finished.code == Some(1) && finished.to_string().contains(expected), "{line}: {finished}");
    }
    let finished = home.program(program).run().unwrap();
    assert!(finished.code == Some(1) && finished.to_string().contains(expected), "{finished}");
    let finished = home.sealkit("create secret my_secret -f -").input("k3Jq-72xT").run().unwrap();
    assert!(
        finished.stderr.contains("delete the other secret first: sealkit delete secret MY_SECRET\n"),
        "{finished}"
    );
    assert_eq!(home.sealkit("delete secret MY_SECRET -y").run().unwrap().code, Some(0));
    assert_eq!(home.sealkit("create secret my_secret -f -").input("k3Jq-72xT").run().unwrap().code, Some(0));
    assert_eq!(home.program(program).run().unwrap().stdout, "9\n");
}

#[test]
fn an_invisible_character_of_a_value_is_named() {
    let home = home();
    let created = home.sealkit("create secret token -f -").input("\u{feff}k3Jq-71xT").run().unwrap();
    let note = "note: the value contains an invisible character (a byte order mark, U+FEFF), which is often copied by mistake, and is a part \
                of the value\n";
    assert!(created.code == Some(0) && created.stderr.contains(note), "{created}");
    let updated = home.sealkit("update secret token -f -").input("k3Jq-71xT\n").run().unwrap();
    assert!(!updated.stderr.contains("invisible"), "{updated}");
}
