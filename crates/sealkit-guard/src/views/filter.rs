//! Quick tests of whether a part of a text can stand for a pattern at all.

use std::{iter::successors, ops::Range};

use super::{
    escapes,
    numbers::{self, MIN_OFFSET},
};
use crate::{
    classes::{Characters, MAX_SOURCE, MIN_SOURCE, Runs},
    scanner::to_u32,
};

/// Longer numbers are no part of a pattern: eight bytes have 20 decimal digits.
pub(super) const MAX_DIGITS: usize = 20;

/// How far numbers are skipped at once, at most.
const MAX_SKIP: usize = 64;

/// The bytes of a set of patterns.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The bytes that occur in patterns.
    is_byte: [bool; 256],
    /// The kinds of escapes that may have the byte after their first one. It may come after a backslash if it occurs in patterns, or escapes
    /// are written with it.
    kinds_before: [u8; 256],
    /// The length of the shortest pattern.
    shortest: usize,
    /// What may be written for a pattern, and how long at least, if all of that is ASCII.
    source: Option<Runs>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { is_byte: [false; 256], kinds_before: [0; 256], shortest: 0, source: None }
    }
}

impl Filter {
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut filter = Self { shortest: usize::MAX, ..Self::default() };
        for pattern in patterns {
            filter.shortest = filter.shortest.min(pattern.len());
            for byte in pattern {
                filter.is_byte[usize::from(*byte)] = true;
            }
        }
        for byte in 0..=u8::MAX {
            let is_written = matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x07 | 0x1b);
            if is_written || filter.is_byte[usize::from(byte)] {
                filter.kinds_before[usize::from(byte)] = escapes::kinds_before(byte);
            }
        }
        filter.source = filter.runs_of_source();
        filter
    }

    /// Returns the runs of what may be written for a pattern. `None` if they are too short, or may not be ASCII.
    fn runs_of_source(&self) -> Option<Runs> {
        let length = to_u32(self.shortest).min(MAX_SOURCE);
        let mut characters = Characters::default();
        for byte in (0..=u8::MAX).filter(|byte| self.is_source(*byte)) {
            if !byte.is_ascii() {
                return None;
            }
            characters.insert(byte);
        }
        (length >= MIN_SOURCE).then_some(Runs { characters, length })
    }

    /// Returns the runs of characters in which escapes have to be, if they are known.
    pub(crate) fn source(&self) -> Option<&Runs> {
        self.source.as_ref()
    }

    /// Returns whether a pattern consists of such bytes.
    pub(super) fn contains(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.is_byte[usize::from(*byte)])
    }

    /// Returns the part of the text around the escape from `at` to `end` that may be written for a pattern, within `reach`; `None` if it is
    /// too short.
    pub(super) fn source_around(
        &self,
        text: &[u8],
        at: usize,
        end: usize,
        reach: usize,
    ) -> Option<(usize, usize)> {
        let is_source = |byte: &&u8| self.is_source(**byte);
        let before = text[at.saturating_sub(reach)..at].iter().rev().take_while(is_source).count();
        // One more, which may continue a word.
        let (from, to) = (at - before, self.source_until(text, end, end + reach + 1));
        (to - from >= self.shortest || to == text.len()).then_some((from, to))
    }

    /// Returns how far what may be written for a pattern goes on from `at`, until `end` at most.
    pub(super) fn source_until(&self, text: &[u8], at: usize, end: usize) -> usize {
        let rest = text.get(at..end.min(text.len())).unwrap_or_default();
        at + rest.iter().take_while(|byte| self.is_source(**byte)).count()
    }

    /// Returns the kinds of escapes that may stand for a part of a pattern and have `byte` after their first one.
    #[inline]
    pub(super) fn kinds_before(&self, byte: u8) -> u8 {
        self.kinds_before[usize::from(byte)]
    }

    /// Returns whether `byte` may be written for a part of a pattern.
    #[inline]
    fn is_source(&self, byte: u8) -> bool {
        self.kinds_before(byte) != 0
    }

    /// Returns whether `text` may be written for a part of a pattern.
    pub(super) fn may_be_source(&self, text: &[u8]) -> bool {
        // Without branches, ordinary text is fast.
        let is_plain =
            text.iter().fold(true, |is, byte| is & matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'));
        is_plain || self.source_until(text, 0, text.len()) == text.len()
    }

    /// Searches the run of digits and separators from `from` to the end of `text`. The run `is_open` if more of it may follow.
    pub(super) fn numbers<'t>(&'t self, text: &'t [u8], from: usize, is_open: bool) -> NumberSearch<'t> {
        NumberSearch { filter: self, text, at: from, is_open, bases: <[Sequence; 3]>::default() }
    }

    /// Returns the length of the shortest pattern.
    pub(crate) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Returns what a number may be of a pattern in decimal, in octal or binary, and in hexadecimal.
    fn shares(&self, digits: &[u8]) -> [Share; 3] {
        let mut values = [0; MAX_DIGITS];
        let Some(values) = values.get_mut(..digits.len()) else { return [Share::default(); 3] };
        let mut largest = 0;
        for (value, digit) in values.iter_mut().zip(digits) {
            *value = hexadecimal_digit(*digit);
            largest = largest.max(*value);
        }
        let number = |radix: usize, values: &[u8]| {
            values.iter().fold(0, |number, value| number * radix + usize::from(*value))
        };
        let is = |lengths: &[usize], radix: u8| lengths.contains(&digits.len()) && largest < radix;
        let mut shares = [Share::default(); 3];
        if is(&[1, 2, 3], 10) {
            let byte = number(10, values);
            // It may be negative.
            let is_known = self.is_byte.get(byte) == Some(&true);
            shares[0] = self.share([if is_known { byte } else { 256_usize.wrapping_sub(byte) }].into_iter());
        }
        if let Some(bits) = numbers::binary(digits) {
            shares[1] =
                self.share([bits.iter().fold(0, |byte, bit| byte << 1 | usize::from(bit & 1))].into_iter());
        } else if is(&[1, 2, 3], 8) {
            shares[1] = self.share([number(8, values)].into_iter());
        } else if is(&[6], 8) {
            let word = number(8, values);
            shares[1] = self.share([word >> 8, word & 255].into_iter());
        }
        if digits.len() == 1 || digits.len().is_multiple_of(2) {
            shares[2] = self.share(values.chunks(2).map(|pair| number(16, pair)));
        }
        shares
    }

    /// Returns how many bytes in a row that occur in patterns are among these hexadecimal digits.
    pub(super) fn bytes_of_pairs(&self, digits: &[u8]) -> usize {
        let pairs = digits.chunks_exact(2);
        self.share(pairs.map(|pair| {
            pair.iter().fold(0, |byte, digit| byte << 4 | usize::from(hexadecimal_digit(*digit)))
        }))
        .bytes
    }

    fn share(&self, bytes: impl Iterator<Item = usize>) -> Share {
        let (mut share, mut known) = (Share { bytes: 0, is_whole: true }, 0);
        for byte in bytes {
            known = if self.is_byte.get(byte) == Some(&true) { known + 1 } else { 0 };
            share.is_whole &= known > 0;
            share.bytes = share.bytes.max(known);
        }
        share
    }
}

/// A search for numbers that may be those of a pattern. What is left out is certain.
pub(super) struct NumberSearch<'t> {
    filter: &'t Filter,
    text: &'t [u8],
    at: usize,
    is_open: bool,
    /// The numbers before `at`, in each base.
    bases: [Sequence; 3],
}

impl Iterator for NumberSearch<'_> {
    type Item = Numbers;

    fn next(&mut self) -> Option<Numbers> {
        let text = self.text;
        while let Some(at) = self.next_number() {
            let length = text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (digits, next) = (&text[at..at + length], text.get(at + length));
            self.at = at + length;
            // The prefix of a number belongs to it.
            let has_prefix = at >= 2 && matches!(text[at - 2..at], [b'0', b'x' | b'X' | b'o']);
            let from = if has_prefix { at - 2 } else { at };
            // A number at the end may go on, and so may its prefix.
            let is_prefix = is_prefix(digits, next);
            if self.is_open && at + length + usize::from(is_prefix) == text.len() {
                return Some(Numbers::Open(self.start().unwrap_or(from)));
            }
            if is_prefix {
                continue;
            }
            // The offset of a line of a dump, after which a value may begin that goes on in the next line.
            let is_end = length >= MIN_OFFSET && !has_prefix && matches!(next, Some(b':' | b' '));
            if is_end && numbers::may_be_offset(text, at, at + length) {
                // A list before it may end with these digits.
                let start = self.start().unwrap_or(from);
                (self.at, self.bases) = (text.len(), <[Sequence; 3]>::default());
                return Some(Numbers::Open(start));
            }
            let shares = self.filter.shares(digits);
            let min = self.filter.shortest;
            let ended = self
                .bases
                .iter_mut()
                .zip(shares)
                .filter_map(|(base, share)| base.add(from, share, min))
                .min();
            if let Some(start) = ended {
                return Some(Numbers::List(start, at + length));
            }
        }
        let bases = std::mem::take(&mut self.bases);
        let min = if self.is_open { 1 } else { self.filter.shortest };
        let start = bases.iter().filter(|base| base.count >= min).map(|base| base.start).min()?;
        Some(Numbers::Open(start))
    }
}

impl NumberSearch<'_> {
    /// Returns where the next number begins that may be in a list.
    fn next_number(&mut self) -> Option<usize> {
        self.skip();
        let separators = self.text[self.at..].iter().position(u8::is_ascii_hexdigit)?;
        Some(self.at + separators)
    }

    /// Moves on behind numbers that are in no list that is long enough, if no sequence goes on. Such a list has at least two characters for
    /// each byte but the last one: if a number so near is no byte, it begins behind that. Most numbers of a table need not be looked at.
    fn skip(&mut self) {
        if self.start().is_some() {
            return;
        }
        let length = self.filter.shortest.saturating_mul(2).saturating_sub(1).min(MAX_SKIP);
        // More may come at the end of the text, and behind an offset.
        while let Some(part) = self.text.get(self.at..self.at.saturating_add(length))
            && self.at + length < self.text.len()
            && !numbers::has_offset(part)
        {
            let may_be_byte = |number: &Range<usize>| {
                let digits = &part[number.clone()];
                is_prefix(digits, part.get(number.end))
                    || self.filter.shares(digits).iter().any(|share| share.bytes > 0)
            };
            let mut numbers = successors(last_number(part), |number| last_number(&part[..number.start]));
            let Some(other) = numbers.find(|number| !may_be_byte(number)) else { return };
            self.at += other.end;
        }
    }

    /// Returns where the first sequence that goes on begins.
    fn start(&self) -> Option<usize> {
        self.bases.iter().filter(|base| base.count > 0).map(|base| base.start).min()
    }
}

/// Returns whether these digits, which come before `next`, are the beginning of a prefix.
fn is_prefix(digits: &[u8], next: Option<&u8>) -> bool {
    digits == b"0" && matches!(next, Some(b'x' | b'X' | b'o'))
}

/// Returns the last number in `text` that has a separator behind it.
fn last_number(text: &[u8]) -> Option<Range<usize>> {
    let separator = text.iter().rposition(|byte| !byte.is_ascii_hexdigit())?;
    let end = text[..separator].iter().rposition(u8::is_ascii_hexdigit)? + 1;
    let before = text[..end].iter().rposition(|byte| !byte.is_ascii_hexdigit());
    Some(before.map_or(0, |separator| separator + 1)..end)
}

/// A part of a run of digits and separators.
pub(super) enum Numbers {
    /// A list from a number on to the end of another one.
    List(usize, usize),
    /// A list that ends with the run, or goes on behind it.
    Open(usize),
}

impl Numbers {
    /// Returns where a list begins that ends with the run, or goes on behind it.
    pub(super) fn open(self) -> Option<usize> {
        match self {
            Self::List(..) => None,
            Self::Open(start) => Some(start),
        }
    }
}

/// Numbers in a row that may be the bytes of a pattern.
#[derive(Clone, Copy, Default)]
struct Sequence {
    start: usize,
    /// The number of bytes.
    count: usize,
}

/// What a number may be of a pattern.
#[derive(Clone, Copy, Default)]
struct Share {
    /// The number of bytes in a row that occur in patterns.
    bytes: usize,
    /// Whether these are all of its bytes. Otherwise a pattern ends or begins inside of the number: the order of the bytes is either one.
    is_whole: bool,
}

impl Sequence {
    /// Adds a number at `at`. If the sequence ends there, it returns where it began if it had `min` bytes.
    fn add(&mut self, at: usize, share: Share, min: usize) -> Option<usize> {
        if self.count == 0 {
            self.start = at;
        }
        self.count += share.bytes;
        if share.is_whole && share.bytes > 0 {
            return None;
        }
        let ended = std::mem::replace(self, Self { start: at, count: share.bytes });
        (ended.count >= min).then_some(ended.start)
    }
}

fn hexadecimal_digit(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { (digit | 0x20) - b'a' + 10 }
}
