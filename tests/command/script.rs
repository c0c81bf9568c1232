//! Scripts: source files that belong to no package, and new packages.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, thread};

use support::{Finished, Home, Program, Terminal};

use crate::home;

/// A script with one task, which returns a text.
const SCRIPT: &str = r"
#[sealkit::task]
fn t1() -> anyhow::Result<String> {
    Ok(TEXT.into())
}

fn main() -> std::process::ExitCode {
    sealkit::main()
}
";

/// The cache of all tests.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/scripts");

/// Returns the command in `home`, with cargo and with the cache of all tests: sealkit is compiled once.
fn sealkit(home: &Home, line: &str) -> Program {
    home.with_cargo(line)
        .env("XDG_CACHE_HOME", CACHE)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
}

/// Runs `sealkit VERB` with a file of the home directory, and replaces the directory by `~` in the output.
fn run(home: &Home, verb: &str, file: &str, arguments: &str) -> Finished {
    let command = sealkit(home, verb).arg(home.path().join(file)).args(arguments);
    let Finished { code, stdout, stderr } = command.run().unwrap();
    Finished { code, stdout: home.normalize(&stdout), stderr: home.normalize(&stderr) }
}

fn write(home: &Home, file: &str, text: impl AsRef<[u8]>) {
    let path = home.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_script_runs_with_its_secrets_and_is_built_once() {
    let home = home();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/using_secrets.rs"), home.path().join("a.rs"))
        .unwrap();
    sealkit(&home, "create secret my_secret -f -").input("correct horse").run().unwrap();
    let first = run(&home, "run", "a.rs", "main");
    assert_eq!((first.code, &*first.stdout), (Some(0), "13\n"), "{first}");
    assert_eq!(first.stderr.matches("Building `a.rs`").count(), 1, "{first}");
    let offline = sealkit(&home, "run").env("CARGO_NET_OFFLINE", "true");
    let second = offline.arg(home.path().join("a.rs")).arg("main").run().unwrap();
    assert_eq!((second.code, &*second.stdout), (Some(0), "13\n"), "{second}");
    assert!(!second.stderr.contains("Building"), "{second}");
}

#[test]
fn the_lines_of_cargo_go_to_a_pipe_if_something_is_compiled() {
    let home = home();
    write(&home, "lines.rs", SCRIPT.replace("TEXT", "{ let unused = 1; 1.to_string() }"));
    let first = run(&home, "run", "lines.rs", "t1");
    assert_eq!(first.code, Some(0), "{first}");
    assert!(first.stderr.contains("   Compiling lines"), "{first}");
    assert!(first.stderr.contains("warning: unused variable"), "{first}");
    assert!(!first.stderr.contains("Finished") && !first.stderr.contains('\u{1b}'), "{first}");
    let second = run(&home, "describe", "lines.rs", "");
    assert_eq!((second.code, &*second.stderr), (Some(0), ""), "{second}");
}

#[test]
fn cargo_shows_its_progress_on_a_terminal_if_something_is_compiled() {
    let home = home();
    write(&home, "bar.rs", SCRIPT.replace("TEXT", "2.to_string()"));
    let path = home.path().join("bar.rs").to_string_lossy().into_owned();
    let directory = home.path().to_string_lossy().into_owned();
    let mut environment: Vec<(String, String)> = ["PATH", "CARGO_HOME", "RUSTUP_HOME"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    let user = std::env::var("HOME").unwrap_or_default();
    for (name, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if !environment.iter().any(|(known, _)| known == name) {
            environment.push((name.to_owned(), format!("{user}/{below}")));
        }
    }
    let mut environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    environment.extend([
        ("HOME", directory.as_str()),
        ("TERM", "xterm"),
        ("XDG_CACHE_HOME", CACHE),
        ("CARGO_PROFILE_DEV_DEBUG", "0"),
        ("CARGO_INCREMENTAL", "0"),
    ]);
    let describe = || {
        let terminal = Terminal::start(home.command(), ["describe", &path], &environment, 80).unwrap();
        terminal.finish().unwrap()
    };
    let (code, seen, _) = describe();
    assert!(code == Some(0) && seen.contains("   Compiling\u{1b}[0m bar"), "{seen:?}");
    assert!(!seen.contains("Finished"), "{seen:?}");
    let (code, seen, _) = describe();
    assert!(code == Some(0) && seen.starts_with("t1"), "{seen:?}");
}

#[test]
fn the_files_of_scripts_are_private() {
    let home = home();
    // The manifest is written before it is resolved, which fails.
    write(&home, "a.rs", "---\ndependencies.missing.path = 'missing'\n---\n");
    let finished = home.with_cargo("describe").arg(home.path().join("a.rs")).run().unwrap();
    assert!(
        finished.code == Some(1)
            && finished.stderr.contains("failed to load manifest for dependency `missing`")
    );
    let hint = "\nerror: cargo cannot build `a.rs`\nhint: see cargo's message: check the network, the frontmatter and --features, ";
    assert!(finished.stderr.contains(hint), "{finished}");
    let mut directories = vec![home.path().join(".cache")];
    let mut files = 0;
    while let Some(path) = directories.pop() {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
        for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => directories.push(entry.path()),
                kind => files += usize::from(kind.is_file()),
            }
        }
    }
    // The manifest, the lock file and the copy.
    assert_eq!(files, 3);
}

#[test]
fn a_frontmatter_declares_dependencies_and_features() {
    let home = home();
    write(&home, "near/Cargo.toml", "[package]\nname = 'near'\nedition = '2024'\n");
    write(&home, "near/src/lib.rs", "pub const NEAR: &str = \"near\";\n");
    write(&home, "scripts/helper.rs", "pub(crate) const HELPER: &str = \"helper\";\n");
    write(&home, "scripts/data.txt", "data");
    let frontmatter = "#!/usr/bin/env -S sealkit run
---cargo
features.loud = []
dependencies.near.path = '../near'
---
mod helper;
const TEXT: &str = if cfg!(feature = \"loud\") { near::NEAR } else { include_str!(\"data.txt\") };
";
    write(
        &home,
        "scripts/a.rs",
        format!("{frontmatter}{}", SCRIPT.replace("TEXT.into()", "[TEXT, helper::HELPER].concat()")),
    );
    let finished = run(&home, "run", "scripts/a.rs", "t1");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"datahelper\"\n"), "{finished}");
    let finished = run(&home, "run --features loud", "scripts/a.rs", "t1");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"nearhelper\"\n"), "{finished}");
}

#[test]
fn errors_name_the_lines_of_the_script() {
    let home = home();
    for frontmatter in ["", "---\n\n---\n"] {
        write(&home, "a.rs", format!("{frontmatter}{}", SCRIPT.replace("TEXT.into()", "1")));
        let finished = run(&home, "describe", "a.rs", "");
        let line = frontmatter.lines().count() + 4;
        assert!(
            finished.stderr.contains(&format!("error[E0308]: mismatched types\n --> ~/a.rs:{line}:8\n")),
            "{finished}"
        );
        assert!(finished.stderr.ends_with("error: `a.rs` does not compile\n"), "{finished}");
        assert_eq!(finished.code, Some(1));
    }
    write(&home, "b.rs", "#[sealkit::task]\nfn t1() {}\n");
    let finished = run(&home, "describe", "b.rs", "");
    assert!(finished.stderr.contains("`main` function not found"), "{finished}");
    let hint = "hint: end the file with a `main`: fn main() -> std::process::ExitCode { sealkit::main() }\n";
    assert!(finished.stderr.ends_with(hint), "{finished}");
}

#[test]
fn scripts_of_one_name_are_built_at_once_without_mixing_their_programs() {
    let homes: Vec<Home> = (0..4).map(|_| home()).collect();
    for (at, home) in homes.iter().enumerate() {
        write(home, "same.rs", SCRIPT.replace("TEXT", &format!("\"{at}\"")));
    }
    for _ in 0..2 {
        thread::scope(|scope| {
            let runs = homes.iter().map(|home| scope.spawn(|| run(home, "run", "same.rs", "t1")));
            let runs: Vec<_> = runs.collect();
            for (at, run) in runs.into_iter().enumerate() {
                let finished = run.join().unwrap();
                assert_eq!(
                    (finished.code, finished.stdout),
                    (Some(0), format!("\"{at}\"\n")),
                    "{}",
                    finished.stderr
                );
            }
        });
    }
}

#[test]
fn a_file_of_a_package_is_no_script() {
    let home = home();
    write(&home, "package/Cargo.toml", "[package]\nname = 'package'\nedition = '2024'\n");
    write(&home, "package/src/main.rs", "fn main() {}");
    write(&home, "package/src/part.rs", "");
    insta::assert_snapshot!(run(&home, "describe", "package/src/part.rs", ""), @"
    exit code 2
    -- stderr
    error: `~/package/src/part.rs` is not the source of a `bin` or `example` target of this workspace
    hint: the targets: `package`
    ");
    // Outside the directories of its sources, the file is no part of the package.
    write(&home, "package/script.rs", "syntax error");
    let finished = run(&home, "describe", "package/script.rs", "");
    assert!(finished.stderr.contains("error: `script.rs` does not compile\n"), "{finished}");
    write(&home, "package/src/script.rs", "---\n---\nsyntax error");
    let finished = run(&home, "describe", "package/src/script.rs", "");
    assert!(finished.stderr.contains("error: `script.rs` does not compile\n"), "{finished}");
}

#[test]
fn an_invalid_script_is_an_error_with_a_hint() {
    let home = home();
    let mut all = String::new();
    for (file, text) in [
        ("unclosed.rs", "\n---\n"),
        ("infostring.rs", "---toml\n---\n"),
        ("invalid.rs", "---\n[dependencies]\nserde =\n---\n"),
        ("library.rs", "---\nlib = {}\n---\n"),
    ] {
        write(&home, file, text);
        let finished = run(&home, "describe", file, "");
        all.extend(["$ sealkit describe ", file, "\n", &finished.to_string(), "\n"]);
    }
    write(&home, "binary.rs", b"fn main() { \xff }");
    fs::create_dir(home.path().join("directory.rs")).unwrap();
    for file in ["binary.rs", "directory.rs", "missing.rs"] {
        let finished = run(&home, "describe", file, "");
        all.extend(["$ sealkit describe ", file, "\n", &finished.to_string(), "\n"]);
    }
    insta::assert_snapshot!(all, @"
    $ sealkit describe unclosed.rs
    exit code 2
    -- stderr
    error: cannot read the frontmatter of `unclosed.rs`: line 2: the frontmatter is not closed: no line `---` follows
    hint: see the example in `sealkit run --help`

    $ sealkit describe infostring.rs
    exit code 2
    -- stderr
    error: cannot read the frontmatter of `infostring.rs`: line 1: unknown infostring `toml`: expected `cargo`
    hint: see the example in `sealkit run --help`

    $ sealkit describe invalid.rs
    exit code 2
    -- stderr
    error: cannot read the frontmatter of `invalid.rs`: TOML parse error at line 3, column 8
      |
    3 | serde =
      |        ^
    string values must be quoted, expected literal string

    $ sealkit describe library.rs
    exit code 2
    -- stderr
    error: cannot read the frontmatter of `library.rs`: `lib` is not supported in a frontmatter
    hint: make a package: sealkit new NAME

    $ sealkit describe binary.rs
    exit code 2
    -- stderr
    error: cannot read `binary.rs`: it is not UTF-8
    hint: save it as UTF-8

    $ sealkit describe directory.rs
    exit code 2
    -- stderr
    error: cannot open `~/directory.rs`: Is a directory
    hint: TARGET is a source file, the name of a cargo target, or the path of a program

    $ sealkit describe missing.rs
    exit code 2
    -- stderr
    error: cannot open `~/missing.rs`: No such file or directory
    hint: TARGET is a source file, the name of a cargo target, or the path of a program
    ");
}

#[test]
fn a_script_that_cannot_be_built_here_is_an_error_with_a_hint() {
    let home = home();
    write(&home, "a.rs", "");
    write(&home, "file", "");
    fs::create_dir(home.path().join("empty")).unwrap();
    let describe = |variable: &str, value: &Path| {
        let finished =
            sealkit(&home, "describe").arg(home.path().join("a.rs")).env(variable, value).run().unwrap();
        home.normalize(&finished.to_string())
    };
    insta::assert_snapshot!(describe("XDG_CACHE_HOME", &home.path().join("file")), @"
    exit code 1
    -- stderr
    error: cannot write `~/file/sealkit`: Not a directory
    hint: set XDG_CACHE_HOME to a directory that you can write to
    ");
    insta::assert_snapshot!(describe("SEALKIT_SOURCE", &home.path().join("empty")), @"
    exit code 2
    -- stderr
    error: `~/empty` is not the directory of the crate `sealkit` or of its repository
    hint: correct `--sealkit`, or the variable SEALKIT_SOURCE
    ");
    insta::assert_snapshot!(describe("CARGO", &home.path().join("cargo")), @"
    exit code 1
    -- stderr
    error: cannot start `cargo`: No such file or directory
    hint: install Rust: https://rustup.rs
    ");
}

#[test]
fn a_new_package_runs() {
    let home = home();
    let path = home.path().join("my-tasks");
    let created = sealkit(&home, "new").arg(&path).run().unwrap();
    insta::assert_snapshot!(home.normalize(&created.to_string()), @"
    exit code 0
    -- stderr
    Created the package `~/my-tasks`. Next:
      sealkit create secret my_secret
      sealkit run ~/my-tasks/src/main.rs main
    ");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"), path.join("Cargo.lock")).unwrap();
    sealkit(&home, "create secret my_secret -f -").input("correct horse").run().unwrap();
    let shared = concat!(env!("CARGO_TARGET_TMPDIR"), "/scripts/sealkit/target");
    let command = sealkit(&home, "run").arg(path.join("src/main.rs")).arg("main");
    let finished = command.env("CARGO_BUILD_BUILD_DIR", shared).run().unwrap();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "13\n"), "{finished}");
    assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "/target\n");
    let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
    assert!(manifest.ends_with("\n[profile.dev.package.sealkit-guard]\nopt-level = 3\n"), "{manifest}");
    // Cargo warns of profiles in a member of a workspace.
    write(&home, "workspace/Cargo.toml", "[workspace]\nresolver = \"3\"\n");
    sealkit(&home, "new").arg(home.path().join("workspace/member")).run().unwrap();
    let member = fs::read_to_string(home.path().join("workspace/member/Cargo.toml")).unwrap();
    assert!(member.contains("sealkit") && !member.contains("profile"), "{member}");
    let again = sealkit(&home, "new").arg(&path).run().unwrap();
    insta::assert_snapshot!(home.normalize(&again.to_string()), @"
    exit code 2
    -- stderr
    error: `~/my-tasks` exists already
    hint: choose another name
    ");
}

#[test]
fn a_new_package_has_a_name_that_cargo_accepts() {
    let home = home();
    for (name, is_valid) in [
        ("a-b_c", true),
        ("match", false),
        ("test", false),
        ("1st", false),
        ("a b", false),
        ("build", false),
        ("", false),
    ] {
        let finished = sealkit(&home, "new").arg(home.path().join(name)).run().unwrap();
        assert_eq!(finished.code == Some(0), is_valid, "{finished}");
        assert_eq!(home.path().join(name).join("Cargo.toml").exists(), is_valid);
    }
    insta::assert_snapshot!(run(&home, "new", "match", ""), @"
    exit code 2
    -- stderr
    error: cannot create `~/match`: invalid package name `match`: it is a Rust keyword
    ");
}
