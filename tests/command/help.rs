//! The help of the `sealkit` command, and its hints for commands of other tools.

use std::fs;

use support::Finished;

use crate::home;

/// All commands, and the most lines of their short help.
const COMMANDS: [(&str, usize); 38] = [
    ("", 30),
    ("create", 12),
    ("create secret", 24),
    ("create config", 20),
    ("get", 12),
    ("get secret", 24),
    ("get run", 20),
    ("get trigger", 18),
    ("get config", 12),
    ("update", 10),
    ("update secret", 24),
    ("update key", 10),
    ("delete", 10),
    ("delete secret", 20),
    ("delete cache", 9),
    ("push", 10),
    ("push secret", 24),
    ("verify", 10),
    ("verify store", 10),
    ("export", 10),
    ("export store", 14),
    ("import", 10),
    ("import store", 14),
    ("new", 12),
    ("run", 28),
    ("deploy", 24),
    ("build", 10),
    ("build image", 24),
    ("describe", 20),
    ("logs", 20),
    ("abort", 10),
    ("abort run", 20),
    ("pause", 10),
    ("pause trigger", 18),
    ("resume", 10),
    ("resume trigger", 18),
    ("completions", 10),
    ("man", 10),
];

/// The commands with options for a cluster, apart from those for secrets.
const CLUSTER_COMMANDS: [&str; 9] = [
    "run",
    "deploy",
    "logs",
    "get run",
    "get trigger",
    "get config",
    "pause trigger",
    "resume trigger",
    "abort run",
];

/// Commands of other tools, and misspelled ones; `hunter2` is a value.
const OTHER_COMMANDS: [&str; 33] = [
    "list",
    "ls secrets",
    "show my_secret",
    "add my_secret hunter2",
    "init",
    "set my_secret hunter2",
    "edit my_secret",
    "rm my_secret",
    "remove my_secret",
    "import .env",
    "login",
    "docker push app",
    "build my_app",
    "config",
    "tail r1",
    "ps",
    "kill r1",
    "get rnu",
    "help",
    "secret create my_secret hunter2",
    "secrets set my_secret=hunter2",
    "secret list",
    "secret",
    "src/main.rs main",
    "creat secret my_secret",
    "create my_secret",
    "create secrt my_secret",
    "get my_secret",
    "update kee",
    "verify",
    "verify everything",
    "my_secret=hunter2",
    "wibble",
];

fn width(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

#[test]
fn the_short_help_lists_the_commands() {
    let home = home();
    let short = home.run("-h").unwrap();
    insta::assert_snapshot!(short, @"
    exit code 0
    -- stdout
    Run tasks with exactly the secrets they request, locally or on Flyte and Union

    Usage: sealkit <COMMAND>

    Commands:
      create       Create a secret, or the configuration of a cluster
      get          List secrets without their values, or runs on a cluster
      update       Update a secret, or the passphrase of the store's key
      delete       Delete a secret, or the cached results of tasks
      push         Copy secrets of the local store to a cluster
      new          Create a package with a task and a workflow
      run          Run a task or workflow, locally or on a cluster
      deploy       Register tasks on a cluster without running them
      build        Build a container image of a program
      describe     Show the tasks of a program and the secrets they request
      logs         Print the logs of a run
      pause        Pause a schedule of a deployed task
      resume       Resume a schedule of a deployed task
      abort        Abort a run on a cluster
      verify       Check the store for corrupt files
      export       Write all secrets to one file, encrypted with a passphrase
      import       Read the secrets of such a file
      completions  Print a shell completion script
      man          Write the man pages

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    let bare = home.run("").unwrap();
    assert_eq!((bare.code, &bare.stdout, &bare.stderr), (Some(2), &String::new(), &short.stdout));
}

#[test]
fn the_short_help_of_a_command_folds_its_cluster_options() {
    let home = home();
    insta::assert_snapshot!(home.run("create secret -h").unwrap(), @"
    exit code 0
    -- stdout
    Create a secret

    Usage: sealkit create secret [OPTIONS] <NAME>
           sealkit create secret [OPTIONS] --from-env-file <PATH>

    Arguments:
      [NAME]  Name of the secret: 1 to 128 letters, digits, `-` and `_`

    Options:
          --value <VALUE>         Value; visible in process lists and shell history
      -f, --value-file <PATH>     Read the value from a file; `-` is standard input
          --allow-empty           Accept an empty value
          --from-env-file <PATH>  Create one for each line NAME=VALUE of a file
          --group <GROUP>         Group of the secret [default: no group]
      -d, --domain <DOMAIN>       Domain of the secret [default: every domain]
      -p, --project <PROJECT>     Project of the secret; requires --domain
      -h, --help                  Print help (see more with '--help')

    Cluster:
          --remote  Use a Flyte or Union cluster instead of this machine

    Registries, cluster options, examples: see `sealkit create secret --help`
    ");
    insta::assert_snapshot!(home.run("run -h").unwrap(), @"
    exit code 0
    -- stdout
    Run a task or workflow, locally or on a cluster

    Usage: sealkit run [OPTIONS] <TARGET> <TASK> [--INPUT VALUE]...

    Arguments:
      <TARGET>   Rust source file, bin or example target, or program
      [TASK]...  Task and its inputs; without it, the tasks are listed

    Options:
      -r, --release               Build with optimizations
      -F, --features <FEATURES>   Build with these Cargo features
          --package <PACKAGE>     Package that contains the target
          --inputs-file <PATH>    Read inputs from a JSON or YAML file
          --outputs <DIR>         Copy the files of the output into a directory
          --secret <NAME=SOURCE>  Read a secret from @FILE, env:VARIABLE or -
          --env-file <PATH>       Read secrets and variables from a file
      -d, --domain <DOMAIN>       Domain of the run: its secrets take precedence
      -p, --project <PROJECT>     Project of the run: its secrets take precedence
          --env <NAME=VALUE>      Set an environment variable of the tasks
      -h, --help                  Print help (see more with '--help')

    Cluster:
          --remote         Use a Flyte or Union cluster instead of this machine
          --image <IMAGE>  Container image that contains the program
          --deployed       Run a deployed task: TARGET is its name

    Options come before TARGET, inputs after TASK.
    Cluster options and examples: see `sealkit run --help`
    ");
}

#[test]
fn the_short_help_fits_a_terminal_and_the_long_help_has_all_options() {
    let home = home();
    for (command, lines) in COMMANDS {
        let short = home.run(&format!("{command} -h")).unwrap();
        assert_eq!(short.code, Some(0));
        assert!(short.stdout.lines().count() <= lines && width(&short.stdout) <= 80, "{short}");
        assert!(short.stdout.contains("see more with '--help'"), "{short}");
        let is_about_endpoints = command == "create config";
        assert!(!short.stdout.contains("Examples:"), "{short}");
        assert_eq!(short.stdout.contains("--endpoint"), is_about_endpoints, "{short}");

        let long = home.run(&format!("{command} --help")).unwrap();
        assert_eq!(long.code, Some(0));
        assert!(width(&long.stdout) <= 80, "{}: {long}", width(&long.stdout));
        if is_about_endpoints {
            continue;
        }
        let has_cluster = command.ends_with(" secret") || CLUSTER_COMMANDS.contains(&command);
        for option in ["\nCluster:\n", "--endpoint <", "--auth-type <", "--insecure\n"] {
            assert_eq!(long.stdout.contains(option), has_cluster, "{option}: {long}");
        }
        if has_cluster {
            let pointer = format!("see `sealkit {command} --help`");
            assert!(short.stdout.contains(&pointer), "{short}");
        }
    }
}

#[test]
fn every_command_has_long_help_with_examples_and_a_man_page() {
    let home = home();
    let pages = home.path().join("man");
    assert_eq!(home.run(&format!("man {}", pages.display())).unwrap().code, Some(0));
    for (command, _) in COMMANDS {
        let help = home.run(&format!("{command} --help")).unwrap();
        let (_, examples) = help.stdout.split_once("\nExamples:\n").unwrap();
        assert!(examples.contains(&format!("sealkit {command}")), "{command}: {help}");
        let name = format!("sealkit {command}").trim_end().replace(' ', "-");
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains("Examples:"), "{name}");
        assert_eq!(page.contains("auth"), help.stdout.contains("--auth"), "{name}");
    }
    assert_eq!(fs::read_dir(pages).unwrap().count(), COMMANDS.len());
    assert_eq!(home.run("--version").unwrap().stdout, format!("sealkit {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_column_of_the_table_is_explained() {
    let home = home();
    for line in ["a --group g --domain d --project p", "b"] {
        let created = home.run(&format!("create secret {line} --value correct-horse")).unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    let table = home.run("get secret a --group g --domain d --project p").unwrap().stdout;
    let titles: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(titles, ["NAME", "GROUP", "DOMAIN", "PROJECT", "TYPE", "VERSION", "CREATED", "GUARD"]);
    let help = home.run("get secret --help").unwrap().stdout;
    let (_, columns) = help.split_once("\nColumns").unwrap();
    for title in titles.iter().chain(&["STATUS"]) {
        assert!(columns.contains(&format!("\n  {title} ")), "{title}: {columns}");
    }
    assert!(columns.contains("Values are never printed"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "most lines are those of the snapshot")]
fn a_command_of_another_tool_is_answered_with_ours() {
    let home = home();
    let mut all = String::new();
    for line in OTHER_COMMANDS {
        let Finished { code, stdout, stderr } = home.run(line).unwrap();
        assert_eq!((code, &*stdout), (Some(2), ""), "{line}");
        assert!(!stderr.contains("hunter2"), "{line}: {stderr}");
        if line != "verify" {
            all.extend(["$ sealkit ", line, "\n", &stderr]);
        }
    }
    insta::assert_snapshot!(all, @"
    $ sealkit list
    error: unrecognized command `list`
    hint: list secrets: sealkit get secret
    $ sealkit ls secrets
    error: unrecognized command `ls`
    hint: list secrets: sealkit get secret
    $ sealkit show my_secret
    error: unrecognized command `show`
    hint: list secrets: sealkit get secret; values are never shown
    $ sealkit add my_secret hunter2
    error: unrecognized command `add`
    hint: create a secret: sealkit create secret NAME
    $ sealkit init
    error: unrecognized command `init`
    hint: create a package: sealkit new NAME; a secret: sealkit create secret NAME
    $ sealkit set my_secret hunter2
    error: unrecognized command `set`
    hint: give a secret a new value: sealkit update secret NAME; create one: sealkit create secret NAME
    $ sealkit edit my_secret
    error: unrecognized command `edit`
    hint: give a secret a new value: sealkit update secret NAME; create one: sealkit create secret NAME
    $ sealkit rm my_secret
    error: unrecognized command `rm`
    hint: delete a secret: sealkit delete secret NAME
    $ sealkit remove my_secret
    error: unrecognized command `remove`
    hint: delete a secret: sealkit delete secret NAME
    $ sealkit import .env
    error: unrecognized command
    hint: did you mean `sealkit import store PATH`, or `sealkit create secret --from-env-file PATH`?
    $ sealkit login
    error: unrecognized command `login`
    hint: no login is needed: commands for a cluster log in, see `sealkit --help`
    $ sealkit docker push app
    error: unrecognized command `docker`
    hint: build and push an image: sealkit build image TARGET --push REGISTRY/NAME
    $ sealkit build my_app
    error: unrecognized command `build my_app`
    hint: did you mean `sealkit build image TARGET --push REGISTRY/NAME`?
    $ sealkit config
    error: unrecognized command `config`
    hint: configure a cluster: sealkit create config --endpoint HOST; show its settings: sealkit get config
    $ sealkit tail r1
    error: unrecognized command `tail`
    hint: print the logs of a run: sealkit logs RUN
    $ sealkit ps
    error: unrecognized command `ps`
    hint: list the runs on a cluster: sealkit get run; on this machine: sealkit get run --local
    $ sealkit kill r1
    error: unrecognized command `kill`
    hint: abort a run: sealkit abort run RUN
    $ sealkit get rnu
    error: unrecognized command `get rnu`
    hint: did you mean `sealkit get run`?
    $ sealkit help
    error: unrecognized command `help`
    hint: show the help: sealkit --help
    $ sealkit secret create my_secret hunter2
    error: unrecognized command `secret`
    hint: write the verb first: sealkit create secret NAME
    $ sealkit secrets set my_secret=hunter2
    error: unrecognized command `secrets`
    hint: give a secret a new value: sealkit update secret NAME; create one: sealkit create secret NAME
    $ sealkit secret list
    error: unrecognized command `secret`
    hint: list secrets: sealkit get secret
    $ sealkit secret
    error: unrecognized command `secret`
    hint: write a verb first: sealkit create secret NAME, sealkit get secret
    $ sealkit src/main.rs main
    error: unrecognized command
    hint: run a task of a file: sealkit run FILE TASK
    $ sealkit creat secret my_secret
    error: unrecognized command `creat`
    hint: did you mean `sealkit create`?
    $ sealkit create my_secret
    error: unrecognized command `create my_secret`
    hint: did you mean `sealkit create secret NAME`?
    $ sealkit create secrt my_secret
    error: unrecognized command `create secrt`
    hint: did you mean `sealkit create secret NAME`?
    $ sealkit get my_secret
    error: unrecognized command `get my_secret`
    hint: did you mean `sealkit get secret NAME`?
    $ sealkit update kee
    error: unrecognized command `update kee`
    hint: did you mean `sealkit update key`?
    $ sealkit verify everything
    error: unrecognized command `verify everything`
    hint: did you mean `sealkit verify store`?
    $ sealkit my_secret=hunter2
    error: unrecognized command
    hint: list the commands: sealkit --help
    $ sealkit wibble
    error: unrecognized command `wibble`
    hint: list the commands: sealkit --help
    ");
}
