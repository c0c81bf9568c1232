//! Checks data for secrets, including secrets that are interleaved with other characters or nested in base64.

use std::{cell::LazyCell, collections::BTreeMap, fmt};

use crate::{
    Encoding, Guard, Strength, alphanumeric,
    classes::{Blocks, Characters, Runs},
    patterns::{decode_into, is_base64},
    strength::trim,
    zeroizing::ZeroizingBytes,
};

/// The shortest run of base64 characters that is decoded. A shorter one is found without decoding it.
const MIN_BASE64_RUN: u32 = 16;
/// Runs of base64 characters and line breaks.
static BASE64_RUNS: Runs = Runs {
    characters: {
        let mut characters = Characters::new(b"\r\n");
        let mut character = 0;
        while character < 128 {
            if is_base64(character) {
                characters.insert(character);
            }
            character += 1;
        }
        characters
    },
    length: MIN_BASE64_RUN,
};
/// How many bytes are searched together for letters and digits.
const PART: usize = 16 * 1024;
/// How many decoded bytes are searched together: most runs are short.
const DECODED: usize = 16 * 1024;
/// What is between them, so that none goes on in the next one.
const SEPARATOR: &[u8] = b"\0\x01\0\x02\0\x01\0";
/// How many layers of base64 are decoded.
const MAX_LAYERS: usize = 2;

/// A secret that [`Guard::check`] found.
///
/// Its `Display` text is meant for error messages and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    name: String,
    encoding: Encoding,
    offset: Option<usize>,
    length: usize,
}

impl Finding {
    pub(crate) fn new(name: String, encoding: Encoding, offset: Option<usize>, length: usize) -> Self {
        Self { name, encoding, offset, length }
    }

    /// Returns the name of the secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the encoding in which the secret was found.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Sets the length of the whole data, for a finding in a part of it.
    #[must_use]
    pub fn of_length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    /// Removes the byte offset, for data that the reader of the message sees in a different representation.
    #[must_use]
    pub fn without_offset(mut self) -> Self {
        self.offset = None;
        self
    }
}

/// Writes the finding as in `` `db/password` (percent-encoded, at byte 17 of 64) ``.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}", self.name, self.encoding)?;
        if let Some(offset) = self.offset {
            write!(f, ", at byte {offset} of {}", self.length)?;
        }
        f.write_str(")")
    }
}

impl Guard {
    /// Returns the secrets that `output` contains, each once.
    ///
    /// The check finds more than [`Guard::redact`]: it also finds secrets that are interleaved with other characters
    /// and secrets that are nested in base64. A weak secret is found only if it is all of `output`.
    pub fn check(&self, output: &[u8]) -> Vec<Finding> {
        if self.secrets.is_empty() {
            return Vec::new();
        }
        let mut found: BTreeMap<u32, (Encoding, Option<usize>)> = BTreeMap::new();
        self.find_full_strength(output, &mut |secret, encoding, offset| {
            let first = found.entry(secret).or_insert((encoding, Some(offset)));
            if Some(offset) < first.1 {
                *first = (encoding, Some(offset));
            }
        });
        let trimmed = LazyCell::new(|| trim(output));
        for (id, secret) in (0..).zip(&self.secrets) {
            if matches!(secret.strength, Strength::Weak(_)) && **trimmed == *secret.value {
                found.insert(id, (Encoding::Plain, Some(0)));
            }
        }
        let mut add = |secret: u32, encoding| {
            found.entry(secret).or_insert((encoding, None));
        };
        self.find_interleaved(output, &mut |secret| add(secret, Encoding::Interleaved));
        self.find_in_base64(output, MAX_LAYERS, &mut |secret| add(secret, Encoding::NestedBase64));
        let finding = |(secret, (encoding, offset)): (u32, _)| {
            Finding::new(self.name(secret).to_owned(), encoding, offset, output.len())
        };
        found.into_iter().map(finding).collect()
    }

    /// Calls `found` with the secret, encoding and offset of each match of a secret of full strength.
    fn find_full_strength(&self, text: &[u8], found: &mut dyn FnMut(u32, Encoding, usize)) {
        self.search(text, None, true, &mut |matched| {
            let pattern = self.patterns[matched.pattern as usize];
            if !pattern.is_weak {
                found(pattern.secret, matched.encoding, matched.start);
            }
        });
    }

    /// Calls `found` with each secret whose letters and digits follow each other in those of `text`.
    fn find_interleaved(&self, text: &[u8], found: &mut dyn FnMut(u32)) {
        let patterns = self.alphanumeric();
        let Some(before) = patterns.scanner.longest().checked_sub(1) else { return };
        let mut kept = ZeroizingBytes::default();
        // Part by part, so that a large text takes little memory.
        let mut parts = text.chunks(PART.max(4 * before)).peekable();
        while let Some(part) = parts.next() {
            alphanumeric::extend(&mut kept, part);
            patterns.scanner.find(&kept, &mut |_, id| found(patterns.secrets[id as usize]));
            if parts.peek().is_some() {
                kept.drain(kept.len().saturating_sub(before));
            }
        }
    }

    /// Decodes each run of base64 characters and searches the result, recursively for `layers` layers.
    fn find_in_base64(&self, text: &[u8], layers: usize, found: &mut dyn FnMut(u32)) {
        if layers == 0 || self.scanner.is_empty() {
            return;
        }
        // Shorter ones decode to less than the shortest pattern.
        let min = self.filter.shortest().saturating_mul(4) / 3;
        let mut decoded = ZeroizingBytes::default();
        for_each_base64_run(text, min, |run| {
            // Other base64 characters may precede the encoded data: try all four alignments.
            for start in 0..4 {
                decode_into(&run[start..], &mut decoded);
                decoded.extend(SEPARATOR);
                if decoded.len() >= DECODED {
                    self.find_in_decoded(&decoded, layers, found);
                    decoded.clear();
                }
            }
        });
        self.find_in_decoded(&decoded, layers, found);
    }

    fn find_in_decoded(&self, decoded: &[u8], layers: usize, found: &mut dyn FnMut(u32)) {
        if decoded.is_empty() {
            return;
        }
        self.find_full_strength(decoded, &mut |secret, _, _| found(secret));
        self.find_in_base64(decoded, layers - 1, found);
    }
}

/// Calls `visit` with each run of at least `min` base64 characters, and of no less than [`MIN_BASE64_RUN`]. Line breaks inside a run are
/// skipped.
fn for_each_base64_run(text: &[u8], min: usize, mut visit: impl FnMut(&[u8])) {
    let mut end = 0_usize;
    for (offset, classes) in Blocks::new(text, &BASE64_RUNS) {
        while let Some(at) = classes.token_from(end.saturating_sub(offset)) {
            // Of each run, this is the first byte at which it is long enough.
            let known = offset + at + 1;
            end = known
                + text[known..].iter().take_while(|byte| BASE64_RUNS.characters.contains(**byte)).count();
            let run = &text[known - MIN_BASE64_RUN as usize..end];
            let breaks = run.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
            match run.len() - breaks {
                length if length < min.max(MIN_BASE64_RUN as usize) => {}
                _ if breaks == 0 => visit(run),
                _ => visit(&ZeroizingBytes::filtered(run, is_base64)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "k3Jq-71xT/wPz";

    fn check(output: &str) -> Option<String> {
        Guard::new([("db/password", VALUE)]).check(output.as_bytes()).first().map(ToString::to_string)
    }

    #[test]
    fn a_finding_names_the_secret_the_encoding_and_the_offset() {
        assert_eq!(check("k3Jq-71xT/wPz").unwrap(), "`db/password` (in plain text, at byte 0 of 13)");
        assert_eq!(
            check("url?p=k3Jq-71xT%2FwPz").unwrap(),
            "`db/password` (percent-encoded, at byte 6 of 21)"
        );
        assert_eq!(check("k3Jq-71xT/wP"), None);
    }

    #[test]
    fn a_value_that_is_interleaved_with_other_characters_is_found() {
        assert_eq!(
            check("[\"k\",\"3\",\"J\",\"q\",\"-\",\"7\",\"1\",\"x\",\"T\",\"/\",\"w\",\"P\",\"z\"]").unwrap(),
            "`db/password` (with other characters in between)"
        );
    }

    #[test]
    fn a_value_that_is_interleaved_is_found_wherever_a_large_text_is_divided() {
        let guard = Guard::new([("db/password", VALUE)]);
        let spaced = VALUE.replace("", " ");
        for before in PART - spaced.len()..=PART {
            let text = ["x".repeat(before), spaced.clone(), "x ".repeat(PART)].concat();
            let [found] = &guard.check(text.as_bytes())[..] else { panic!("{before}") };
            assert_eq!(found.encoding(), Encoding::Interleaved);
        }
    }

    #[test]
    fn a_value_that_is_nested_in_base64_is_found() {
        // {"auth":"dXNlcjprM0pxLTcxeFQvd1B6"} in base64, wrapped at 20 characters. The inner base64 is `user:` and the value.
        let output = "eyJhdXRoIjoiZFhObGNq\ncHJNMHB4TFRjeGVGUXZk\nMUI2In0=";
        assert_eq!(check(output).unwrap(), "`db/password` (inside base64-encoded data)");
    }

    #[test]
    fn the_runs_of_base64_are_those_of_a_simple_search() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..2000 {
            let text: String = (0..random.usize(..300))
                .map(|_| char::from(*random.choice(b"aB9+/-_Z0z5qaB9+/-_Z0z5q=\r\n").unwrap()))
                .collect();
            let min = random.usize(MIN_BASE64_RUN as usize..40);
            let joined = text.replace(['\r', '\n'], "");
            let expected: Vec<&str> = joined.split('=').filter(|run| run.len() >= min).collect();
            let mut found = Vec::new();
            for_each_base64_run(text.as_bytes(), min, |run| {
                found.push(String::from_utf8_lossy(run).into_owned());
            });
            assert_eq!(found, expected, "{text:?}, {min}");
        }
    }

    #[test]
    fn a_weak_value_is_found_only_if_it_is_the_whole_output() {
        let guard = Guard::new([("pin", "739184")]);
        assert_eq!(guard.check(b" 739184\n").len(), 1);
        assert_eq!(guard.check(b"id 739184").len(), 0);
    }
}
