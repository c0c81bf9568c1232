//! The frontmatter of a script: the manifest between two fences at the beginning of a source file (RFC 3503).

use std::ops::Range;

/// The frontmatter of a source file.
#[derive(Debug, PartialEq)]
pub(crate) struct Frontmatter {
    /// The manifest, after one empty line for each line of the file before it: so errors have the line numbers of the file.
    pub(crate) manifest: String,
    /// The lines of the file from the opening to the closing fence.
    lines: Range<usize>,
}

/// An invalid frontmatter: the line, counted from 1, and what is wrong there.
#[derive(Debug, PartialEq)]
pub(crate) struct InvalidLine {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Frontmatter {
    /// Parses the frontmatter of a source file, if it has one. Only a shebang and empty lines may stand before it.
    ///
    /// # Errors
    ///
    /// Returns the invalid line if a fence is invalid or missing. The manifest itself is not parsed.
    pub(crate) fn parse(source: &str) -> Result<Option<Self>, InvalidLine> {
        let lines: Vec<&str> = source.trim_start_matches(BYTE_ORDER_MARK).lines().collect();
        let mut numbers = usize::from(has_shebang(source))..lines.len();
        let Some(open) = numbers.find(|at| !lines[*at].trim().is_empty()) else { return Ok(None) };
        let (dashes, info) = split_fence(lines[open]);
        if dashes < MIN_DASHES {
            return Ok(None);
        }
        let invalid = |at: usize, reason: String| Err(InvalidLine { line: at + 1, reason });
        if !["", "cargo"].contains(&info.trim()) {
            return invalid(open, format!("unknown infostring `{}`: expected `cargo`", info.trim()));
        }
        let fence = &lines[open][..dashes];
        let Some(close) = numbers.find(|at| split_fence(lines[*at]).0 >= dashes) else {
            return invalid(open, format!("the frontmatter is not closed: no line `{fence}` follows"));
        };
        if lines[close].trim_end() != fence {
            return invalid(close, format!("invalid closing fence: expected `{fence}`"));
        }
        let manifest = "\n".repeat(open + 1) + &lines[open + 1..close].join("\n");
        Ok(Some(Self { manifest, lines: open..close + 1 }))
    }

    /// Returns the source file with an empty line in place of each line of the frontmatter.
    pub(crate) fn remove_from(&self, source: &str) -> String {
        let lines = source.split_inclusive('\n').enumerate();
        lines.map(|(at, line)| if self.lines.contains(&at) { "\n" } else { line }).collect()
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';
const MIN_DASHES: usize = 3;

/// Returns whether the first line is a shebang. `#![` begins an attribute.
fn has_shebang(source: &str) -> bool {
    let rest = source.trim_start_matches(BYTE_ORDER_MARK).strip_prefix("#!");
    rest.is_some_and(|rest| !rest.trim_start().starts_with('['))
}

/// Splits a line into its leading dashes, which are counted, and the rest.
fn split_fence(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches('-');
    (line.len() - rest.len(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Option<String>, (usize, String)> {
        match Frontmatter::parse(source) {
            Ok(found) => Ok(found.map(|found| found.manifest)),
            Err(InvalidLine { line, reason }) => Err((line, reason)),
        }
    }

    #[test]
    fn a_manifest_keeps_its_line_numbers() {
        for (source, manifest) in [
            ("fn main() {}", None),
            ("", None),
            ("#!/bin/sh", None),
            ("--\n--\n", None),
            (" ---\n ---\n", None),
            ("// a comment\n---\n---\n", None),
            ("---\n---", Some("\n")),
            ("---\na = 1\n---\nfn main() {}", Some("\na = 1")),
            ("--- cargo \na = 1\n--- \n", Some("\na = 1")),
            ("---cargo\r\na = 1\r\nb = 2\r\n---\r\n", Some("\na = 1\nb = 2")),
            ("\u{feff}---\na = 1\n---\n", Some("\na = 1")),
            ("#!/usr/bin/env sealkit\n\n  \n---\na = 1\n---\n", Some("\n\n\n\na = 1")),
            ("-----\n---\n----\n-----\n", Some("\n---\n----")),
            ("#![allow(unused)]\n---\n---\n", None),
            ("#! \t[allow(unused)]\n---\n---\n", None),
        ] {
            assert_eq!(parse(source), Ok(manifest.map(str::to_owned)), "{source:?}");
        }
    }

    #[test]
    fn an_invalid_fence_is_an_error_with_its_line() {
        for (source, line, reason) in [
            ("\n---\na = 1\n", 2, "the frontmatter is not closed: no line `---` follows"),
            ("---", 1, "the frontmatter is not closed: no line `---` follows"),
            ("---toml\n---\n", 1, "unknown infostring `toml`: expected `cargo`"),
            ("---\na = 1\n----\n", 3, "invalid closing fence: expected `---`"),
            ("---\na = 1\n--- cargo\n", 3, "invalid closing fence: expected `---`"),
        ] {
            assert_eq!(parse(source), Err((line, reason.to_owned())), "{source:?}");
        }
    }

    #[test]
    fn a_file_without_its_frontmatter_keeps_its_line_numbers() {
        let source = "#!/usr/bin/env sealkit\r\n---\r\na = 1\r\n---\r\nfn main() {}\r\n";
        let removed = Frontmatter::parse(source).unwrap().unwrap().remove_from(source);
        assert_eq!(removed, "#!/usr/bin/env sealkit\r\n\n\n\nfn main() {}\r\n");
    }
}
