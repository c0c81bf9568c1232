//! Error messages of the macros.

use std::{ffi::OsStr, fs, path::Path};

/// The only case with several errors.
const SEVERAL: &str = "several_errors_at_once";

#[test]
fn invalid_programs_report_the_expected_errors() {
    // Without cases that pass, trybuild checks all of them with one command.
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

/// A second error for the same mistake would be noise.
#[test]
fn every_invalid_program_reports_exactly_one_error() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut cases = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let case = path.file_stem().and_then(OsStr::to_str).unwrap().to_owned();
        match path.extension().and_then(OsStr::to_str) {
            Some("rs") => {
                cases += 1;
                assert!(path.with_extension("stderr").exists(), "{case} has no .stderr file");
            }
            Some("stderr") => {
                assert!(path.with_extension("rs").exists(), "{case} has no .rs file");
                let text = fs::read_to_string(path).unwrap();
                let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("error")).collect();
                if case == SEVERAL {
                    let mut unique = errors.clone();
                    unique.sort_unstable();
                    unique.dedup();
                    assert_eq!(unique.len(), errors.len(), "{case} reports an error twice: {errors:#?}");
                    assert!(errors.len() > 1, "{case} reports only {errors:#?}");
                } else {
                    assert_eq!(errors.len(), 1, "{case} reports {errors:#?}");
                }
                // A warning means that the case has another mistake.
                assert!(!text.lines().any(|line| line.starts_with("warning")), "{case} has a warning");
            }
            _ => panic!("{} is neither an .rs nor a .stderr file", path.display()),
        }
    }
    assert!(cases >= 25, "only {cases} cases were found");
}
