//! The search patterns of a value: its bytes in each encoding, and those of its leaves and keys.

mod base64;
mod fragments;
mod quotes;

use std::collections::BTreeSet;

use zeroize::Zeroizing;

pub(crate) use self::{
    base64::{decode, decode_into, is_base64},
    fragments::class_changes,
};
use crate::{
    Encoding, GuardMode, alphanumeric,
    keys::Keys,
    leaves::Leaves,
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

/// What a pattern stands for. Of two with the same bytes, the smaller one is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PatternInfo {
    /// Whether the check leaves the pattern out, because ordinary data may contain it.
    pub(crate) is_weak: bool,
    /// Whether the pattern matches only as a whole word.
    pub(crate) whole_word: bool,
    pub(crate) encoding: Encoding,
    /// The number of the secret.
    pub(crate) secret: u32,
}

/// Returns the patterns of up to `longest` bytes of the value of a secret, of its leaves and of the secret parts of its keys.
pub(crate) fn patterns(
    value: &[u8],
    mode: GuardMode,
    secret: u32,
    longest: usize,
) -> Vec<(ZeroizingBytes, PatternInfo)> {
    let mut patterns = PatternSet::new(secret, longest);
    for_each_part(value, |part, plain, keys| {
        // The mode is that of the value, not that of its fields, which may be public.
        let mode = if plain == Encoding::Plain { mode } else { GuardMode::Standard };
        patterns.add_part(part, plain, mode, keys);
    });
    patterns.found
}

/// Returns the patterns of up to `longest` bytes for a text that is reduced to its letters and digits.
pub(crate) fn alphanumeric_patterns(
    value: &[u8],
    secret: u32,
    longest: usize,
) -> Vec<(ZeroizingBytes, PatternInfo)> {
    let mut patterns = PatternSet::new(secret, longest);
    for_each_part(value, |part, _, _| {
        if Strength::of(part) == Strength::Full {
            patterns.add_alphanumeric(part);
        }
    });
    patterns.found
}

/// Calls `visit` with the value, its leaves and the secret parts of the keys in them. The encoding names what it is, and the keys are those
/// of a text.
fn for_each_part(value: &[u8], mut visit: impl FnMut(&[u8], Encoding, &Keys)) {
    let value = trim(value);
    let mut visit_with_keys = |text: &[u8], encoding, keys: &Keys| {
        visit(text, encoding, keys);
        for part in &keys.parts {
            visit(part, Encoding::Key, &Keys::default());
        }
    };
    let (leaves, mut keys) = (Leaves::of(value), Keys::of(value));
    let is_secret = |leaf: &&ZeroizingBytes| keys.may_be_secret_leaf(value, leaf);
    let fields: Vec<_> = leaves.found.iter().filter(is_secret).collect();
    keys.add_public(value, &leaves.public);
    visit_with_keys(value, Encoding::Plain, &keys);
    for field in fields {
        visit_with_keys(field, Encoding::Field, &Keys::of(field));
    }
}

/// A set of patterns without duplicates.
struct PatternSet {
    secret: u32,
    /// Longer patterns are left out.
    longest: usize,
    found: Vec<(ZeroizingBytes, PatternInfo)>,
    seen: BTreeSet<u64>,
}

impl PatternSet {
    fn new(secret: u32, longest: usize) -> Self {
        Self { secret, longest, found: Vec::new(), seen: BTreeSet::new() }
    }

    /// Adds a pattern if it is long enough and not in the set yet.
    fn add(&mut self, encoding: Encoding, pattern: &[u8]) {
        if pattern.len() >= MIN_PATTERN {
            self.insert(encoding, pattern, false, false);
        }
    }

    /// Adds a pattern if it is not in the set yet, and returns whether it was added.
    fn insert(&mut self, encoding: Encoding, pattern: &[u8], whole_word: bool, is_weak: bool) -> bool {
        let is_new = pattern.len() > self.longest || self.seen.insert(fingerprint(pattern));
        if is_new && pattern.len() <= self.longest {
            let info = PatternInfo { is_weak, whole_word, encoding, secret: self.secret };
            self.found.push((pattern.into(), info));
        }
        is_new
    }

    /// Adds the patterns of a part. `plain` is the encoding of the part itself.
    fn add_part(&mut self, part: &[u8], plain: Encoding, mode: GuardMode, keys: &Keys) {
        match Strength::in_mode(part, mode) {
            Strength::Full => {
                let whole_word = mode != GuardMode::Strict && Strength::is_word(part);
                // The same part may be in the value and in one of its leaves.
                if self.insert(plain, part, whole_word, false) {
                    self.add_encodings(part, plain, whole_word, keys);
                }
            }
            Strength::Weak(_) => {
                self.insert(plain, part, true, true);
            }
            Strength::None(_) => {}
        }
    }

    /// Adds the encodings of a value that consist of letters and digits.
    fn add_alphanumeric(&mut self, value: &[u8]) {
        let encoded = Encoded::new(value);
        let base64 = encoded.base64.iter().map(|(standard, _)| standard);
        for text in [value].into_iter().chain(encoded.hexadecimal.iter().chain(base64).map(|text| &**text)) {
            let mut pattern = ZeroizingBytes::default();
            alphanumeric::extend(&mut pattern, text);
            if pattern.len() >= MIN_ALPHANUMERIC_PATTERN {
                self.add(Encoding::Interleaved, &pattern);
            }
        }
    }

    /// Adds all encodings of `value` but the `plain` one.
    fn add_encodings(&mut self, value: &[u8], plain: Encoding, whole_word: bool, keys: &Keys) {
        let encoded = Encoded::new(value);
        for (standard, url_safe) in &encoded.base64 {
            self.add(Encoding::Base64, standard);
            if let Some(url_safe) = url_safe {
                self.add(Encoding::Base64, url_safe);
            }
        }
        encoded.hexadecimal.iter().for_each(|text| self.add(Encoding::Hexadecimal, text));
        let is_key_part = plain == Encoding::Key;
        fragments::for_each(value, &encoded, keys, is_key_part, |fragment| {
            self.add(Encoding::Fragment, fragment);
        });
        if value.len() > MAX_ESCAPED {
            return;
        }
        let [(once, _), ..] = &encoded.base64;
        for before in 0..3 {
            self.add(Encoding::Base64Twice, &base64::core(once, before));
        }
        match str::from_utf8(value) {
            Ok(text) => self.add_text_encodings(text, whole_word, keys),
            Err(_) => self.add_printable_runs(value),
        }
    }

    /// Adds the encodings that are defined for text only.
    fn add_text_encodings(&mut self, text: &str, whole_word: bool, keys: &Keys) {
        quotes::for_each(text, |pattern| self.add(Encoding::Quoted, pattern));
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let mut utf16 = ZeroizingBytes::with_capacity(2 * text.len());
            text.encode_utf16().for_each(|unit| utf16.extend(&to_bytes(unit)));
            self.add(Encoding::Utf16, &utf16);
            for before in 0..3 {
                self.add(Encoding::Utf16, &base64::core(&utf16, before));
            }
        }
        if let Some(uuid) = other_form_of_uuid(text) {
            self.add(Encoding::Hexadecimal, &uuid);
        }
        if text.len() <= MAX_SHORT_VALUE {
            let mut upper = ZeroizingBytes::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_uppercase).for_each(|c| push(&mut upper, c));
            let mut lower = ZeroizingBytes::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_lowercase).for_each(|c| push(&mut lower, c));
            for pattern in [&upper, &lower].into_iter().filter(|pattern| pattern.len() >= MIN_PATTERN) {
                self.insert(Encoding::LetterCase, pattern, whole_word, false);
            }
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
            for line in lines().map(str::trim).filter(|line| line.len() >= MIN_LINE) {
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
            self.add(Encoding::Line, &base64::core(line.as_bytes(), before));
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

/// The encodings of a value of which there are fragments, too.
struct Encoded {
    /// For each number of bytes before the value, modulo 3: with the standard alphabet, and with the URL-safe one if that differs.
    base64: [(ZeroizingBytes, Option<ZeroizingBytes>); 3],
    /// With digits in lower and in upper case.
    hexadecimal: [ZeroizingBytes; 2],
}

impl Encoded {
    fn new(value: &[u8]) -> Self {
        let base64 = [0, 1, 2].map(|before| {
            let standard = base64::core(value, before);
            let url_safe = base64::url_safe(&standard);
            (standard, url_safe)
        });
        let digits = [b"0123456789abcdef", b"0123456789ABCDEF"];
        Self { base64, hexadecimal: digits.map(|digits| hexadecimal(value, digits)) }
    }
}

/// Returns a keyed hash, so that the set of known patterns holds none of their bytes.
///
/// A collision would drop a pattern, but its probability is negligible.
fn fingerprint(bytes: &[u8]) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    thread_local! {
        static KEYS: RandomState = RandomState::new();
    }
    KEYS.with(|keys| keys.hash_one(bytes))
}

/// Returns a UUID without its dashes, or with them.
fn other_form_of_uuid(text: &str) -> Option<ZeroizingBytes> {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    if !matches!(text.len(), 32 | 36) {
        return None;
    }
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let digits = ZeroizingBytes::filtered(lower.as_bytes(), |byte| byte != b'-');
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let has_dashes = text.split('-').map(str::len).eq(GROUPS);
    if has_dashes {
        return Some(digits);
    }
    let mut uuid = ZeroizingBytes::with_capacity(36);
    let mut rest = &*digits;
    for length in GROUPS {
        let (group, after) = rest.split_at(length);
        uuid.extend(if uuid.is_empty() { b"" } else { b"-" });
        uuid.extend(group);
        rest = after;
    }
    (text.len() == digits.len()).then_some(uuid)
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
