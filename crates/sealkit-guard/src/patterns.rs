//! The search patterns of a value: its bytes in each encoding.

mod base64;
mod escapes;
mod fragments;
mod json;

use std::collections::BTreeSet;

use self::base64::{STANDARD, URL_SAFE};
pub(crate) use self::base64::{decode, is_base64};
use crate::{
    Encoding,
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
/// The minimum length of a line that is searched for on its own.
const MIN_LINE: usize = 16;

const LOWER_DIGITS: &[u8; 16] = b"0123456789abcdef";
const UPPER_DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Returns a pattern for each encoding of a value of full strength.
pub(crate) fn all_encodings(value: &[u8]) -> Vec<(Encoding, ZeroizingBytes)> {
    let mut patterns = PatternSet::default();
    let value = trim(value);
    patterns.add_encodings(value, Encoding::Plain);
    if let Ok(text) = str::from_utf8(value) {
        json::for_each_string(text, |string| {
            if Strength::of(string) == Strength::Full {
                patterns.add_encodings(string, Encoding::JsonField);
            }
        });
    }
    patterns.found
}

/// Returns the patterns for a text that is reduced to its letters and digits.
pub(crate) fn alphanumeric_encodings(value: &[u8]) -> Vec<ZeroizingBytes> {
    let value = trim(value);
    let mut patterns = PatternSet::default();
    let mut add = |encoded: &[u8]| {
        let pattern: ZeroizingBytes = alphanumeric(encoded);
        if pattern.len() >= MIN_ALPHANUMERIC_PATTERN {
            patterns.add(Encoding::Interleaved, &pattern);
        }
    };
    add(value);
    for digits in [LOWER_DIGITS, UPPER_DIGITS] {
        add(&hexadecimal(value, digits, "", ""));
    }
    for before in 0..3 {
        add(&base64::core(value, before, STANDARD));
    }
    patterns.found.into_iter().map(|(_, pattern)| pattern).collect()
}

/// A set of patterns without duplicates.
#[derive(Default)]
struct PatternSet {
    found: Vec<(Encoding, ZeroizingBytes)>,
    seen: BTreeSet<u128>,
}

impl PatternSet {
    /// Adds a pattern if it is long enough and not in the set yet.
    fn add(&mut self, encoding: Encoding, pattern: &[u8]) {
        let shortest = if encoding == Encoding::Plain { 1 } else { MIN_PATTERN };
        if pattern.len() >= shortest && self.seen.insert(fingerprint(pattern)) {
            self.found.push((encoding, pattern.into()));
        }
    }

    /// Adds all encodings of `value`. `plain` names the encoding of `value` itself.
    fn add_encodings(&mut self, value: &[u8], plain: Encoding) {
        self.add(plain, value);
        for before in 0..3 {
            self.add(Encoding::Base64, &base64::core(value, before, STANDARD));
            self.add(Encoding::Base64, &base64::core(value, before, URL_SAFE));
        }
        for digits in [LOWER_DIGITS, UPPER_DIGITS] {
            self.add(Encoding::Hexadecimal, &hexadecimal(value, digits, "", ""));
        }
        fragments::for_each(value, |fragment| self.add(Encoding::Fragment, fragment));
        if value.len() > MAX_ESCAPED {
            return;
        }
        let once = base64::core(value, 0, STANDARD);
        for before in 0..3 {
            self.add(Encoding::Base64Twice, &base64::core(&once, before, STANDARD));
        }
        if value.len() <= MAX_SHORT_VALUE {
            for digits in [LOWER_DIGITS, UPPER_DIGITS] {
                self.add(Encoding::Hexadecimal, &hexadecimal(value, digits, "", " "));
                self.add(Encoding::Hexadecimal, &hexadecimal(value, digits, "", ":"));
            }
            self.add(Encoding::Hexadecimal, &hexadecimal(value, LOWER_DIGITS, "\\x", ""));
        }
        escapes::escape_bytes(value, |encoding, pattern| self.add(encoding, pattern));
        match str::from_utf8(value) {
            Ok(text) => self.add_text_encodings(text),
            Err(_) => self.add_printable_runs(value),
        }
    }

    /// Adds the encodings that are defined for text only.
    fn add_text_encodings(&mut self, text: &str) {
        escapes::escape_text(text, |encoding, pattern| self.add(encoding, pattern));
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
                self.add_line(line);
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

/// Returns the hexadecimal digits of `value`, with `prefix` before each byte and `separator` between bytes.
fn hexadecimal(value: &[u8], digits: &[u8; 16], prefix: &str, separator: &str) -> ZeroizingBytes {
    let mut text = ZeroizingBytes::with_capacity(value.len() * (2 + prefix.len() + separator.len()));
    for (index, byte) in value.iter().enumerate() {
        text.extend(if index == 0 { "" } else { separator }.as_bytes());
        text.extend(prefix.as_bytes());
        text.extend(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    }
    text
}

fn push(buffer: &mut ZeroizingBytes, c: char) {
    buffer.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}
