//! What is checked before a run: the task, its inputs, its secrets and its declared calls.

use std::{env, fs};

use support::runs::SECRET;

use crate::{home, without_secrets};

#[test]
fn no_task_starts_while_a_secret_is_missing() {
    let home = without_secrets();
    // A workflow that declares its calls needs the secrets of exactly these tasks.
    let missing = "
    exit code 1
    -- stderr
    error: cannot start task `WORKFLOW`: secret `my_secret` (task `t1`) was not found
    hint: create it: sealkit create secret my_secret; or pass it to this run: --secret my_secret=env:MY_SECRET
    ";
    let missing = |workflow: &str| missing.replace("\n    ", "\n").trim_start().replace("WORKFLOW", workflow);
    for workflow in ["calls_t1", "calls_deeply"] {
        assert_eq!(home.run(workflow).to_string(), missing(workflow));
    }
    insta::assert_snapshot!(home.run("says"), @"
    exit code 0
    -- stdout
    null
    -- stderr
    says started
      say started
    say | number 1
      say succeeded in 0 ms
      say[2] started
    say[2] | number 2
      say[2] succeeded in 0 ms
      say[3] started
    say[3] | number 3
      say[3] succeeded in 0 ms
    says succeeded in 0 ms
    4 tasks succeeded in 0 ms
    ");
    // Any other workflow may call every task: the missing secrets are a warning until one is called.
    insta::assert_snapshot!(home.run("main"), @"
    exit code 1
    -- stderr
    warning: secrets of tasks that `main` may call were not found: `my_secret` (task `ends`), `certs/my_file_secret` (task `has_a_file`), `token` (task `surroundings`), `loot` (task `thief`)
    hint: to check secrets before the run, declare the calls: #[workflow(calls = [...])]
    main started
      t1 started with my_secret
      t1 failed in 0 ms: secret `my_secret` of task `t1` was not found
    main failed in 0 ms
    2 tasks failed in 0 ms
    error: task `main` failed: secret `my_secret` of task `t1` was not found
    hint: create it: sealkit create secret my_secret
    ");
    insta::assert_snapshot!(home.run("t1"), @"
    exit code 1
    -- stderr
    error: cannot start task `t1`: secret `my_secret` (task `t1`) was not found
    hint: create it: sealkit create secret my_secret; or pass it to this run: --secret my_secret=env:MY_SECRET
    ");
    insta::assert_snapshot!(home.run_with("--skip-check", "t1"), @"
    exit code 1
    -- stderr
    error: secret `my_secret` of task `t1` was not found
    hint: create it: sealkit create secret my_secret
    ");
    insta::assert_snapshot!(home.run_with("--skip-check", "main"), @"
    exit code 1
    -- stderr
    main started
      t1 started with my_secret
      t1 failed in 0 ms: secret `my_secret` of task `t1` was not found
    main failed in 0 ms
    2 tasks failed in 0 ms
    error: task `main` failed: secret `my_secret` of task `t1` was not found
    hint: create it: sealkit create secret my_secret
    ");
    insta::assert_snapshot!(home.home.run(&format!("describe --check {}", env!("CARGO_BIN_EXE_pods"))).unwrap().stderr, @"
    error: 4 secrets are missing
    hint: create them: sealkit create secret my_secret; sealkit create secret -f PATH my_file_secret --group certs; sealkit create secret token; sealkit create secret loot
    ");
    // A run needs the secrets of the tasks that are called, too.
    let checked =
        home.home.run(&format!("describe --check {} calls_deeply", env!("CARGO_BIN_EXE_pods"))).unwrap();
    insta::assert_snapshot!(checked, @"
    exit code 1
    -- stdout
    calls_deeply (workflow)
    calls_t1 (workflow)
    add_one (task)
    t1 (task)
      secret  my_secret as ANY: missing
    -- stderr
    error: 1 secret is missing
    hint: create it: sealkit create secret my_secret
    ");
    // Values that an environment variable cannot hold.
    let large = "x1y2z3".repeat(30_000);
    for value in [b"\xff\xfe\xfdbinary".as_slice(), b"with\0zero", large.as_bytes()] {
        home.home.sealkit("create secret token -f -").input(value).run().unwrap();
        insta::allow_duplicates! {
            let finished = home.run("variable_only").to_string();
            insta::assert_snapshot!(finished.replace("is too large for an environment variable", "is not text: an environment variable cannot hold it"), @"
            exit code 1
            -- stderr
            error: secret `token` of task `variable_only` is not text: an environment variable cannot hold it
            hint: request it as a file: mount_requirement = FILE
            ");
        }
        home.home.run("delete secret token -y").unwrap();
    }
    home.home.sealkit("create secret token -f -").input(b"\xff\x00binary".as_slice()).run().unwrap();
    insta::assert_snapshot!(home.run("surroundings").stdout.contains("HF_TOKEN"), @"true");
}

#[test]
fn an_undeclared_call_is_an_error_that_names_the_entry_to_add() {
    insta::assert_snapshot!(home().run("calls_another_task"), @"
    exit code 1
    -- stderr
    calls_another_task started
    calls_another_task failed in 0 ms
    1 task failed in 0 ms
    error: task `calls_another_task` failed: workflow `calls_another_task` calls task `t1`, which is not in its `calls`
    hint: add task `t1`: #[workflow(calls = [..., t1])]
    ");
    let described =
        home().home.run(&format!("describe {} calls_deeply", env!("CARGO_BIN_EXE_pods"))).unwrap();
    insta::assert_snapshot!(described, @"
    exit code 0
    -- stdout
    calls_deeply (workflow in pods)
      Calls a workflow that declares its calls.
      output  o0: integer
      calls   calls_t1, add_one
    ");
    let described =
        home().home.run(&format!("describe -o json {} calls_deeply", env!("CARGO_BIN_EXE_pods"))).unwrap();
    let described: serde_json::Value = serde_json::from_str(&described.stdout).unwrap();
    assert_eq!(described[0]["calls"], serde_json::json!(["calls_t1", "add_one"]));
}

#[test]
fn a_run_without_a_task_lists_the_tasks_and_their_inputs() {
    let home = without_secrets();
    let run = |line: &str| {
        let finished = home.home.run(&format!("run {} {line}", env!("CARGO_BIN_EXE_fixture"))).unwrap();
        finished.to_string().replace(env!("CARGO_BIN_EXE_fixture"), "FIXTURE")
    };
    insta::assert_snapshot!(run(""), @"
    exit code 2
    -- stderr
    error: TASK is missing: these are the tasks of `FIXTURE`

      all.types         task      Takes an input of each type and returns them as text.
                          --small integer
                          --ratio float
                          --flag boolean
                          --max_rows optional integer
                          --names list of string
                          --limits map of integer
                          --colour Red|DarkGreen
                          --point Point
                          --wait duration
      enormous          task      Returns a number that Flyte cannot represent.
      failing           task      Fails with a chain of causes.
      from_environment  task      Reads the environment variable directly and returns its value.
      leaking           task      Leaks its secret in one of several ways.
                          --way string
      main              workflow  Calls two tasks, each with its own secret.
                          --first string
                          --second string
      nosy              task      Reads a key that is known at run time only.
                          --key string
      panicking         task      Panics.
      scanned           task      Reads and drops the secret, then waits for the memory search.
                          --way string
      signed            task      Returns a URL with its secret, which is allowed.
      t1                task      Compares `my_secret` with the expected value.
                          --expected string
      t2                task      Compares the file `my_file_secret` with the expected value.
                          --expected string
      variable          task      Returns the environment variable of the secret.

    hint: name one: sealkit run FIXTURE TASK [--INPUT VALUE ...]
    ");
    insta::assert_snapshot!(run("--relase main"), @"
    exit code 2
    -- stderr
    error: unknown option `--relase`
    hint: did you mean `--release`?
    ");
    insta::assert_snapshot!(run("t1 --expected x --domain development"), @"
    exit code 2
    -- stderr
    error: `--domain` is an option of `sealkit run`, not an input of task `t1`
    hint: write options of the run before TARGET, inputs after TASK
    ");
    for help in ["--help", "-h", "--expected x --help"] {
        let program =
            support::Program::new(env!("CARGO_BIN_EXE_fixture")).args("run t1 --help").run().unwrap();
        let expected = program.to_string().replace("fixture run t1", "sealkit run FIXTURE t1");
        assert_eq!(run(&format!("t1 {help}")), expected);
    }
    assert!(run("--help").contains("Usage: sealkit run [OPTIONS] <TARGET> <TASK> [--INPUT VALUE]..."));
}

#[test]
fn inputs_are_checked_before_anything_starts() {
    let home = without_secrets();
    let run = |line: &str| {
        let finished = home.home.run(&format!("run {} {line}", env!("CARGO_BIN_EXE_fixture"))).unwrap();
        finished.to_string().replace(env!("CARGO_BIN_EXE_fixture"), "FIXTURE")
    };
    let all = "all.types --small -5 --ratio=1e3 --names [\"a\"] --limits {\"b\":2} --colour Red --point {\"x\":1} --wait 90s --flag";
    assert!(run(all).starts_with("exit code 0\n-- stdout\n\"-5 1000 true None"), "{}", run(all));
    insta::assert_snapshot!(run(&all.replace("-5", "300")), @"
    exit code 2
    -- stderr
    error: input `small` is out of range: expected -128 to 127
    hint: see `sealkit run FIXTURE all.types --help`
    ");
    insta::assert_snapshot!(run(&all.replace("\"x\":1", "\"x\":true")), @"
    exit code 2
    -- stderr
    error: input `point.x` expected a float, found a boolean
    hint: see `sealkit run FIXTURE all.types --help`
    ");
    insta::assert_snapshot!(run(&all.replace("--small", "--smal")), @"
    exit code 2
    -- stderr
    error: unknown input `smal` of task `all.types`
    hint: did you mean `--small`?
    ");
    insta::assert_snapshot!(run(&all.replace("--flag", "--flagg")), @"
    exit code 2
    -- stderr
    error: unknown input `flagg` of task `all.types`
    hint: did you mean `--flag`?
    ");
}

#[test]
fn on_a_terminal_a_missing_secret_is_prompted_for_and_stored_on_request() {
    let home = without_secrets();
    for (answer, stored) in [("n", None), ("y", Some(SECRET.as_bytes().to_vec()))] {
        let mut terminal = home.at_terminal("t1").unwrap();
        let seen = terminal.until("Enter secret value: ").unwrap();
        assert!(seen.contains("task `t1` needs secret `my_secret`"), "{seen}");
        assert!(!terminal.echoes().unwrap());
        terminal.send(&format!("{SECRET}\n")).unwrap();
        terminal.until("Store `my_secret` for later runs?").unwrap();
        terminal.send(&format!("{answer}\n")).unwrap();
        let (code, seen, _) = terminal.finish().unwrap();
        assert_eq!(code, Some(0), "{seen}");
        assert!(seen.ends_with("17\n") && !seen.contains(SECRET), "{seen}");
        assert_eq!(home.home.stored("my_secret").unwrap(), stored);
    }
    // What cannot be stored is used all the same.
    home.home.run("delete secret my_secret -y").unwrap();
    home.home.sealkit("create secret MY_SECRET -f -").input(SECRET).run().unwrap();
    let mut terminal = home.at_terminal("t1").unwrap();
    terminal.until("Enter secret value: ").unwrap();
    terminal.send(&format!("{SECRET}\n")).unwrap();
    terminal.until("Store `my_secret` for later runs?").unwrap();
    terminal.send("y\n").unwrap();
    let (code, seen, _) = terminal.finish().unwrap();
    assert!(
        code == Some(0) && seen.ends_with("17\n") && seen.contains("differs from `MY_SECRET` only in case"),
        "{seen}"
    );
    // A file may have several lines.
    let (code, seen, _) = home.at_terminal("user_with_a_secret_file").unwrap().finish().unwrap();
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("create it: sealkit create secret -f PATH my_file_secret --group certs"), "{seen}");
}

#[test]
fn values_for_one_run_come_from_a_file_a_variable_or_standard_input() {
    let home = without_secrets();
    let file = home.home.path().join("value");
    fs::write(&file, "1234567").unwrap();
    let sealkit = |place: &str| {
        let program = home.home.sealkit("run --secret").arg(format!("my_secret={place}"));
        let program = program.arg(env!("CARGO_BIN_EXE_pods")).arg("t1").input("12345678");
        program.env("VALUE", "123456").run().unwrap()
    };
    for (place, length) in
        [(format!("@{}", file.display()), "7\n"), ("env:VALUE".into(), "6\n"), ("-".into(), "8\n")]
    {
        let finished = sealkit(&place);
        assert_eq!((finished.code, &*finished.stdout), (Some(0), length), "{finished}");
    }
    insta::assert_snapshot!(sealkit("k3Jq-71xT"), @"
    exit code 2
    -- stderr
    error: `--secret my_secret=…` names no source, and values are not accepted here
    hint: write --secret NAME=@FILE, NAME=env:VARIABLE or NAME=- for standard input; with a group, NAME is GROUP/NAME
    ");
    let unknown = |name: &str| {
        let program = home.home.sealkit("run --secret").arg(format!("{name}=env:VALUE"));
        program.arg(env!("CARGO_BIN_EXE_pods")).arg("t1").env("VALUE", "123456").run().unwrap()
    };
    insta::assert_snapshot!(unknown("my_secrt"), @"
    exit code 2
    -- stderr
    error: `--secret` names `my_secrt`, which no task requests
    hint: did you mean `my_secret`?
    ");
    insta::assert_snapshot!(unknown("my_file_secret"), @"
    exit code 2
    -- stderr
    error: `--secret` names `my_file_secret`, which no task requests
    hint: did you mean `certs/my_file_secret`?
    ");
    insta::assert_snapshot!(unknown("database/password"), @"
    exit code 2
    -- stderr
    error: `--secret` names `database/password`, which no task requests
    hint: the requested secrets: certs/my_file_secret, loot, my_secret, token
    ");
    insta::assert_snapshot!(sealkit("env:ABSENT"), @"
    exit code 1
    -- stderr
    error: `--secret my_secret`: the environment variable `ABSENT` is not set
    ");
}

#[test]
fn a_store_that_cannot_be_opened_matters_only_to_a_task_that_needs_it() {
    let home = without_secrets();
    let run = |line: &str| {
        let run = home.home.sealkit("run").args(line).arg(env!("CARGO_BIN_EXE_pods"));
        run.env("HOME", "/dev/null").env("TOKEN", "Zx81-Spectrum-48K")
    };
    let without = run("--no-history").args("say --n 5").run().unwrap();
    assert!(without.code == Some(0) && without.stderr.contains("number 5"), "{without}");
    let given = run("--no-history --secret my_secret=env:TOKEN").args("t1").run().unwrap();
    assert_eq!((given.code, &*given.stdout), (Some(0), "17\n"), "{given}");
    let missing = run("--no-history").args("t1").run().unwrap();
    assert!(missing.code == Some(1) && missing.stderr.contains("is not a directory"), "{missing}");
}
