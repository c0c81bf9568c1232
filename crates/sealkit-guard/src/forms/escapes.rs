//! Escapes: what programs write in place of characters that mean something to the reader.

use std::fmt::Write;

use super::Form;
use crate::wiped::Wiped;

impl Write for Wiped {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

/// The escaped forms of any bytes.
pub(super) fn of_bytes(value: &[u8], mut with: impl FnMut(Form, &[u8])) {
    for quote in [b'\'', b'"'] {
        with(Form::Quoted, &python_bytes(value, quote));
    }
    // RFC 3986, in both cases; `quote` of Python, which keeps slashes; forms of HTML; the two functions of JavaScript.
    let kept: [(&[u8], bool, bool); 6] = [
        (b"-._~", true, false),
        (b"-._~", false, false),
        (b"-._~/", true, false),
        (b"-._~*", true, true),
        (b"-._~!*'()", true, false),
        (b"-._~!*'();,/?:@&=+$#", true, false),
    ];
    for (kept, upper, plus) in kept {
        with(Form::Percent, &percent(value, kept, upper, plus));
    }
    with(Form::Percent, &each_byte(value, |to, byte| write!(to, "%{byte:02X}")));
}

/// The escaped forms of text.
pub(super) fn of_text(text: &str, mut with: impl FnMut(Form, &[u8])) {
    for (slash, html, ascii) in [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (false, false, true),
        (true, false, true),
        (false, true, true),
    ] {
        with(Form::Json, &json(text, slash, html, ascii));
    }
    for ascii in [false, true] {
        let once = json(text, false, false, ascii);
        if let Ok(once) = str::from_utf8(&once) {
            with(Form::Json, &json(once, false, false, ascii));
        }
    }

    let mut rust = Wiped::with_capacity(2 * text.len() + 2);
    let _ = write!(rust, "{text:?}");
    with(Form::Quoted, rust.get(1..rust.len() - 1).unwrap_or_default());
    for quote in ['\'', '"'] {
        with(Form::Quoted, &python_text(text, quote));
    }
    with(Form::Quoted, &replaced(text, &[('"', "\"\"")]));
    with(Form::Quoted, &replaced(text, &[('\'', "''")]));

    with(Form::Shell, &replaced(text, &[('\'', "'\\''")]));
    with(Form::Shell, &replaced(text, &[('\'', "'\"'\"'")]));
    with(Form::Shell, &replaced(text, &[('"', "\\\"")]));
    with(Form::Shell, &replaced(text, &[('\\', "\\\\")]));
    with(Form::Shell, &replaced(text, &[('"', "\\\""), ('\\', "\\\\"), ('$', "\\$"), ('`', "\\`")]));
    with(Form::Shell, &replaced(text, &[('$', "$$")]));
    let mut backslashes = Wiped::with_capacity(2 * text.len());
    for c in text.chars() {
        let plain = c.is_alphanumeric() || ",._+:@%/-".contains(c);
        let _ = write!(backslashes, "{}{c}", if plain { "" } else { "\\" });
    }
    with(Form::Shell, &backslashes);

    let angles = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")];
    let quotes: [&[(char, &str)]; 5] = [
        &[],
        &[('"', "&quot;")],
        &[('"', "&quot;"), ('\'', "&#39;")],
        &[('"', "&quot;"), ('\'', "&#x27;")],
        &[('"', "&quot;"), ('\'', "&apos;")],
    ];
    for quotes in quotes {
        with(Form::Markup, &replaced(text, &[&angles, quotes].concat()));
    }
    with(Form::Markup, &replaced(text, &[('"', "&#34;"), ('\'', "&#39;"), angles[0], angles[1], angles[2]]));
}

fn each_byte(value: &[u8], write: impl Fn(&mut Wiped, u8) -> std::fmt::Result) -> Wiped {
    let mut to = Wiped::with_capacity(4 * value.len());
    for byte in value {
        let _ = write(&mut to, *byte);
    }
    to
}

fn percent(value: &[u8], kept: &[u8], upper: bool, plus: bool) -> Wiped {
    each_byte(value, |to, byte| match byte {
        b' ' if plus => to.write_char('+'),
        byte if byte.is_ascii_alphanumeric() || kept.contains(&byte) => to.write_char(byte.into()),
        byte if upper => write!(to, "%{byte:02X}"),
        byte => write!(to, "%{byte:02x}"),
    })
}

/// Inside `"…"` of JSON: with `\/`, with `\u003c` for what means something in HTML, with `\u00e9` for all but ASCII.
fn json(text: &str, slash: bool, html: bool, ascii: bool) -> Wiped {
    let mut to = Wiped::with_capacity(2 * text.len());
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

/// Inside `'…'` or `"…"` of `repr(text)`.
fn python_text(text: &str, quote: char) -> Wiped {
    let mut to = Wiped::with_capacity(2 * text.len());
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

/// Inside `b'…'` or `b"…"` of `repr(value)`.
fn python_bytes(value: &[u8], quote: u8) -> Wiped {
    each_byte(value, |to, byte| match byte {
        b'\\' => to.write_str("\\\\"),
        b'\n' => to.write_str("\\n"),
        b'\r' => to.write_str("\\r"),
        b'\t' => to.write_str("\\t"),
        byte if byte == quote => write!(to, "\\{}", char::from(byte)),
        b' '..=b'~' => to.write_char(byte.into()),
        byte => write!(to, "\\x{byte:02x}"),
    })
}

fn replaced(text: &str, replacements: &[(char, &str)]) -> Wiped {
    let mut to = Wiped::with_capacity(2 * text.len());
    for c in text.chars() {
        let _ = match replacements.iter().find(|(from, _)| *from == c) {
            Some((_, by)) => to.write_str(by),
            None => to.write_char(c),
        };
    }
    to
}
