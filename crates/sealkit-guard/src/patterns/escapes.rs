//! Escaped encodings: percent-encoding, JSON, string literals, shells and XML.

use std::fmt::Write;

use crate::{Encoding, zeroizing::ZeroizingBytes};

impl Write for ZeroizingBytes {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

/// Calls `visit` with each escaped encoding that is defined for arbitrary bytes.
pub(super) fn escape_bytes(value: &[u8], mut visit: impl FnMut(Encoding, &[u8])) {
    for quote in [b'\'', b'"'] {
        visit(Encoding::StringLiteral, &python_bytes(value, quote));
    }
    // In this order: RFC 3986 with upper-case and lower-case digits, Python's `quote`, HTML forms, JavaScript's
    // `encodeURIComponent` and `encodeURI`.
    let variants: [(&[u8], bool, bool); 6] = [
        (b"-._~", true, false),
        (b"-._~", false, false),
        (b"-._~/", true, false),
        (b"-._~*", true, true),
        (b"-._~!*'()", true, false),
        (b"-._~!*'();,/?:@&=+$#", true, false),
    ];
    for (unescaped, upper, plus) in variants {
        visit(Encoding::Percent, &percent(value, unescaped, upper, plus));
    }
    visit(Encoding::Percent, &map_bytes(value, |to, byte| write!(to, "%{byte:02X}")));
}

/// Calls `visit` with each escaped encoding that is defined for text only.
pub(super) fn escape_text(text: &str, mut visit: impl FnMut(Encoding, &[u8])) {
    for (slash, html, ascii) in [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (false, false, true),
        (true, false, true),
        (false, true, true),
    ] {
        visit(Encoding::Json, &json(text, slash, html, ascii));
    }
    for ascii in [false, true] {
        let once = json(text, false, false, ascii);
        if let Ok(once) = str::from_utf8(&once) {
            visit(Encoding::Json, &json(once, false, false, ascii));
        }
    }

    let mut rust = ZeroizingBytes::with_capacity(2 * text.len() + 2);
    let _ = write!(rust, "{text:?}");
    visit(Encoding::StringLiteral, rust.get(1..rust.len() - 1).unwrap_or_default());
    for quote in ['\'', '"'] {
        visit(Encoding::StringLiteral, &python_text(text, quote));
    }
    visit(Encoding::StringLiteral, &replace(text, &[('"', "\"\"")]));
    visit(Encoding::StringLiteral, &replace(text, &[('\'', "''")]));

    visit(Encoding::Shell, &replace(text, &[('\'', "'\\''")]));
    visit(Encoding::Shell, &replace(text, &[('\'', "'\"'\"'")]));
    visit(Encoding::Shell, &replace(text, &[('"', "\\\"")]));
    visit(Encoding::Shell, &replace(text, &[('\\', "\\\\")]));
    visit(Encoding::Shell, &replace(text, &[('"', "\\\""), ('\\', "\\\\"), ('$', "\\$"), ('`', "\\`")]));
    visit(Encoding::Shell, &replace(text, &[('$', "$$")]));
    let mut backslashes = ZeroizingBytes::with_capacity(2 * text.len());
    for c in text.chars() {
        let is_safe = c.is_alphanumeric() || ",._+:@%/-".contains(c);
        let _ = write!(backslashes, "{}{c}", if is_safe { "" } else { "\\" });
    }
    visit(Encoding::Shell, &backslashes);

    let angles = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")];
    let quotes: [&[(char, &str)]; 5] = [
        &[],
        &[('"', "&quot;")],
        &[('"', "&quot;"), ('\'', "&#39;")],
        &[('"', "&quot;"), ('\'', "&#x27;")],
        &[('"', "&quot;"), ('\'', "&apos;")],
    ];
    for quotes in quotes {
        visit(Encoding::Xml, &replace(text, &[&angles, quotes].concat()));
    }
    visit(Encoding::Xml, &replace(text, &[('"', "&#34;"), ('\'', "&#39;"), angles[0], angles[1], angles[2]]));
}

fn map_bytes(value: &[u8], write: impl Fn(&mut ZeroizingBytes, u8) -> std::fmt::Result) -> ZeroizingBytes {
    let mut to = ZeroizingBytes::with_capacity(4 * value.len());
    for byte in value {
        let _ = write(&mut to, *byte);
    }
    to
}

/// Percent-encodes all bytes but letters, digits and the `unescaped` ones. With `plus`, a space becomes `+`.
fn percent(value: &[u8], unescaped: &[u8], upper: bool, plus: bool) -> ZeroizingBytes {
    map_bytes(value, |to, byte| match byte {
        b' ' if plus => to.write_char('+'),
        byte if byte.is_ascii_alphanumeric() || unescaped.contains(&byte) => to.write_char(byte.into()),
        byte if upper => write!(to, "%{byte:02X}"),
        byte => write!(to, "%{byte:02x}"),
    })
}

/// Escapes text for a JSON string.
///
/// `slash` escapes `/` as `\/`. `html` escapes `<`, `>` and `&`, as Go does. `ascii` escapes all characters outside ASCII.
fn json(text: &str, slash: bool, html: bool, ascii: bool) -> ZeroizingBytes {
    let mut to = ZeroizingBytes::with_capacity(2 * text.len());
    for c in text.chars() {
        let _ = match c {
            '"' => to.write_str("\\\""),
            '\\' => to.write_str("\\\\"),
            '\n' => to.write_str("\\n"),
            '\r' => to.write_str("\\r"),
            '\t' => to.write_str("\\t"),
            '\u{8}' => to.write_str("\\b"),
            '\u{c}' => to.write_str("\\f"),
            '/' if slash => to.write_str("\\/"),
            '<' | '>' | '&' if html => write!(to, "\\u{:04x}", u32::from(c)),
            c if c < ' ' || (ascii && !c.is_ascii()) || (html && matches!(c, '\u{2028}' | '\u{2029}')) => {
                c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(to, "\\u{unit:04x}"))
            }
            c => to.write_char(c),
        };
    }
    to
}

/// Escapes text as Python's `repr` of a `str` does.
fn python_text(text: &str, quote: char) -> ZeroizingBytes {
    let mut to = ZeroizingBytes::with_capacity(2 * text.len());
    for c in text.chars() {
        let _ = match c {
            '\\' => to.write_str("\\\\"),
            '\n' => to.write_str("\\n"),
            '\r' => to.write_str("\\r"),
            '\t' => to.write_str("\\t"),
            c if c == quote => write!(to, "\\{c}"),
            c if c.is_ascii_graphic() || c == ' ' => to.write_char(c),
            c if c.is_control() || c.is_whitespace() => match u32::from(c) {
                code @ 0..=0xff => write!(to, "\\x{code:02x}"),
                code @ 0..=0xffff => write!(to, "\\u{code:04x}"),
                code => write!(to, "\\U{code:08x}"),
            },
            c => to.write_char(c),
        };
    }
    to
}

/// Escapes bytes as Python's `repr` of `bytes` does.
fn python_bytes(value: &[u8], quote: u8) -> ZeroizingBytes {
    map_bytes(value, |to, byte| match byte {
        b'\\' => to.write_str("\\\\"),
        b'\n' => to.write_str("\\n"),
        b'\r' => to.write_str("\\r"),
        b'\t' => to.write_str("\\t"),
        byte if byte == quote => write!(to, "\\{}", char::from(byte)),
        b' '..=b'~' => to.write_char(byte.into()),
        byte => write!(to, "\\x{byte:02x}"),
    })
}

/// Replaces characters of `text`.
fn replace(text: &str, replacements: &[(char, &str)]) -> ZeroizingBytes {
    let mut to = ZeroizingBytes::with_capacity(2 * text.len());
    for c in text.chars() {
        let _ = match replacements.iter().find(|(from, _)| *from == c) {
            Some((_, replacement)) => to.write_str(replacement),
            None => to.write_char(c),
        };
    }
    to
}
