//! A run finds what tasks find in process: in providers of the program, in variables and in mounted files.

use std::fs;
use support::runs::Runs;

use support::{Finished, Home, runs::SECRET};

use crate::{home, without_secrets};

const OWN_PROVIDER: &str = env!("CARGO_BIN_EXE_example_own_provider");

#[test]
fn the_providers_of_a_program_are_asked_for_secrets_that_the_store_lacks() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let run = |task: &str| home.sealkit("run").arg(OWN_PROVIDER).arg(task).run().unwrap();
    // Both reads of the task see the value that was mounted.
    let found = run("report");
    assert_eq!((found.code, &*found.stdout), (Some(0), "false\n"), "{found}");
    let sealed = run("sealed");
    assert_eq!(sealed.code, Some(1), "{sealed}");
    assert!(
        sealed.stderr.contains("the vault is sealed") && sealed.stderr.contains("vault operator unseal"),
        "{sealed}"
    );
    let missing = run("elsewhere");
    assert!(
        missing.stderr.contains("secret `elsewhere/api_key` (task `elsewhere`) was not found"),
        "{missing}"
    );
    let checked = home.sealkit("describe --check").arg(OWN_PROVIDER).arg("report").run().unwrap();
    assert_eq!(checked.code, Some(0), "{checked}");
    assert!(checked.stdout.contains("database/orders as ANY: found by the program"), "{checked}");
    // The store comes first.
    let created =
        home.sealkit("create secret orders --group database -f -").input("from the store").run().unwrap();
    assert_eq!(created.code, Some(0), "{created}");
    let checked = home.sealkit("describe --check").arg(OWN_PROVIDER).arg("report").run().unwrap();
    assert!(checked.stdout.contains("from the store"), "{checked}");
}

/// Checks that `t1` has its secret, and no other task.
fn check(finished: &Finished, place: &str) {
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "17\n"), "{place}: {finished}");
    assert!(finished.stderr.contains("t1 started with my_secret"), "{place}: {finished}");
    assert!(!finished.to_string().contains(SECRET), "{place}");
}

#[test]
fn variables_and_mounted_files_are_found_as_in_process() {
    let runs = without_secrets();
    for variable in ["MY_SECRET", "_FSEC_MY_SECRET", "_UNION_MY_SECRET"] {
        check(&runs.program("").arg("t1").env(variable, SECRET).run().unwrap(), variable);
    }
    check(
        &runs.program("").arg("calls_t1_undeclared").env("MY_SECRET", SECRET).run().unwrap(),
        "a called task",
    );
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("my_secret"), SECRET).unwrap();
    let mounted = |task: &str| {
        runs.program("").args(task).env("FLYTE_SECRETS_DEFAULT_DIR", directory.path()).run().unwrap()
    };
    check(&mounted("t1"), "FLYTE_SECRETS_DEFAULT_DIR");
    let invalid = runs.program("").arg("t1").env("FLYTE_SECRETS_DEFAULT_DIR", "relative").run().unwrap();
    assert_eq!(invalid.code, Some(1), "{invalid}");
    assert!(invalid.stderr.contains("FLYTE_SECRETS_DEFAULT_DIR"), "{invalid}");
    // A file of variables: secrets go to the tasks that request them, others to all.
    let file = directory.path().join(".env");
    fs::write(&file, format!("# local\nexport MY_SECRET='{SECRET}'\nHF_TOKEN=public\nMINE=\"1\"\n")).unwrap();
    let with_file = |task: &str| {
        let options = format!("--env-file {}", file.display());
        runs.program(&options).arg(task).env("PATH", "/usr/bin:/bin").run().unwrap()
    };
    check(&with_file("t1"), "--env-file");
    let names = with_file("surroundings");
    assert!(names.stdout.contains("\"MINE\"") && !names.stdout.contains("MY_SECRET"), "{names}");
    fs::write(&file, format!("A=b\nMY_SECRET={SECRET}\n{SECRET}\n")).unwrap();
    let malformed = with_file("t1");
    assert_eq!(malformed.code, Some(2), "{malformed}");
    assert!(
        malformed.stderr.contains("line 3 is not `NAME=VALUE`") && !malformed.to_string().contains(SECRET)
    );
    fs::write(&file, "FLYTE_INTERNAL_EXECUTION_ID=x\n").unwrap();
    assert!(with_file("t1").stderr.contains("Flyte and sealkit reserve it"));
    // The store and the command line come first.
    let other = "another value of the secret";
    let stored = home();
    check(&stored.program("").arg("t1").env("MY_SECRET", other).run().unwrap(), "store");
    let given = stored.program("--secret my_secret=env:GIVEN").arg("t1").env("GIVEN", other).run().unwrap();
    assert_eq!(given.stdout, format!("{}\n", other.len()), "{given}");
}

#[test]
fn a_group_may_be_an_arn_a_uri_or_a_path_that_the_store_cannot_hold() {
    let home = Runs::without_secrets(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_requests")).unwrap();
    let [arn, uri, path] = [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC123/password",
        "https://my-vault.vault.azure.net/secrets/db/uri_key",
        "secret/data/app/app",
    ];
    let finished = home.run("managed_elsewhere");
    let hint = format!(
        "hint: pass them to this run: --secret {arn}=env:PASSWORD --secret {uri}=env:URI_KEY --secret {path}=@PATH\n"
    );
    assert!(finished.code == Some(1) && finished.stderr.ends_with(&hint), "{finished}");
    let options = format!("--secret {arn}=env:PASSWORD --secret {uri}=env:URI_KEY --secret {path}=env:APP");
    let program = home.program(&options).args("managed_elsewhere");
    let program = program.env("PASSWORD", "k3Jq-71xT").env("URI_KEY", "k3Jq-72xTz").env("APP", "k3Jq-73xT-w");
    let finished = program.run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "[9,10,11]\n"), "{finished}");
    let created = home.home.sealkit("create secret k --group secret/data/app -f -").input("v").run().unwrap();
    let rule = "contains `/`: a group in the local store is 1 to 63 ASCII letters, digits, `-` or `_`";
    let hint = "hint: pass the secret to each run: sealkit run --secret secret/data/app/KEY=env:VARIABLE TARGET TASK\n";
    assert!(
        created.code == Some(2) && created.stderr.contains(rule) && created.stderr.ends_with(hint),
        "{created}"
    );
}
