//! The search patterns of a value: its bytes in each encoding, and those of its leaves and keys.

mod base64;
mod fragments;
mod quotes;

use std::collections::BTreeSet;

use self::base64::{STANDARD, URL_SAFE};
pub(crate) use self::{
    base64::{decode, is_base64},
    fragments::class_changes,
};
use crate::{
    Encoding,
    keys::Keys,
    leaves::leaves,
    strength::{Strength, trim},
    zeroizing::ZeroizingBytes,
};

/// The minimum length of an encoded pattern. Shorter ones would match by chance.
const MIN_PATTERN: usize = 7;
/// The minimum length of a pattern for a text that is reduced to its letters and digits.
const MIN_ALPHANUMERIC_PATTERN: usize = 10;
/// Longer values are searched for in base64, in hexadecimal and in fragments, but not in escaped encodings.
const MAX_ESCAPED: usize = 64 * 1024;
/// Longer values are not searched for in encodings that are only used for short values.
const MAX_SHORT_VALUE: usize = 128;
/// A longer sequence of letters is no word.
const MAX_WORD: usize = 16;
/// The minimum length of a line that is searched for on its own.
const MIN_LINE: usize = 16;

const LOWER_DIGITS: &[u8; 16] = b"0123456789abcdef";
const UPPER_DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// What is searched for.
pub(crate) struct Pattern {
    pub(crate) bytes: ZeroizingBytes,
    pub(crate) encoding: Encoding,
    /// Whether it matches only as a whole word.
    pub(crate) whole_word: bool,
    /// Whether ordinary data may contain it.
    pub(crate) is_weak: bool,
}

/// Returns the patterns of a value: its encodings, and those of its leaves and of the secret parts of its keys.
pub(crate) fn patterns(value: &[u8], strength: Strength) -> Vec<Pattern> {
    let mut patterns = PatternSet::default();
    let value = trim(value);
    let keys = Keys::of(value);
    patterns.add_value(value, strength, Encoding::Plain, &keys);
    for part in &keys.parts {
        patterns.add_value(part, Strength::of(part), Encoding::Key, &Keys::default());
    }
    for leaf in leaves(value) {
        let keys = Keys::of(&leaf);
        patterns.add_value(&leaf, Strength::of(&leaf), Encoding::Field, &keys);
        for part in &keys.parts {
            patterns.add_value(part, Strength::of(part), Encoding::Key, &Keys::default());
        }
    }
    patterns.found
}

/// Returns the patterns for a text that is reduced to its letters and digits.
pub(crate) fn alphanumeric_patterns(value: &[u8]) -> Vec<ZeroizingBytes> {
    let value = trim(value);
    let mut patterns = PatternSet::default();
    patterns.add_alphanumeric(value);
    for part in Keys::of(value).parts {
        patterns.add_alphanumeric(&part);
    }
    for leaf in leaves(value) {
        if Strength::of(&leaf) == Strength::Full {
            patterns.add_alphanumeric(&leaf);
        }
        for part in Keys::of(&leaf).parts {
            patterns.add_alphanumeric(&part);
        }
    }
    patterns.found.into_iter().map(|pattern| pattern.bytes).collect()
}

/// A set of patterns without duplicates.
#[derive(Default)]
struct PatternSet {
    found: Vec<Pattern>,
    seen: BTreeSet<u128>,
    /// Whether the patterns of the current value match only as a whole word.
    whole_word: bool,
    /// Whether the current value is a part of a key.
    is_key_part: bool,
}

impl PatternSet {
    /// Adds a pattern if it is long enough and not in the set yet.
    fn add(&mut self, encoding: Encoding, pattern: &[u8]) {
        let shortest = if encoding == Encoding::Plain { 1 } else { MIN_PATTERN };
        if pattern.len() >= shortest {
            let is_word = matches!(encoding, Encoding::Plain | Encoding::Field | Encoding::LetterCase);
            self.insert(encoding, pattern, self.whole_word && is_word, false);
        }
    }

    /// Adds a pattern if it is not in the set yet, and returns whether it was added.
    fn insert(&mut self, encoding: Encoding, pattern: &[u8], whole_word: bool, is_weak: bool) -> bool {
        let is_new = self.seen.insert(fingerprint(pattern));
        if is_new {
            self.found.push(Pattern { bytes: pattern.into(), encoding, whole_word, is_weak });
        }
        is_new
    }

    /// Adds the patterns of a value of this strength. `plain` names the encoding of the value itself.
    fn add_value(&mut self, value: &[u8], strength: Strength, plain: Encoding, keys: &Keys) {
        match strength {
            Strength::Full => {
                // `deploy` is a part of other words.
                self.whole_word = value.iter().all(u8::is_ascii_alphabetic) && value.len() <= MAX_WORD;
                self.is_key_part = plain == Encoding::Key;
                // A part of a key that was found in the value and in one of its fields has its patterns.
                if self.insert(plain, value, self.whole_word, false) {
                    self.add_encodings(value, keys);
                }
            }
            Strength::Weak(_) => drop(self.insert(plain, value, true, true)),
            Strength::None(_) => {}
        }
    }

    /// Adds the encodings of a value that consist of letters and digits.
    fn add_alphanumeric(&mut self, value: &[u8]) {
        let digits = [LOWER_DIGITS, UPPER_DIGITS].map(|digits| hexadecimal(value, digits));
        let base64 = [0, 1, 2].map(|before| base64::core(value, before, STANDARD));
        for encoded in [value].into_iter().chain(digits.iter().chain(&base64).map(|encoded| &**encoded)) {
            let pattern: ZeroizingBytes = alphanumeric(encoded);
            if pattern.len() >= MIN_ALPHANUMERIC_PATTERN {
                self.add(Encoding::Interleaved, &pattern);
            }
        }
    }

    /// Adds all encodings of `value` but the plain one.
    fn add_encodings(&mut self, value: &[u8], keys: &Keys) {
        for before in 0..3 {
            self.add(Encoding::Base64, &base64::core(value, before, STANDARD));
            self.add(Encoding::Base64, &base64::core(value, before, URL_SAFE));
        }
        for digits in [LOWER_DIGITS, UPPER_DIGITS] {
            self.add(Encoding::Hexadecimal, &hexadecimal(value, digits));
        }
        fragments::for_each(value, keys, self.is_key_part, |fragment| self.add(Encoding::Fragment, fragment));
        if value.len() > MAX_ESCAPED {
            return;
        }
        let once = base64::core(value, 0, STANDARD);
        for before in 0..3 {
            self.add(Encoding::Base64Twice, &base64::core(&once, before, STANDARD));
        }
        match str::from_utf8(value) {
            Ok(text) => self.add_text_encodings(text, keys),
            Err(_) => self.add_printable_runs(value),
        }
    }

    /// Adds the encodings that are defined for text only.
    fn add_text_encodings(&mut self, text: &str, keys: &Keys) {
        quotes::for_each(text, |pattern| self.add(Encoding::Quoted, pattern));
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let mut utf16 = ZeroizingBytes::with_capacity(2 * text.len());
            text.encode_utf16().for_each(|unit| utf16.extend(&to_bytes(unit)));
            self.add(Encoding::Utf16, &utf16);
            for before in 0..3 {
                self.add(Encoding::Utf16, &base64::core(&utf16, before, STANDARD));
            }
        }
        if text.len() <= MAX_SHORT_VALUE {
            let mut upper = ZeroizingBytes::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_uppercase).for_each(|c| push(&mut upper, c));
            self.add(Encoding::LetterCase, &upper);
            let mut lower = ZeroizingBytes::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_lowercase).for_each(|c| push(&mut lower, c));
            self.add(Encoding::LetterCase, &lower);
            let mut reversed = ZeroizingBytes::with_capacity(text.len());
            text.chars().rev().for_each(|c| push(&mut reversed, c));
            self.add(Encoding::Reversed, &reversed);
        }
        if text.contains(['\n', '\r']) {
            // Python's universal newlines also split at a lone `\r`.
            let lines =
                || text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
            for separator in ["\n", "\r\n", " ", "", "\\n"] {
                let mut joined = ZeroizingBytes::with_capacity(2 * text.len());
                for (index, line) in lines().enumerate() {
                    joined.extend(if index == 0 { "" } else { separator }.as_bytes());
                    joined.extend(line.as_bytes());
                }
                self.add(Encoding::LineBreaks, &joined);
            }
            // The first two lines of a PEM file are the same in many keys.
            let shared = if text.starts_with("-----") { 2 } else { 0 };
            for line in lines().skip(shared).map(str::trim).filter(|line| line.len() >= MIN_LINE) {
                let start = line.as_ptr() as usize - text.as_ptr() as usize;
                if keys.may_be_secret_line(&(start..start + line.len())) {
                    self.add_line(line);
                }
            }
        }
    }

    /// Adds a line of a value, unless ordinary text may contain the same line.
    fn add_line(&mut self, line: &str) {
        if line.starts_with("-----") || !fragments::is_random(line.as_bytes()) {
            return;
        }
        self.add(Encoding::Line, line.as_bytes());
        for before in 0..3 {
            self.add(Encoding::Line, &base64::core(line.as_bytes(), before, STANDARD));
        }
    }

    /// Adds the printable parts of a binary value, which survive a lossy conversion to text.
    fn add_printable_runs(&mut self, value: &[u8]) {
        for run in value.split(|byte| !byte.is_ascii_graphic()).filter(|run| run.len() >= 8) {
            if Strength::of(run) == Strength::Full {
                self.add(Encoding::Fragment, run);
            }
        }
    }
}

/// Returns a keyed hash of 128 bits, so that the set of known patterns holds none of their bytes.
///
/// A collision would drop a pattern, but its probability is negligible.
fn fingerprint(bytes: &[u8]) -> u128 {
    use std::hash::{BuildHasher as _, RandomState};
    thread_local! {
        static KEYS: [RandomState; 2] = [RandomState::new(), RandomState::new()];
    }
    KEYS.with(|keys| (u128::from(keys[0].hash_one(bytes)) << 64) | u128::from(keys[1].hash_one(bytes)))
}

/// Returns the ASCII letters and digits of `text`.
pub(crate) fn alphanumeric(text: &[u8]) -> ZeroizingBytes {
    let mut letters_and_digits = ZeroizingBytes::with_capacity(text.len());
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).for_each(|byte| letters_and_digits.push(*byte));
    letters_and_digits
}

/// Returns the hexadecimal digits of `value`.
fn hexadecimal(value: &[u8], digits: &[u8; 16]) -> ZeroizingBytes {
    let mut text = ZeroizingBytes::with_capacity(value.len() * 2);
    for byte in value {
        text.extend(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    }
    text
}

fn push(buffer: &mut ZeroizingBytes, c: char) {
    buffer.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}
