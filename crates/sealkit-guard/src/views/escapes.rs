//! The escapes of URLs, programming languages, shells, directories, XML and terminals.

use super::entities;
use crate::classes::{Blocks, NO_TOKENS};

/// Which escapes are read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// A bit for each kind of escape: `PERCENT`, `BACKSLASH`, `ENTITY`, `TERMINAL`. A value may contain what looks like an escape of
    /// another kind.
    pub(super) kinds: u8,
    /// Whether a backslash before two hexadecimal digits is a byte, as in LDAP. Elsewhere, it begins an octal escape, as in C.
    pub(super) hex_pairs: bool,
}

pub(super) const PERCENT: u8 = 1;
pub(super) const BACKSLASH: u8 = 2;
pub(super) const ENTITY: u8 = 4;
pub(super) const TERMINAL: u8 = 8;

impl Style {
    pub(super) const ALL: Self = Self { kinds: PERCENT | BACKSLASH | ENTITY | TERMINAL, hex_pairs: false };
    pub(super) const TERMINAL: Self = Self { kinds: TERMINAL, hex_pairs: false };
}

/// The kind of escape that each byte begins, or 0.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    kinds[b'%' as usize] = PERCENT;
    kinds[b'\\' as usize] = BACKSLASH;
    kinds[b'&' as usize] = ENTITY;
    kinds[0x1b] = TERMINAL;
    kinds
};

/// Returns the kind of escape that `byte` begins, or 0.
#[inline]
pub(crate) const fn kind(byte: u8) -> u8 {
    KINDS[byte as usize]
}

/// Returns the kinds of escapes in which `byte` may come after the first one.
pub(super) fn kinds_before(byte: u8) -> u8 {
    let percent = if byte.is_ascii_hexdigit() || byte == b'u' { PERCENT } else { 0 };
    let entity = if byte.is_ascii_alphanumeric() || byte == b'#' { ENTITY } else { 0 };
    let terminal = if byte.is_ascii_graphic() || byte == b' ' { TERMINAL } else { 0 };
    BACKSLASH | percent | entity | terminal
}

/// The beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A byte that stands for itself.
    Literal,
    /// An escape that stands for the first `count` of `bytes`, or for nothing.
    Escape { length: usize, bytes: [u8; 4], count: usize, is_ambiguous: bool },
    /// An escape that is cut off.
    Incomplete,
}

/// Returns the offsets of the bytes that may begin an escape.
pub(super) fn candidates(text: &[u8]) -> impl Iterator<Item = usize> {
    Blocks::new(text, &NO_TOKENS).flat_map(|(offset, classes)| classes.escapes().map(move |at| offset + at))
}

/// Returns the kinds of escapes in `text`.
pub(super) fn kinds(text: &[u8]) -> u8 {
    let escapes = candidates(text).filter(|at| unit(&text[*at..], Style::ALL) != Unit::Literal);
    escapes.fold(0, |kinds, at| kinds | kind(text[at]))
}

/// The longest sequence that a terminal is expected to interpret.
const MAX_TERMINAL_SEQUENCE: usize = 256;

/// Returns the escape with which `text` begins.
pub(super) fn unit(text: &[u8], style: Style) -> Unit {
    match kind(text[0]) & style.kinds {
        PERCENT => percent(text),
        BACKSLASH => backslash(text, style.hex_pairs),
        ENTITY => entity(text),
        TERMINAL => terminal(text),
        _ => Unit::Literal,
    }
}

fn escape(length: usize, bytes: &[u8]) -> Unit {
    let mut array = [0; 4];
    array[..bytes.len()].copy_from_slice(bytes);
    Unit::Escape { length, bytes: array, count: bytes.len(), is_ambiguous: false }
}

fn character(length: usize, code: u32) -> Unit {
    match char::from_u32(code) {
        Some(c) => escape(length, c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => Unit::Literal,
    }
}

/// Returns the byte of two hexadecimal digits at `from`.
fn hex_byte(text: &[u8], from: usize) -> Option<u8> {
    hex(text, from, 2).and_then(|number| u8::try_from(number).ok())
}

/// Returns the number of `digits` hexadecimal digits at `from`.
fn hex(text: &[u8], from: usize, digits: usize) -> Option<u32> {
    let digits = text.get(from..from + digits)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// Returns `Incomplete` if the text ends within `digits` hexadecimal digits from `from`, and `Literal` if something else is there.
fn cut(text: &[u8], from: usize, digits: usize) -> Unit {
    let rest = text.get(from..).unwrap_or_default();
    let is_cut = rest.len() < digits && rest.iter().all(u8::is_ascii_hexdigit);
    if is_cut { Unit::Incomplete } else { Unit::Literal }
}

fn percent(text: &[u8]) -> Unit {
    if text.get(1) == Some(&b'u') {
        return hex(text, 2, 4).map_or_else(|| cut(text, 2, 4), |code| character(6, code));
    }
    hex_byte(text, 1).map_or_else(|| cut(text, 1, 2), |byte| escape(3, &[byte]))
}

fn backslash(text: &[u8], hex_pairs: bool) -> Unit {
    let Some(next) = text.get(1).copied() else { return Unit::Incomplete };
    let pair = hex_byte(text, 1);
    if hex_pairs {
        if let Some(byte) = pair {
            return escape(3, &[byte]);
        }
        if text.len() == 2 && next.is_ascii_hexdigit() {
            return Unit::Incomplete;
        }
    }
    let unit = match next {
        b'x' => match hex_byte(text, 2) {
            Some(byte) => escape(4, &[byte]),
            None => or_itself(cut(text, 2, 2), next),
        },
        b'u' if text.get(2) == Some(&b'{') => braces(text),
        b'u' => match hex(text, 2, 4) {
            Some(high @ 0xd800..0xdc00) => surrogates(text, high),
            Some(code) => character(6, code),
            None => or_itself(cut(text, 2, 4), next),
        },
        b'U' => match hex(text, 2, 8) {
            Some(code) => character(10, code),
            None => or_itself(cut(text, 2, 8), next),
        },
        b'0'..=b'7' => octal(text),
        b'n' => escape(2, b"\n"),
        b't' => escape(2, b"\t"),
        b'r' => escape(2, b"\r"),
        b'b' => escape(2, b"\x08"),
        b'f' => escape(2, b"\x0c"),
        b'v' => escape(2, b"\x0b"),
        b'a' => escape(2, b"\x07"),
        b'e' => escape(2, b"\x1b"),
        // A line that continues.
        b'\n' => escape(2, b""),
        other => escape(2, &[other]),
    };
    match unit {
        Unit::Escape { length, bytes, count, .. } => {
            Unit::Escape { length, bytes, count, is_ambiguous: pair.is_some() }
        }
        other => other,
    }
}

/// Returns the unit of a backslash before a letter that does not begin a longer escape.
fn or_itself(unit: Unit, letter: u8) -> Unit {
    if unit == Unit::Literal { escape(2, &[letter]) } else { unit }
}

/// `\u{1f511}`
fn braces(text: &[u8]) -> Unit {
    let digits = text[3..].iter().take(7).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match text.get(3 + digits) {
        Some(b'}') if (1..=6).contains(&digits) => {
            hex(text, 3, digits).map_or(Unit::Literal, |code| character(4 + digits, code))
        }
        None => Unit::Incomplete,
        Some(_) => escape(2, b"u"),
    }
}

/// `\ud83d\udd11`
fn surrogates(text: &[u8], high: u32) -> Unit {
    const LOW: &[u8] = b"\\u";
    let rest = &text[6..];
    if !LOW.starts_with(&rest[..rest.len().min(2)]) {
        return escape(6, "\u{fffd}".as_bytes());
    }
    match hex(rest, 2, 4) {
        Some(low @ 0xdc00..0xe000) => character(12, 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
        None if cut(rest, 2, 4) == Unit::Incomplete => Unit::Incomplete,
        _ => escape(6, "\u{fffd}".as_bytes()),
    }
}

/// Up to three digits.
fn octal(text: &[u8]) -> Unit {
    let digits = text[1..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let number = |digits: usize| {
        let digits = text[1..=digits].iter();
        digits.fold(0_u16, |number, digit| number * 8 + u16::from(digit - b'0'))
    };
    if digits < 3 && text.len() == 1 + digits {
        return Unit::Incomplete;
    }
    // A number above 255 has a digit less.
    let fitting = (1..=digits).rev().find_map(|digits| Some((digits, u8::try_from(number(digits)).ok()?)));
    fitting.map_or(Unit::Literal, |(digits, byte)| escape(1 + digits, &[byte]))
}

fn entity(text: &[u8]) -> Unit {
    let body = &text[1..];
    let length = body
        .iter()
        .take(entities::MAX_NAME + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
        .count();
    let name = &body[..length];
    match body.get(length) {
        Some(b';') => {}
        None if length <= entities::MAX_NAME => return Unit::Incomplete,
        _ => return Unit::Literal,
    }
    let code = match name {
        [b'#', b'x' | b'X', digits @ ..] if (1..=6).contains(&digits.len()) => hex(digits, 0, digits.len()),
        [b'#', digits @ ..] if (1..=7).contains(&digits.len()) => {
            str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok())
        }
        _ => entities::code(name),
    };
    code.map_or(Unit::Literal, |code| character(length + 2, code))
}

/// A sequence that a terminal interprets: it shows nothing.
fn terminal(text: &[u8]) -> Unit {
    let end = |is_end: &dyn Fn(usize) -> bool| {
        let limit = text.len().min(MAX_TERMINAL_SEQUENCE);
        match (2..limit).find(|at| is_end(*at)) {
            Some(at) => escape(at + 1, b""),
            None if text.len() < MAX_TERMINAL_SEQUENCE => Unit::Incomplete,
            None => Unit::Literal,
        }
    };
    // These end with a character.
    let with_character = |unit| match unit {
        Unit::Escape { length, .. } if !(b' '..=b'~').contains(&text[length - 1]) => Unit::Literal,
        other => other,
    };
    match text.get(1) {
        None => Unit::Incomplete,
        Some(b'[') => with_character(end(&|at| !(b' '..=b'?').contains(&text[at]))),
        Some(b']' | b'P' | b'_' | b'^' | b'X') => end(&|at| text[at] == 7 || text[at - 1..=at] == *b"\x1b\\"),
        Some(b'('..=b'/') if text.len() == 2 => Unit::Incomplete,
        Some(b'('..=b'/') => with_character(escape(3, b"")),
        Some(b' '..=b'~') => escape(2, b""),
        Some(_) => Unit::Literal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, style: Style) -> String {
        let (mut rest, mut resolved) = (text.as_bytes(), Vec::new());
        while !rest.is_empty() {
            match unit(rest, style) {
                Unit::Escape { length, bytes, count, .. } => {
                    resolved.extend_from_slice(&bytes[..count]);
                    rest = &rest[length..];
                }
                Unit::Literal | Unit::Incomplete => {
                    resolved.push(rest[0]);
                    rest = &rest[1..];
                }
            }
        }
        String::from_utf8_lossy(&resolved).into_owned()
    }

    #[test]
    fn escapes_are_resolved() {
        for (text, expected) in [
            ("a%40b%u00e9%2", "a@b\u{e9}%2"),
            (r"\x41\u0042\u{43}\U00000044\105", "ABCDE"),
            (r"\ud83d\udd11 \u{1f511}", "\u{1f511} \u{1f511}"),
            (r"\n\t\\n\.\:\ \'", "\n\t\\n.: '"),
            (r"\xzz\u12.", "xzzu12."),
            ("&amp;&lt;&#39;&#x2f;&eacute;&nope; & b", "&<'/\u{e9}&nope; & b"),
            ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b(By", "red xy"),
            ("\x1b[1\u{e9}\x1b(\u{e9}", "\x1b[1\u{e9}\x1b(\u{e9}"),
            ("100 % of 5%", "100 % of 5%"),
        ] {
            assert_eq!(resolve(text, Style::ALL), expected, "{text:?}");
        }
        assert_eq!(resolve(r"\2a\28\5c\.", Style { hex_pairs: true, ..Style::ALL }), r"*(\.");
        assert_eq!(resolve(r"%41\x42&lt;", Style { kinds: ENTITY, ..Style::ALL }), r"%41\x42<");
    }

    #[test]
    fn an_escape_that_is_cut_off_is_incomplete() {
        for text in [
            "%",
            "%4",
            "%u00",
            "\\",
            "\\x",
            "\\x4",
            "\\u00",
            "\\u{4",
            "\\ud83d\\u",
            "\\12",
            "&",
            "&am",
            "&#3",
            "\x1b",
            "\x1b[1;3",
        ] {
            assert_eq!(unit(text.as_bytes(), Style::ALL), Unit::Incomplete, "{text:?}");
        }
        for text in ["% ", "&& ", "& b"] {
            assert_eq!(unit(text.as_bytes(), Style::ALL), Unit::Literal, "{text:?}");
        }
    }
}
