//! The targets and the dependencies of the workspace.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(line: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(line.split_whitespace()).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The `.rs` files of a directory and of the directories below it that hold a `main.rs`, relative to the directory.
fn sources(directory: &Path) -> BTreeSet<String> {
    let mut sources = BTreeSet::new();
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.join("main.rs").exists() {
            sources.extend(sources_in(&path).map(|source| format!("{name}/{source}")));
        } else if name.ends_with(".rs") && name != "build.rs" {
            sources.insert(name.to_owned());
        }
    }
    sources
}

fn sources_in(directory: &Path) -> impl Iterator<Item = String> {
    let names =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".rs"))
}

/// The sources of the targets that a manifest declares, and of the modules that a `main.rs` declares.
fn declared(directory: &Path) -> BTreeSet<String> {
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).unwrap();
    let mut declared = BTreeSet::new();
    for path in manifest.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"')) {
        if let Some(target) = path.strip_suffix("/main.rs") {
            let root = fs::read_to_string(directory.join(path)).unwrap();
            let modules = root.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
            declared.extend(modules.map(|module| format!("{target}/{module}.rs")));
        }
        if path.ends_with("/main.rs") || !path.contains('/') {
            declared.insert(path.to_owned());
        }
    }
    declared
}

#[test]
fn every_test_and_every_example_belongs_to_a_target() {
    for name in ["tests", "tests/compile", "examples"] {
        let directory = root().join(name);
        assert_eq!(
            sources(&directory),
            declared(&directory),
            "sources of {name} and targets in {name}/Cargo.toml"
        );
    }
}

#[test]
fn every_example_is_run_by_a_test() {
    let tests = fs::read_to_string(root().join("tests/workspace/examples.rs")).unwrap();
    for example in sources(&root().join("examples")) {
        let name = example.trim_end_matches(".rs");
        assert!(tests.contains(&format!("CARGO_BIN_EXE_example_{name}\"")), "no test runs {name}");
    }
}

/// The names of all crates that a package is built from.
fn packages(package: &str, features: &str) -> BTreeSet<String> {
    let tree = cargo(&format!("tree --locked -p {package} -e normal,build --prefix none {features}"));
    tree.lines().filter_map(|line| line.split(" (").next()).map(|line| line.trim().to_owned()).collect()
}

fn has(packages: &BTreeSet<String>, name: &str) -> bool {
    packages.iter().any(|package| package.split(' ').next() == Some(name))
}

#[test]
fn what_users_import_stays_light() {
    let without = packages("sealkit", "--no-default-features");
    // A fifth of what the official crate needs.
    assert!(without.len() <= 45, "{} crates: {without:#?}", without.len());
    // Other packages of the workspace may have it; this is what a user gets.
    let default = packages("sealkit", "");
    let network = ["hyper", "object_store", "reqwest", "rustls", "tonic", "socket2", "mio", "openssl", "h2"];
    for name in network {
        assert!(!has(&default, name), "a default build has {name}");
    }
    assert!(has(&packages("sealkit", "--features cluster"), "hyper"), "what is looked for has another name");
}

#[test]
fn an_image_is_built_with_object_stores_and_without_what_is_for_people() {
    let features = "--no-default-features --features cluster";
    let dockerfile = fs::read_to_string(root().join("examples/Dockerfile")).unwrap();
    assert!(dockerfile.contains(&format!("--package examples --bin using_secrets {features}")));
    assert!(!dockerfile.lines().any(|line| line.starts_with("ENTRYPOINT")));
    let image = packages("examples", features);
    assert!(has(&image, "object_store") && !has(&image, "sealkit-store"), "{image:#?}");
    // They want more of the machine that builds than a C compiler, or libraries on the one that runs.
    for name in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!has(&image, name), "an image has {name}");
    }
}

#[test]
fn every_dependency_has_a_reason() {
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let path = folder.unwrap().path().join("Cargo.toml");
        let (manifest, text) = (path.display(), fs::read_to_string(&path).unwrap());
        let (_, dependencies) = text.split_once("[dependencies]").unwrap();
        let (dependencies, _) = dependencies.split_once("\n[").unwrap_or((dependencies, ""));
        let mut explained = false;
        for line in dependencies.lines() {
            explained = line.starts_with('#') || (explained && !line.is_empty());
            assert!(line.is_empty() || explained, "{manifest}: {line}");
        }
    }
}
