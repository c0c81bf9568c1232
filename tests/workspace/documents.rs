//! The documents: their size, and the names that they mention.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// All files below a directory with one of these extensions.
fn files(directory: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|e| extension == *e)) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_readme_is_short() {
    assert!(read("README.md").lines().count() <= 180);
}

#[test]
fn no_source_file_has_more_than_400_lines() {
    for directory in ["crates", "examples", "tests"] {
        for path in files(&root().join(directory), &["rs"]) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_relative_link_of_a_document_leads_to_a_file() {
    for document in
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "crates/sealkit-store/FORMAT.md"]
    {
        let directory = root().join(document).parent().unwrap().to_owned();
        for link in read(document).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            let is_file = !path.is_empty() && !path.contains("://");
            assert!(!is_file || directory.join(path).exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn every_test_that_the_security_policy_names_exists() {
    let sources: String = ["crates", "tests"]
        .iter()
        .flat_map(|directory| files(&root().join(directory), &["rs"]))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let policy = read("SECURITY.md");
    let (_, guarantees) = policy.split_once("| proved by |").unwrap();
    let (guarantees, _) = guarantees.split_once("\n\n").unwrap();
    let rows: Vec<&str> =
        guarantees.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|--")).collect();
    assert!(rows.len() >= 16, "{rows:#?}");
    for row in rows {
        let proof = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "no test is called {name}");
        }
    }
}

#[test]
fn every_program_of_the_cookbook_is_documented() {
    let chapter = read("crates/sealkit/src/_documentation/cookbook.md");
    for entry in fs::read_dir(root().join("examples/cookbook")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!path.is_dir() || chapter.contains(&format!("cookbook/{name}/src/main.rs")), "{name}");
    }
}

/// Ignored code of the chapter cannot be compiled there, so it is compared with the program that is.
#[test]
fn the_code_of_the_cookbook_chapter_is_code_of_its_programs() {
    let programs: String = files(&root().join("examples/cookbook"), &["rs"])
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let programs: Vec<&str> = programs.lines().map(str::trim).collect();
    let chapter = read("crates/sealkit/src/_documentation/cookbook.md");
    let blocks: Vec<&str> =
        chapter.split("```ignore\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for line in blocks.iter().flat_map(|block| block.lines()) {
        let code = line.split(" //").next().unwrap().trim();
        assert!(code.is_empty() || programs.contains(&code), "no program has the line: {code}");
    }
}
