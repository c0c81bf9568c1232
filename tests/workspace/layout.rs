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

/// Returns the `.rs` files of a directory and of its modules, relative to the directory. A module directory contains a
/// `main.rs`.
fn sources(directory: &Path) -> BTreeSet<String> {
    let mut sources: BTreeSet<String> = rust_files(directory).filter(|name| name != "build.rs").collect();
    for path in entries(directory).filter(|path| path.join("main.rs").exists()) {
        let module = path.file_name().unwrap().to_str().unwrap().to_owned();
        sources.extend(rust_files(&path).map(|name| format!("{module}/{name}")));
    }
    sources
}

fn rust_files(directory: &Path) -> impl Iterator<Item = String> {
    let files = entries(directory).filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path())
}

/// Returns the sources of the targets in a manifest, and of the modules in each `main.rs`.
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
    for name in ["tests", "tests/benchmarks", "tests/compile", "examples"] {
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

/// Returns the names of all crates that a package is built from.
fn packages(package: &str, features: &str) -> BTreeSet<String> {
    let tree = cargo(&format!("tree --locked -p {package} -e normal,build --prefix none {features}"));
    tree.lines().filter_map(|line| line.split(" (").next()).map(|line| line.trim().to_owned()).collect()
}

fn has(packages: &BTreeSet<String>, name: &str) -> bool {
    packages.iter().any(|package| package.split(' ').next() == Some(name))
}

#[test]
fn the_dependencies_of_users_are_few_and_without_a_network_stack() {
    let without = packages("sealkit", "--no-default-features");
    // A fifth of the dependencies of the official crate.
    assert!(without.len() <= 45, "{} crates: {without:#?}", without.len());
    // These are the dependencies of a user; other packages of the workspace need a network stack.
    let default = packages("sealkit", "");
    let network = ["hyper", "object_store", "reqwest", "rustls", "tonic", "socket2", "mio", "openssl", "h2"];
    for name in network {
        assert!(!has(&default, name), "a default build has {name}");
    }
    assert!(
        has(&packages("sealkit", "--features cluster"), "hyper"),
        "the crates of the network stack have other names"
    );
}

#[test]
fn an_image_has_object_stores_but_no_local_store() {
    let features = "--no-default-features --features cluster";
    let dockerfile = fs::read_to_string(root().join("examples/Dockerfile")).unwrap();
    assert!(dockerfile.contains(&format!("--package examples --bin using_secrets {features}")));
    assert!(!dockerfile.lines().any(|line| line.starts_with("ENTRYPOINT")));
    let image = packages("examples", features);
    assert!(has(&image, "object_store") && !has(&image, "sealkit-store"), "{image:#?}");
    // These need more than a C compiler to build, or shared libraries to run.
    for name in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!has(&image, name), "an image has {name}");
    }
}

#[test]
fn every_dependency_has_a_comment_with_its_reason() {
    for directory in entries(&root().join("crates")) {
        let path = directory.join("Cargo.toml");
        let (manifest, text) = (path.display(), fs::read_to_string(&path).unwrap());
        let Some((_, dependencies)) = text.split_once("[dependencies]") else { continue };
        let (dependencies, _) = dependencies.split_once("\n[").unwrap_or((dependencies, ""));
        let mut explained = false;
        for line in dependencies.lines() {
            explained = line.starts_with('#') || (explained && !line.is_empty());
            assert!(line.is_empty() || explained, "{manifest}: {line}");
        }
    }
}
