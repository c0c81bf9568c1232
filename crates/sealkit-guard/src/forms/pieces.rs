//! Pieces of long values: they are found where a value was cut, wrapped or only partly written.

use std::ops::Range;

use super::{
    base64::{self, STANDARD, URL_SAFE},
    hexadecimal,
};

/// A form of at most this many bytes is looked for as a whole only.
const WHOLE: usize = 40;
/// The bytes of a piece.
const LENGTH: usize = 16;
/// As far from its beginning, a key is like others of its kind: the line around it, and the first one of 70 characters.
const FIRST_LINES: usize = 110;
/// Base64 of less than this does not tell whether it is that of words.
const SHORTEST_RUN: usize = 8;
/// No form is cut into more pieces; those of a longer one are longer.
const MOST: usize = 1024;

/// Calls `with` for each piece by which the value is known.
pub(super) fn each(value: &[u8], mut with: impl FnMut(&[u8])) {
    let (shared, is_text) = (shared(value), str::from_utf8(value).is_ok());
    // A piece counts if the part of the value that it comes from does.
    let telling = |from: usize, to: usize| {
        !shared.iter().any(|shared| from < shared.end && shared.start < to)
            && is_random_part(value, from, to, is_text)
    };
    cut(value, &mut with, telling);
    for before in 0..3 {
        for last in [STANDARD, URL_SAFE] {
            cut(&base64::core(value, before, last), &mut with, |from, to| {
                let (start, end) = base64::source(before, from, to);
                telling(start, end)
            });
        }
    }
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        cut(&hexadecimal(value, digits, "", ""), &mut with, |from, to| telling(from / 2, to / 2));
    }
}

fn cut(form: &[u8], mut with: impl FnMut(&[u8]), telling: impl Fn(usize, usize) -> bool) {
    if form.len() <= WHOLE {
        return;
    }
    let length = LENGTH.max(form.len() / MOST);
    for (number, piece) in form.chunks_exact(length).enumerate() {
        let from = number * length;
        if telling(from, from + length) {
            with(piece);
        }
    }
    let last = form.len() - length;
    if telling(last, form.len()) {
        with(&form[last..]);
    }
}

/// What others have too: the first line of a key tells its algorithm, and it may stand anywhere in a document.
fn shared(value: &[u8]) -> Vec<Range<usize>> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let starts = value.windows(BEGIN.len()).enumerate().filter(|(_, part)| *part == BEGIN);
    starts.map(|(start, _)| start..start + FIRST_LINES).collect()
}

/// Whether a part of `value` looks drawn by lot. Other bytes than text do; words in any script do not, nor does base64 of
/// words, with which tokens of one kind all begin.
fn is_random_part(value: &[u8], from: usize, to: usize, is_text: bool) -> bool {
    let part = &value[from..to.min(value.len())];
    if is_text {
        return is_random(part) && !encodes_words(part);
    }
    let other = part.iter().filter(|byte| !byte.is_ascii() || byte.is_ascii_control()).count();
    is_random(part) || other * 4 > part.len()
}

/// Whether all that could be base64 in here is that of words.
fn encodes_words(part: &[u8]) -> bool {
    let is_words = |run: &[u8]| {
        let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        (0..4).any(|start| base64::decode(&run[start..]).iter().all(printable))
    };
    let mut runs =
        part.split(|byte| !base64::is_base64(*byte)).filter(|run| run.len() >= SHORTEST_RUN).peekable();
    runs.peek().is_some() && runs.all(is_words)
}

/// Whether ASCII text looks drawn by lot: words stay in one case, and numbers among numbers.
pub(super) fn is_random(piece: &[u8]) -> bool {
    #[derive(PartialEq)]
    enum Kind {
        Lower,
        Upper,
        Digit,
        Mark,
    }
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => Kind::Lower,
        b'A'..=b'Z' => Kind::Upper,
        b'0'..=b'9' => Kind::Digit,
        _ => Kind::Mark,
    };
    let changes = piece
        .windows(2)
        .filter(|two| kind(two[0]) != kind(two[1]) && two.iter().all(u8::is_ascii_alphanumeric))
        .count();
    if piece.iter().all(u8::is_ascii_hexdigit) {
        changes * 4 >= piece.len()
    } else {
        changes * 8 >= 3 * piece.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_drawn_by_lot() {
        for piece in [
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
            assert!(!is_random(piece.as_bytes()), "{piece}");
        }
        for piece in ["kJ8vQ2mZ7xT4wP9n", "9f86d081884c7d65", "b3Bxk2Lq9ZxV7wTe"] {
            assert!(is_random(piece.as_bytes()), "{piece}");
        }
        assert!(is_random_part(&[0x9c, 0xff, 0x00, 0x81], 0, 4, false));
        for token in ["eyJhbGciOiJIUzI1", "VCJ9.eyJzdWIiOiI", "IQoJb3JpZ2luX2Vj"] {
            assert!(is_random(token.as_bytes()) && !is_random_part(token.as_bytes(), 0, 16, true), "{token}");
        }
        let greek = "Ελλάδα 4111".as_bytes();
        assert!(!is_random_part(greek, 0, greek.len(), true));
    }

    #[test]
    fn any_31_bytes_of_a_random_value_hold_a_piece() {
        let value: Vec<u8> = b"kJ8vQ2mZ7xT4wP9n".iter().cycle().take(300).copied().collect();
        let mut found = Vec::new();
        each(&value, |piece| found.push(piece.to_vec()));
        for part in value.windows(31) {
            assert!(found.iter().any(|piece| part.windows(piece.len()).any(|window| window == piece)));
        }
    }

    #[test]
    fn the_first_line_of_a_private_key_is_no_piece_of_it() {
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let key = format!("-----BEGIN PRIVATE KEY-----\n{line}\nkJ8vQ2mZ7xT4wP9nkJ8vQ2mZ7xT4wP9n\n");
        each(key.as_bytes(), |piece| {
            let piece = String::from_utf8_lossy(piece);
            assert!(!line.contains(&*piece), "{piece}");
        });
    }
}
