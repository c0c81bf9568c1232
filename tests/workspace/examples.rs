//! The examples, each run as a user runs it.

use std::{fs, path::Path};

use support::Program;

#[test]
fn quickstart_gives_the_tour_without_any_setup() {
    let finished = Program::new(env!("CARGO_BIN_EXE_example_quickstart")).run().unwrap();
    assert!(!finished.to_string().contains("correct horse"), "{finished}");
    insta::assert_snapshot!(finished, @r#"
    exit code 0
    -- stdout
    1. A task gets the secrets that it declares, as a value or as a file:

       t1 got SecretValue([REDACTED]); expose() gives access to its 28 bytes
       t2 got the file …/my_file_secret
       the workflow returned 56

    2. It gets no others, although the file is in the same directory:

       secret `payroll` is not declared by task `nosy`, which declares `my_secret`: add `Secret(key = "payroll")` to its `secret_requests`

    3. A misspelled key gets a suggestion. Written as a literal, it does not compile:

       secret `my_secrt` is not declared by task `nosy`: did you mean `my_secret`?

    4. The declaration of a task is data, available without running it:

       {
         "name": "t2",
         "module": "example_quickstart",
         "kind": "task",
         "docs": "Passes a key file to a library.",
         "secret_requests": [
           {
             "key": "my_file_secret",
             "mount_requirement": "FILE",
             "group": "certificates"
           }
         ],
         "interface": {
           "inputs": [
             {
               "name": "rows",
               "type": "integer"
             }
           ],
           "outputs": [
             {
               "name": "o0",
               "type": "integer"
             }
           ]
         }
       }

    5. `sealkit run` starts a process for each task, with the secrets of that task only:

       main starts with secrets []
       t1 starts with secrets ["my_secret"]
       t1 got SecretValue([REDACTED]); expose() gives access to its 28 bytes
       t2 starts with secrets ["certificates/my_file_secret"]
       t2 got the file …/my_file_secret
       the workflow returned 56

    Next, with your own secret:

       cargo sealkit create secret my_secret
       cargo sealkit run examples/using_secrets.rs main
    "#);
}

#[test]
fn using_secrets_reads_its_secret() {
    let program = || Program::new(env!("CARGO_BIN_EXE_example_using_secrets")).args("run main");
    insta::assert_snapshot!(program().env("MY_SECRET", "hunter2").run().unwrap(), @"
    exit code 0
    -- stdout
    7
    ");
    assert_eq!(program().run().unwrap().code, Some(1));
}

#[test]
fn using_secrets_file_reads_its_file() {
    let mounts = tempfile::tempdir().unwrap();
    fs::write(mounts.path().join("my_file_secret"), "a certificate\n").unwrap();
    let program = Program::new(env!("CARGO_BIN_EXE_example_using_secrets_file")).args("run main");
    let finished = program.env("FLYTE_SECRETS_DEFAULT_DIR", mounts.path()).run().unwrap();
    insta::assert_snapshot!(finished, @"
    exit code 0
    -- stdout
    14
    ");
}

#[test]
fn refused_leak_shows_what_is_refused_and_redacted() {
    let finished = Program::new(env!("CARGO_BIN_EXE_example_refused_leak")).run().unwrap();
    assert!(!finished.to_string().contains("71xT"), "{finished}");
    insta::assert_snapshot!(finished, @r#"
    exit code 0
    -- stdout
    1. An output that holds a secret is refused, also an encoded one:

       output `o0` of task `address` contains secret `db/password` (percent-encoded, at byte 15 of 49)
       hint: return what was made with the secret, not the secret; to allow it, add to task `address`: allow_secret_in(output = "o0", secret = "db/password", because = "...")

    2. An input of another task is refused too:

       input `report` from task `report` to task `send` contains secret `db/password` (in plain text, at byte 16 of 30)
       hint: request the secret in task `send` instead; to allow it, add to task `report`: allow_secret_in(input = "send.report", secret = "db/password", because = "...")

    3. An error is redacted, with its causes:

       authentication failed for app:[REDACTED:db/password]

    4. A result that does not hold the secret is accepted:

       13000 rows

    5. An exception is declared with a reason, which `describe` shows:

       47 bytes

    6. The same guard redacts your own text:

       db.password=[REDACTED:db/password] [REDACTED:db/password]
    "#);
}

#[test]
fn typed_inputs_plans_a_copy() {
    let program = || {
        Program::new(env!("CARGO_BIN_EXE_example_typed_inputs")).args("run plan --mode Full --timeout 90s")
    };
    let finished = program().args(r#"--tables ["users","orders"] --limits {"users":10}"#).run().unwrap();
    insta::assert_snapshot!(finished, @r#"
    exit code 0
    -- stdout
    [{"table":"users","rows":10,"time":"45s"},{"table":"orders","rows":null,"time":"45s"}]
    "#);
    insta::assert_snapshot!(program().args("--tables [] --limits {}").run().unwrap(), @"
    exit code 1
    -- stderr
    error: task `plan` failed: there is no table to copy
    ");
}

#[test]
fn own_provider_is_asked_and_can_fail() {
    let run = |task: &str| {
        Program::new(env!("CARGO_BIN_EXE_example_own_provider")).args("run").arg(task).run().unwrap()
    };
    insta::assert_snapshot!(run("report"), @"
    exit code 0
    -- stdout
    true
    ");
    insta::assert_snapshot!(run("elsewhere"), @"
    exit code 1
    -- stderr
    error: task `elsewhere` failed: secret `elsewhere/api_key` of task `elsewhere` was not found in $_FSEC_ELSEWHERE_API_KEY, $ELSEWHERE_API_KEY, /etc/secrets/elsewhere/api_key, $_FSEC_API_KEY, $_UNION_ELSEWHERE_API_KEY, $_UNION_API_KEY, /etc/secrets/api_key, /etc/flyte/secrets/elsewhere/api_key, /etc/flyte/secrets/api_key, the vault or the store /nonexistent/.local/share/sealkit/secrets
    hint: create it: sealkit create secret api_key --group elsewhere; for this run: read -rs ELSEWHERE_API_KEY && export ELSEWHERE_API_KEY
    ");
    insta::assert_snapshot!(run("sealed"), @"
    exit code 1
    -- stderr
    error: task `sealed` failed: the vault is sealed
    hint: unseal it: vault operator unseal
    ");
}

#[test]
fn the_resolver_for_pipelines_is_that_of_code_bundles() {
    let read =
        |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap();
    let resolver = read("crates/sealkit-remote/src/bundle/sealkit_resolver.py");
    assert_eq!(read("examples/python/sealkit_resolver.py"), resolver);
}
