//! The workspace is what it says it is.

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

/// The `.rs` files right below a folder that declares its targets.
fn sources(folder: &str) -> BTreeSet<String> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn declared(folder: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let paths = manifest.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'));
    paths.filter(|path| !path.contains('/')).map(str::to_owned).collect()
}

#[test]
fn no_test_and_no_example_is_forgotten() {
    for folder in ["tests", "examples"] {
        assert_eq!(sources(folder), declared(folder), "{folder}/Cargo.toml declares what is in {folder}");
    }
}

#[test]
fn every_example_is_run_by_a_test() {
    let tests = fs::read_to_string(root().join("tests/examples.rs")).unwrap();
    for example in sources("examples") {
        let name = example.trim_end_matches(".rs");
        assert!(tests.contains(&format!("CARGO_BIN_EXE_example_{name}\"")), "{name} is run by no test");
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
