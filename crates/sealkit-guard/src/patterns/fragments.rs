//! Fragments of long values, which are found where a value is truncated, wrapped or only partly written.

use super::{Encoded, base64};
use crate::keys::Keys;

/// Encoded values of at most this many bytes are not split into fragments.
const MAX_WHOLE: usize = 40;
/// The same for parts of keys, which are numbers without the zeros at their beginning.
const MAX_WHOLE_PART: usize = 32;
/// The minimum length of a fragment.
const MIN_FRAGMENT: usize = 16;
/// A shorter run of base64 characters does not show whether it encodes words.
const MIN_BASE64_RUN: usize = 8;
/// The maximum number of fragments of an encoded value. Longer values have longer fragments.
const MAX_FRAGMENTS: usize = 1024;

/// Calls `visit` with the fragments of the value, of its base64 and of its hexadecimal digits.
///
/// Fragments that ordinary text or other secrets may contain are left out.
///
/// A key is long, so it has fewer: of its text, as it is and in base64 from the beginning; of its parts, in standard base64 and in
/// lower-case hexadecimal digits.
pub(super) fn for_each(
    value: &[u8],
    encoded: &Encoded,
    keys: &Keys,
    is_key_part: bool,
    mut visit: impl FnMut(&[u8]),
) {
    let is_text = str::from_utf8(value).is_ok();
    // An encoded fragment is judged by the bytes of the value that it encodes.
    let is_unique =
        |from: usize, to: usize| keys.may_be_secret(&(from..to)) && is_random_part(value, from, to, is_text);
    let (alignments, alphabets, digits) = match (keys.parts.is_empty(), is_key_part) {
        (false, _) => (1, 1, 0),
        (true, true) => (3, 1, 1),
        (true, false) => (3, 2, 2),
    };
    let max_whole = if is_key_part { MAX_WHOLE_PART } else { MAX_WHOLE };
    split(value, max_whole, &mut visit, is_unique);
    for (before, (standard, url_safe)) in encoded.base64.iter().enumerate().take(alignments) {
        for text in [Some(standard), url_safe.as_ref()].into_iter().take(alphabets).flatten() {
            split(text, max_whole, &mut visit, |from, to| {
                let (start, end) = base64::source(before, from, to);
                is_unique(start, end)
            });
        }
    }
    for text in encoded.hexadecimal.iter().take(digits) {
        split(text, max_whole, &mut visit, |from, to| is_unique(from / 2, to / 2));
    }
}

/// Splits an encoded value into fragments and calls `visit` with the ones that are unique.
fn split(
    encoded: &[u8],
    max_whole: usize,
    mut visit: impl FnMut(&[u8]),
    is_unique: impl Fn(usize, usize) -> bool,
) {
    if encoded.len() <= max_whole {
        return;
    }
    let length = MIN_FRAGMENT.max(encoded.len() / MAX_FRAGMENTS);
    for (index, fragment) in encoded.chunks_exact(length).enumerate() {
        let from = index * length;
        if is_unique(from, from + length) {
            visit(fragment);
        }
    }
    let last = encoded.len() - length;
    if is_unique(last, encoded.len()) {
        visit(&encoded[last..]);
    }
}

/// Returns whether a part of `value` looks random.
///
/// Binary data does. Words of any script do not, and neither does base64 of words, with which all tokens of one kind begin.
fn is_random_part(value: &[u8], from: usize, to: usize, is_text: bool) -> bool {
    let part = &value[from..to.min(value.len())];
    if is_text {
        return is_random(part) && !encodes_words(part);
    }
    let binary = part.iter().filter(|byte| !byte.is_ascii() || byte.is_ascii_control()).count();
    is_random(part) || binary * 4 > part.len()
}

/// Returns whether every run of base64 characters in `part` encodes printable text.
fn encodes_words(part: &[u8]) -> bool {
    let is_printable = |run: &[u8]| {
        let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        (0..4).any(|start| base64::decode(&run[start..]).iter().all(printable))
    };
    let mut runs =
        part.split(|byte| !base64::is_base64(*byte)).filter(|run| run.len() >= MIN_BASE64_RUN).peekable();
    runs.peek().is_some() && runs.all(is_printable)
}

/// Returns whether ASCII text looks random: its characters often change between lower case, upper case and digits.
pub(super) fn is_random(text: &[u8]) -> bool {
    if text.iter().all(u8::is_ascii_hexdigit) {
        class_changes(text) * 4 >= text.len()
    } else {
        class_changes(text) * 8 >= 3 * text.len()
    }
}

/// Returns how often ASCII text changes between lower case, upper case and digits.
pub(crate) fn class_changes(text: &[u8]) -> usize {
    #[derive(PartialEq)]
    enum Class {
        Lower,
        Upper,
        Digit,
        Other,
    }
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        _ => Class::Other,
    };
    text.windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]) && pair.iter().all(u8::is_ascii_alphanumeric))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_dates_and_base64_of_words_are_not_random() {
        for fragment in [
            "correct horse ba",
            "\"type\": \"service",
            "https://www.goog",
            "eDirectoryEndpoi",
            "auth_provider_x5",
            "----------------",
            "2026-11-24T14:30",
            "0000000000000000",
            "AAAAAAAAAAAAAAAA",
        ] {
            assert!(!is_random(fragment.as_bytes()), "{fragment}");
        }
        for fragment in ["kJ8vQ2mZ7xT4wP9n", "9f86d081884c7d65", "b3Bxk2Lq9ZxV7wTe"] {
            assert!(is_random(fragment.as_bytes()), "{fragment}");
        }
        assert!(is_random_part(&[0x9c, 0xff, 0x00, 0x81], 0, 4, false));
        for token in ["eyJhbGciOiJIUzI1", "VCJ9.eyJzdWIiOiI", "IQoJb3JpZ2luX2Vj"] {
            assert!(is_random(token.as_bytes()) && !is_random_part(token.as_bytes(), 0, 16, true), "{token}");
        }
        let greek = "Ελλάδα 4111".as_bytes();
        assert!(!is_random_part(greek, 0, greek.len(), true));
    }

    #[test]
    fn any_31_bytes_of_a_random_value_contain_a_fragment() {
        let value: Vec<u8> = b"kJ8vQ2mZ7xT4wP9n".iter().cycle().take(300).copied().collect();
        let mut found = Vec::new();
        for_each(&value, &Encoded::new(&value), &Keys::default(), false, |fragment| {
            found.push(fragment.to_vec());
        });
        for part in value.windows(31) {
            assert!(
                found.iter().any(|fragment| part.windows(fragment.len()).any(|window| window == fragment))
            );
        }
    }

    #[test]
    fn the_first_line_of_a_private_key_is_not_a_fragment() {
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let key = format!("-----BEGIN PRIVATE KEY-----\n{line}\nkJ8vQ2mZ7xT4wP9nkJ8vQ2mZ7xT4wP9n\n");
        let key = key.as_bytes();
        for_each(key, &Encoded::new(key), &Keys::of(key), false, |fragment| {
            let fragment = String::from_utf8_lossy(fragment);
            assert!(!line.contains(&*fragment), "{fragment}");
        });
    }
}
