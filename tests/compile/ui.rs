//! Mistakes do not compile, and the compiler says what to write instead.

use std::{ffi::OsStr, fs, path::Path};

/// The one case that shows how several mistakes are told in one compile.
const SEVERAL: &str = "several_mistakes_at_once";

#[test]
fn every_mistake_is_told_in_plain_words_and_every_oddity_compiles() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui_pass/*.rs");
}

/// One mistake, one error: a second one would only tell of the first again.
#[test]
fn every_mistake_is_exactly_one_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = path.file_stem().and_then(OsStr::to_str).unwrap().to_owned();
        match path.extension().and_then(OsStr::to_str) {
            Some("rs") => {
                cases += 1;
                assert!(path.with_extension("stderr").exists(), "{case} does not say what the compiler says");
            }
            Some("stderr") => {
                assert!(path.with_extension("rs").exists(), "{case} has an error, but no mistake");
                let text = fs::read_to_string(path).unwrap();
                let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("error")).collect();
                if case == SEVERAL {
                    let mut different = errors.clone();
                    different.sort_unstable();
                    different.dedup();
                    assert_eq!(different.len(), errors.len(), "{case} tells a mistake twice: {errors:#?}");
                    assert!(errors.len() > 1, "{case} shows only {errors:#?}");
                } else {
                    assert_eq!(errors.len(), 1, "{case} is not one error, but {errors:#?}");
                }
                // A warning beside the error is a slip in the case.
                assert!(!text.lines().any(|line| line.starts_with("warning")), "{case} has a warning");
            }
            _ => panic!("{} is neither a mistake nor an error", path.display()),
        }
    }
    assert!(cases >= 25, "only {cases} cases were found");
}
