//! The strings of a JSON document. Programs that read a key file often print one of its fields.

use crate::zeroizing::ZeroizingBytes;

/// Shorter strings are ignored.
const MIN_STRING: usize = 8;
/// The maximum number of strings of a document.
const MAX_STRINGS: usize = 256;

/// Calls `visit` with each string of a JSON object or array that may be secret on its own.
///
/// The text is not validated: invalid JSON yields arbitrary parts of it, or nothing.
pub(super) fn for_each_string(text: &str, mut visit: impl FnMut(&[u8])) {
    if !text.starts_with(['{', '[']) {
        return;
    }
    let mut rest = text.as_bytes();
    let mut key: Option<ZeroizingBytes> = None;
    let mut count = 0;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let (string, after) = unescape(&rest[start + 1..]);
        rest = after;
        let is_key = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        if is_key {
            key = Some(string);
            continue;
        }
        let key = key.take();
        if string.len() >= MIN_STRING && !is_public(key.as_deref().unwrap_or_default(), &string) {
            visit(&string);
            count += 1;
        }
        if count == MAX_STRINGS {
            return;
        }
    }
}

/// Returns a string with its escapes resolved, and the text after its closing quote.
fn unescape(text: &[u8]) -> (ZeroizingBytes, &[u8]) {
    let mut string = ZeroizingBytes::with_capacity(text.len().min(4096));
    let mut rest = text;
    loop {
        match rest {
            [] => return (string, rest),
            [b'"', after @ ..] => return (string, after),
            [b'\\', b'u', after @ ..] => {
                let digits = after.get(..4).and_then(|digits| str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let mut utf8 = [0; 4];
                let c = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                string.extend(c.encode_utf8(&mut utf8).as_bytes());
                rest = after.get(4..).unwrap_or_default();
            }
            [b'\\', escaped, after @ ..] => {
                string.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    other => *other,
                });
                rest = after;
            }
            [byte, after @ ..] => {
                string.push(*byte);
                rest = after;
            }
        }
    }
}

/// Returns whether a string is usually public, such as the address of a server.
fn is_public(key: &[u8], string: &[u8]) -> bool {
    const KEYS: [&str; 9] =
        ["type", "user", "username", "host", "hostname", "engine", "dbname", "database", "region"];
    const ENDS: [&str; 6] = ["uri", "url", "_id", "identifier", "email", "domain"];
    let ends = |end: &[u8]| key.len() >= end.len() && key[key.len() - end.len()..].eq_ignore_ascii_case(end);
    KEYS.iter().any(|word| key.eq_ignore_ascii_case(word.as_bytes()))
        || ENDS.iter().any(|word| ends(word.as_bytes()))
        || string.starts_with(b"http")
        || string.contains(&b'@')
        || string.iter().all(|byte| byte.is_ascii_lowercase() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for_each_string(text, |string| found.push(String::from_utf8(string.to_vec()).unwrap()));
        found
    }

    #[test]
    fn public_and_short_strings_are_skipped() {
        let text = r#"{"type": "service_account", "private_key": "-----BEGIN\nabc\u00e9\"d", "n": 1,
            "auth_uri": "accounts.example", "list": ["Zx81-Spectrum", "short"], "client_email": "robot@example.com"}"#;
        assert_eq!(strings(text), ["-----BEGIN\nabc\u{e9}\"d", "Zx81-Spectrum"]);
    }

    #[test]
    fn invalid_json_does_not_panic() {
        for text in
            ["", "\"hunter2hunter2\"", "{\"a\\", "[\"abcdefgh\\u12", "{\"\\", "[\"unfinished Business"]
        {
            strings(text);
        }
        assert_eq!(strings("[\"unfinished Business"), ["unfinished Business"]);
    }
}
