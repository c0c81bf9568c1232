//! The strings of a JSON document.

use crate::zeroizing::ZeroizingBytes;

use super::names::{self, Class};

/// Calls `visit` with each string of a JSON object or array, the name of its field, and what the names of the fields around it say; also
/// with numbers whose name is secret. In an array of the class `outer`, a string is of the class itself.
///
/// The text is not validated: invalid JSON yields arbitrary parts of it, or nothing.
pub(crate) fn for_each(text: &str, outer: Class, mut visit: impl FnMut(&str, Class, &str)) {
    let mut rest = text.as_bytes();
    let mut name = ZeroizingBytes::default();
    // Whether each container is an array, and its class.
    let mut containers: Vec<(bool, Class)> = Vec::new();
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        for byte in &rest[..start] {
            let (is_array, class) = containers.last().copied().unwrap_or((true, outer));
            let class = || {
                let name = str::from_utf8(&name).unwrap_or_default();
                if is_array { class } else { names::class_inside(name, class) }
            };
            match byte {
                b'[' => containers.push((true, class())),
                b'{' => {
                    containers.push((false, if containers.is_empty() { Class::Neutral } else { class() }));
                }
                b']' | b'}' => drop(containers.pop()),
                _ => {}
            }
        }
        let (is_array, class) = containers.last().copied().unwrap_or((true, outer));
        let (string, after) = unescape(&rest[start + 1..]);
        rest = after.trim_ascii_start();
        let Ok(text) = str::from_utf8(&string) else { continue };
        let Some(value) = rest.strip_prefix(b":") else {
            let name = if is_array { "" } else { str::from_utf8(&name).unwrap_or_default() };
            visit(name, if is_array { class } else { names::class_inside(name, class) }, text);
            continue;
        };
        rest = value.trim_ascii_start();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let class = names::class(text);
        if digits > 0
            && class.is_secret()
            && let Ok(digits) = str::from_utf8(&rest[..digits])
        {
            visit(text, class, digits);
        }
        name = string;
    }
}

/// Returns the bytes of a JSON array of numbers, as key files have them.
pub(super) fn bytes(text: &str) -> Option<ZeroizingBytes> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut bytes = ZeroizingBytes::with_capacity(inside.len() / 2);
    for number in inside.split(',') {
        bytes.push(number.trim().parse().ok()?);
    }
    Some(bytes)
}

/// Returns a string with its escapes resolved, and the text after its closing quote.
fn unescape(text: &[u8]) -> (ZeroizingBytes, &[u8]) {
    let mut string = ZeroizingBytes::with_capacity(text.len().min(4096));
    let mut rest = text;
    let code = |after: &[u8]| {
        let digits = after.get(..4).and_then(|digits| str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    loop {
        match rest {
            [] => return (string, rest),
            [b'"', after @ ..] => return (string, after),
            [b'\\', b'u', after @ ..] => {
                rest = after.get(4..).unwrap_or_default();
                let mut number = code(after);
                if let (Some(high @ 0xd800..0xdc00), [b'\\', b'u', low @ ..]) = (number, rest)
                    && let Some(code @ 0xdc00..0xe000) = code(low)
                {
                    number = Some(0x1_0000 + ((high - 0xd800) << 10) + (code - 0xdc00));
                    rest = low.get(4..).unwrap_or_default();
                }
                let c = number.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                string.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for_each(text, Class::Neutral, |name, _, string| found.push((name.to_owned(), string.to_owned())));
        found
    }

    #[test]
    fn strings_have_names() {
        let text =
            r#"{"a": "x\u00e9\ud83d\udd11\"y", "pin": 739184, "n": 1, "list": ["b", "c"], "d" : {"e": ""}}"#;
        let found = strings(text);
        let expected = [("a", "x\u{e9}\u{1f511}\"y"), ("pin", "739184"), ("", "b"), ("", "c"), ("e", "")];
        assert_eq!(found, expected.map(|(name, string)| (name.to_owned(), string.to_owned())));
    }

    #[test]
    fn invalid_json_does_not_panic() {
        for text in
            ["", "\"hunter2hunter2\"", "{\"a\\", "[\"abcdefgh\\u12", "{\"\\", "[\"\\ud800\\u", "{\"a\":"]
        {
            strings(text);
        }
        assert_eq!(strings("[\"unfinished Business"), [(String::new(), "unfinished Business".to_owned())]);
    }
}
