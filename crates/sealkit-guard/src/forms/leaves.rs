//! The strings of a JSON document: whoever reads a key file writes one of them.

use crate::wiped::Wiped;

const SHORTEST: usize = 8;
/// Deeper than this, nobody looks.
const MOST: usize = 256;

/// Calls `with` for every string of an object or a list that may be secret itself.
///
/// What is no JSON gives strange strings or none, which does no harm.
pub(super) fn each(text: &str, mut with: impl FnMut(&[u8])) {
    if !text.starts_with(['{', '[']) {
        return;
    }
    let mut rest = text.as_bytes();
    let mut key: Option<Wiped> = None;
    let mut count = 0;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let (string, after) = string(&rest[start + 1..]);
        rest = after;
        let is_key = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        if is_key {
            key = Some(string);
            continue;
        }
        let key = key.take();
        if string.len() >= SHORTEST && !is_public(key.as_deref().unwrap_or_default(), &string) {
            with(&string);
            count += 1;
        }
        if count == MOST {
            return;
        }
    }
}

/// A string without its escapes, and what comes after it.
fn string(text: &[u8]) -> (Wiped, &[u8]) {
    let mut string = Wiped::with_capacity(text.len().min(4096));
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

/// Whether a string stands in many documents that are no secret, as the address of a server does.
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

    fn leaves(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(text, |leaf| found.push(String::from_utf8(leaf.to_vec()).unwrap()));
        found
    }

    #[test]
    fn the_strings_that_may_be_secret_are_found() {
        let text = r#"{"type": "service_account", "private_key": "-----BEGIN\nabc\u00e9\"d", "n": 1,
            "auth_uri": "accounts.example", "list": ["Zx81-Spectrum", "short"], "client_email": "robot@example.com"}"#;
        assert_eq!(leaves(text), ["-----BEGIN\nabc\u{e9}\"d", "Zx81-Spectrum"]);
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        for text in
            ["", "\"hunter2hunter2\"", "{\"a\\", "[\"abcdefgh\\u12", "{\"\\", "[\"unfinished Business"]
        {
            leaves(text);
        }
        assert_eq!(leaves("[\"unfinished Business"), ["unfinished Business"]);
    }
}
