//! Which escapes may be the first one in what is written for a pattern.
//!
//! Before the first escape, a pattern is written as it is. So the text around it has several grams of the pattern in a row, and nearly all
//! escapes of ordinary text can be left out. What follows the first escape is viewed with it. What was escaped twice begins with an escape
//! that stands for the beginning or another part of a second one, or that contains another one.

use super::{
    Filter,
    escapes::{Style, Unit, unit},
};
use crate::{
    classes::{Characters, ESCAPES},
    scanner::{GRAM, Scanner},
};

/// How many grams in a row are looked for.
const MAX_GRAMS: usize = 4;
/// The number of bytes behind an escape that are looked at.
pub(super) const AFTER: usize = MAX_GRAMS + GRAM - 1;
/// The number of bytes before an escape that are looked at: with a byte of the escape, they have as many grams.
const BEFORE: usize = AFTER - 1;
/// How far from its beginning an escape may go on with what is escaped itself.
const REACH: usize = 10;
/// The characters of escapes behind their beginning.
static SYNTAX: Characters = Characters::new(b"0123456789abcdefABCDEFxXuU#;[{}");
/// The largest number of bytes that an escape stands for.
const MAX_BYTES: usize = 4;

/// A test of escapes.
pub(super) struct Relevance<'f> {
    pub(super) scanner: &'f Scanner,
    pub(super) filter: &'f Filter,
    /// If the text is not the last one, an escape at its end may be incomplete.
    pub(super) is_last: bool,
}

impl Relevance<'_> {
    /// Returns the end of the escape at `at` if it may be the first one of a pattern, or come right before a pattern.
    pub(super) fn end_of_first(&self, text: &[u8], at: usize, style: Style) -> Option<usize> {
        match unit(&text[at..], style) {
            Unit::Escape { length, bytes, count, is_ambiguous } => {
                let end = at + length;
                if self.may_be_first(text, at, end, &bytes[..count]) {
                    return Some(end);
                }
                is_ambiguous
                    .then(|| self.end_of_first(text, at, Style { hex_pairs: true, ..style }))
                    .flatten()
            }
            Unit::Incomplete if !self.is_last => Some(text.len()),
            Unit::Incomplete | Unit::Literal => None,
        }
    }

    fn may_be_first(&self, text: &[u8], at: usize, end: usize, bytes: &[u8]) -> bool {
        let after = &text[end..text.len().min(end + AFTER)];
        let is_incomplete = after.len() < AFTER && !self.is_last;
        let is_inside = || has_special(&text[at.saturating_sub(REACH)..at]);
        let is_twice = has_special(&text[at + 1..end])
            || has_special(bytes) && begins_escape(bytes, after)
            || bytes.iter().any(|byte| SYNTAX.contains(*byte)) && is_inside();
        if is_incomplete || is_twice {
            return true;
        }
        if !self.filter.contains(bytes) {
            return self.has_grams(after);
        }
        let before = &text[at.saturating_sub(BEFORE)..at];
        let mut buffer = [0; BEFORE + MAX_BYTES + AFTER];
        let next_escape = after.iter().position(|byte| ESCAPES.contains(*byte));
        let after = &after[..next_escape.unwrap_or(after.len())];
        let around = concat(&mut buffer, [before, bytes, after]);
        // A pattern that goes on with the next escape has only the grams from here on.
        let from = if bytes.is_empty() { before.len().saturating_sub(1) } else { before.len() };
        let is_gram = self.scanner.grams();
        next_escape.is_some() && around[from..].windows(GRAM).all(is_gram) || self.has_grams(around)
    }

    /// Returns whether `bytes` have so many grams of patterns in a row as the shortest pattern has.
    fn has_grams(&self, bytes: &[u8]) -> bool {
        let min = self.filter.shortest().saturating_sub(GRAM - 1).clamp(1, MAX_GRAMS);
        let is_gram = self.scanner.grams();
        let mut grams = bytes.windows(GRAM);
        let mut run = 0;
        while run < min {
            if run + grams.len() < min {
                return false;
            }
            run = if grams.next().is_some_and(&is_gram) { run + 1 } else { 0 };
        }
        true
    }
}

fn has_special(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| ESCAPES.contains(*byte))
}

/// Returns whether what an escape stands for may begin another one, with what comes after it.
fn begins_escape(bytes: &[u8], after: &[u8]) -> bool {
    let mut buffer = [0; MAX_BYTES + AFTER];
    has_special(after) || unit(concat(&mut buffer, [bytes, after, b""]), Style::ALL) != Unit::Literal
}

/// Copies the parts into the buffer, one after the other.
fn concat<'b, const N: usize>(buffer: &'b mut [u8; N], parts: [&[u8]; 3]) -> &'b [u8] {
    let mut length = 0;
    for part in parts {
        buffer[length..length + part.len()].copy_from_slice(part);
        length += part.len();
    }
    &buffer[..length]
}
