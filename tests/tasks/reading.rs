//! A task finds its own secrets in every place of Flyte, and no other secrets.

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::Path,
};

use serde_json::{Value, json};
use support::{Finished, Program, hex};
use tempfile::TempDir;

const VALUE: &str = "hunter2 and its friends";

fn t1() -> Program {
    Program::new(env!("CARGO_BIN_EXE_fixture")).args("run t1 --expected").arg(VALUE)
}

fn nosy(key: &str) -> Finished {
    let program = Program::new(env!("CARGO_BIN_EXE_fixture")).env("MY_SECRET", VALUE).env("OTHER", VALUE);
    program.args("run nosy").arg(format!("--key={key}")).run().unwrap()
}

fn found(program: Program) -> bool {
    let finished = program.run().unwrap();
    finished.code == Some(0) && finished.stdout == "true\n"
}

/// Runs the probe, and asserts that its errors do not contain the value.
fn probe(program: Program, question: &Value) -> Value {
    let finished = program.input(question.to_string()).run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    let answer: Value = serde_json::from_str(&finished.stdout).unwrap();
    for (_, way) in answer.as_object().unwrap() {
        let all = way["all"].as_str().unwrap_or_default();
        assert!(!all.contains("hunter2"), "{all}");
    }
    answer
}

fn new_probe() -> Program {
    Program::new(env!("CARGO_BIN_EXE_probe"))
}

fn mounts(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

fn probe_of_directory(directory: &Path) -> Program {
    new_probe().env("FLYTE_SECRETS_DEFAULT_DIR", directory)
}

#[test]
fn a_secret_is_found_in_every_variable_of_flyte_and_in_a_file() {
    for name in ["_UNION_MY_SECRET", "_FSEC_MY_SECRET", "MY_SECRET"] {
        assert!(found(t1().env(name, VALUE).env("OTHER", "x").env("_FSEC_OTHER", "x")), "{name}");
    }
    let directory = mounts(&[("my_secret", VALUE.as_bytes()), ("other", b"x")]);
    assert!(found(t1().env("FLYTE_SECRETS_DEFAULT_DIR", directory.path())));
    assert!(found(t1().env("FLYTE_SECRETS_ENV_PREFIX", "P_").env("P_MY_SECRET", VALUE)));
}

#[test]
fn a_pod_ignores_variables_without_a_prefix() {
    let in_pod = || t1().env("FLYTE_INTERNAL_EXECUTION_ID", "f3a9");
    assert!(found(in_pod().env("_UNION_MY_SECRET", VALUE)));
    let finished = in_pod().env("MY_SECRET", VALUE).run().unwrap();
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(
        finished.stderr.contains("was not found in $_FSEC_MY_SECRET, /etc/secrets/my_secret"),
        "{finished}"
    );
    let hint =
        "hint: if $MY_SECRET is this secret, request it in Python with `as_env_var=\"_UNION_MY_SECRET\"`";
    assert!(finished.stderr.contains(hint), "{finished}");
    let finished = in_pod().run().unwrap();
    let hint = "hint: create it where the task runs: union create secret my_secret";
    assert!(finished.stderr.contains(hint), "{finished}");
}

#[test]
fn a_secret_from_a_variable_can_be_read_as_a_file() {
    let t2 = || Program::new(env!("CARGO_BIN_EXE_fixture")).args("run t2 --expected").arg(VALUE);
    assert!(found(t2().env("_UNION_MY_FILE_SECRET", VALUE)));
    let directory = mounts(&[("my_file_secret", VALUE.as_bytes())]);
    assert!(found(t2().env("FLYTE_SECRETS_DEFAULT_DIR", directory.path())));

    let answer = probe(probe_of_directory(directory.path()), &json!({ "key": "my_file_secret" }));
    let path = directory.path().join("my_file_secret");
    assert_eq!(answer["file"]["ok"], json!([hex(path.as_os_str().as_bytes()), hex(VALUE.as_bytes())]));
}

#[test]
fn an_undeclared_secret_cannot_be_read() {
    let finished = nosy("other");
    insta::assert_snapshot!(finished, @r#"
    exit code 1
    -- stderr
    error: task `nosy` failed: secret `other` is not declared by task `nosy`, which declares `my_secret`: add `Secret(key = "other")` to its `secret_requests`
    "#);
    assert_eq!(nosy("my_secret").code, Some(0));
    for near in ["MY_SECRET", "my-secret", "my_secre"] {
        assert!(nosy(near).stderr.contains("did you mean `my_secret`?"), "{near}");
    }
}

#[test]
fn invalid_names_are_rejected_before_a_file_is_opened() {
    let long = "k".repeat(10_000);
    let names = ["", "/", "..", "../my_secret", "/etc/passwd", "a/../my_secret", ".", "a b", "my_secret\n"];
    let unicode = ["ключ", "my_secret\u{202e}", "\u{1b}[2J", "𝓂𝓎_secret", long.as_str()];
    for name in names.into_iter().chain(unicode) {
        let finished = nosy(name);
        assert_eq!(finished.code, Some(1), "{name}: {finished}");
        assert!(
            finished.stderr.contains("a secret key is 1 to 128 ASCII letters, digits, `-` or `_`"),
            "{finished}"
        );
        assert!(finished.stderr.len() < 600 && !finished.stderr.contains('\u{1b}'), "{finished}");
    }
    // An argument cannot contain a NUL byte, so this name is sent to the probe.
    let nul = probe(new_probe().env("K", VALUE), &json!({ "key": "k", "read": "k\0" }));
    assert_eq!(nul["text"]["error"], "invalid_name");
    assert_eq!(nul["file"]["error"], "invalid_name");
}

#[test]
fn invalid_names_in_a_request_are_rejected_at_run_time() {
    let directory = mounts(&[("k", VALUE.as_bytes())]);
    for key in ["../k", "/etc/passwd", "", "a\0b"] {
        let answer = probe(probe_of_directory(directory.path()), &json!({ "key": key }));
        for way in ["text", "bytes", "file", "variable"] {
            assert_eq!(answer[way]["error"], "invalid_name", "{key} {way}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_an_error_with_its_size() {
    let directory = mounts(&[]);
    let file = fs::File::create(directory.path().join("k")).unwrap();
    file.set_len(100_000_000).unwrap();
    let answer = probe(probe_of_directory(directory.path()), &json!({ "key": "k" }));
    assert_eq!(answer["text"]["error"], "too_large");
    let all = answer["text"]["all"].as_str().unwrap();
    assert!(all.contains("/k` is larger than 1 MiB (100000000 bytes)"), "{all}");
}

#[test]
fn a_secret_that_is_not_text_can_be_read_as_bytes() {
    let value = b"hunter2 \xff\xfe \n";
    let directory = mounts(&[("k", value)]);
    let in_variable = new_probe().env("_FSEC_K", std::ffi::OsStr::from_bytes(value));
    for program in [probe_of_directory(directory.path()), in_variable] {
        let answer = probe(program, &json!({ "key": "k" }));
        assert_eq!(answer["text"]["error"], "not_text");
        assert_eq!(answer["bytes"]["ok"], hex(value));
    }
}

#[test]
fn symbolic_links_cannot_leave_the_directory_of_the_mounts() {
    let outside = mounts(&[("k", VALUE.as_bytes())]);
    let directory = mounts(&[]);
    let around = directory.path().join("around");
    symlink(&around, &around).unwrap();
    let answer = probe(probe_of_directory(&around), &json!({ "key": "k" }));
    assert_eq!(answer["text"]["error"], "provider");

    symlink("k", directory.path().join("k")).unwrap();
    let answer = probe(probe_of_directory(directory.path()), &json!({ "key": "k" }));
    assert_eq!(answer["text"]["error"], "provider");

    symlink(outside.path().join("k"), directory.path().join("out")).unwrap();
    let answer = probe(probe_of_directory(directory.path()), &json!({ "key": "out" }));
    assert_eq!(answer["text"]["error"], "provider");
    assert!(answer["text"]["all"].as_str().unwrap().contains("leads out of"), "{answer}");
}

#[test]
fn a_declared_variable_takes_precedence_as_a_value_or_a_path() {
    let request = json!({ "key": "k", "env_var": "MINE" });
    let value = probe(new_probe().env("MINE", "a").env("_FSEC_K", "b"), &request);
    assert_eq!(value["text"]["ok"], hex(b"a"));
    assert_eq!(value["variable"]["ok"], "MINE");

    let directory = mounts(&[("deep/there", b"a"), ("k", b"b")]);
    let path = directory.path().join("deep/there");
    let file = probe(probe_of_directory(directory.path()).env("MINE", &path), &request);
    assert_eq!(file["text"]["ok"], hex(b"a"));
    assert_eq!(file["file"]["ok"][0], hex(path.as_os_str().as_bytes()));

    // A path outside the mounts is not a mount. For an `ANY` request it is the value.
    let elsewhere = mounts(&[("k", VALUE.as_bytes())]).path().join("k");
    let request = json!({ "key": "k", "env_var": "MINE", "mount": "FILE" });
    let file = probe(probe_of_directory(directory.path()).env("MINE", elsewhere), &request);
    assert_eq!(file["text"]["ok"], hex(b"b"));
}

#[test]
fn an_invalid_environment_is_a_configuration_error() {
    for (name, value, expected) in [
        ("FLYTE_SECRETS_DEFAULT_DIR", "relative/dir", "must be an absolute path without `..`"),
        ("FLYTE_SECRETS_DEFAULT_DIR", "/etc/../etc", "must be an absolute path without `..`"),
        ("FLYTE_SECRETS_FILE_PREFIX", "../", "must be the prefix of a file name, not a path"),
    ] {
        let answer = probe(new_probe().env(name, value).env("_FSEC_K", VALUE), &json!({ "key": "k" }));
        assert_eq!(answer["text"]["error"], "configuration");
        let all = answer["text"]["all"].as_str().unwrap();
        assert!(all.contains(&format!("`{name}` {expected}")) && all.contains("unset it"), "{all}");
    }
}

#[test]
fn a_mount_is_read_as_requested() {
    let directory = mounts(&[("k", b"from the file")]);
    let program = || probe_of_directory(directory.path()).env("_FSEC_K", "from the variable");
    let any = probe(program(), &json!({ "key": "k" }));
    assert_eq!(any["text"]["ok"], hex(b"from the variable"));
    assert_eq!(any["file"]["ok"][1], hex(b"from the file"));
    assert_eq!(any["variable"]["ok"], "_FSEC_K");
    let variable = probe(program(), &json!({ "key": "k", "mount": "ENV_VAR" }));
    assert_eq!(variable["file"]["error"], "wrong_mount");
    let file = probe(program(), &json!({ "key": "k", "mount": "FILE" }));
    assert_eq!(file["variable"]["error"], "wrong_mount");
}

#[test]
fn a_private_file_has_mode_0400_and_is_removed_with_its_task() {
    let answer = probe(new_probe().env("_FSEC_K", VALUE), &json!({ "key": "k" }));
    let path = support::unhex(answer["file"]["ok"][0].as_str().unwrap()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(&path));
    assert_eq!(answer["file"]["ok"][1], hex(VALUE.as_bytes()));
    assert!(path.is_absolute() && !path.exists() && !path.parent().unwrap().exists());
}
