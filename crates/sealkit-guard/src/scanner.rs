//! Finding many patterns in one pass, faster than memory is copied piece by piece.
//!
//! Every occurrence of a pattern of at least `w` bytes covers one of the places that lie `w - 3` bytes apart, whole with the
//! four bytes from there. So the scanner looks at four bytes in every `w - 3` only, asks a bitmap that fits into the nearest
//! cache whether a pattern has these four bytes at such a distance from its start, and compares where the bitmap says yes.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::wiped::Wiped;

/// Four bytes as a number.
const GRAM: usize = 4;
/// Odd, so that no two grams are mixed into the same number.
const MIX: u32 = 0x9e37_79b1;
/// Patterns below this length are looked for apart: they need a closer look than the others.
const SHORT: usize = 12;
/// How far apart the places are that are looked at.
const STRIDES: [usize; 6] = [16, 13, 9, 4, 2, 1];
/// The places of a pattern that are considered, where one may be chosen.
const CHOICE: usize = 16;

/// Many patterns and how they are found.
#[derive(Default)]
pub(crate) struct Scanner {
    text: Wiped,
    patterns: Vec<Range<u32>>,
    longest: usize,
    /// Which four bytes patterns begin with.
    beginnings: Bitmap,
    samples: Vec<Sampled>,
}

impl Scanner {
    /// A scanner for different patterns of four bytes and more, in the order of their bytes.
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let room = patterns.clone().map(<[u8]>::len).sum();
        let mut scanner = Self { text: Wiped::with_capacity(room), ..Self::default() };
        for pattern in patterns {
            let start = scanner.text.len();
            scanner.text.extend(pattern);
            scanner.patterns.push(number(start)..number(scanner.text.len()));
            scanner.longest = scanner.longest.max(pattern.len());
        }
        let ids = 0..number(scanner.patterns.len());
        scanner.beginnings = Bitmap::new(16, ids.clone().map(|id| gram(scanner.pattern(id))));
        let (short, long): (Vec<u32>, Vec<u32>) = ids.partition(|id| scanner.pattern(*id).len() < SHORT);
        for ids in [short, long] {
            if !ids.is_empty() {
                let sampled = Sampled::new(&scanner, &ids);
                scanner.samples.push(sampled);
            }
        }
        scanner
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn pattern(&self, id: u32) -> &[u8] {
        self.bytes(&self.patterns[id as usize])
    }

    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        &self.text[range.start as usize..range.end as usize]
    }

    /// Calls `found` with the start of every occurrence of every pattern, in no particular order.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        for sampled in &self.samples {
            sampled.find(self, text, &mut found);
        }
    }

    /// How many bytes at the end of `text` may be the beginning of a pattern.
    pub(crate) fn beginning(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.longest.saturating_sub(1));
        for start in from..text.len() {
            let rest = &text[start..];
            if rest.len() >= GRAM && !self.beginnings.has(gram(rest)) {
                continue;
            }
            let first = self.patterns.partition_point(|range| self.bytes(range) < rest);
            // The first may be the rest itself; the next one is longer then.
            let longer = |range: &Range<u32>| {
                self.bytes(range).len() > rest.len() && self.bytes(range).starts_with(rest)
            };
            if self.patterns[first..].iter().take(2).any(longer) {
                return rest.len();
            }
        }
        0
    }
}

/// Patterns of similar length.
struct Sampled {
    stride: usize,
    bitmap: Bitmap,
    /// Where the grams of a number's first bits begin.
    starts: Zeroizing<Vec<u32>>,
    shift: u32,
    grams: Zeroizing<Vec<u32>>,
    /// The pattern and the place in it, for each gram.
    places: Vec<(u32, u16)>,
}

impl Sampled {
    fn new(scanner: &Scanner, ids: &[u32]) -> Self {
        let shortest = ids.iter().map(|id| scanner.pattern(*id).len()).min().unwrap_or(GRAM);
        // With very many patterns, fewer grams of each are worth more than wide steps.
        let affordable = ((1 << 20) / ids.len()).max(1);
        let widest = (shortest - GRAM + 1).min(affordable);
        let stride = STRIDES.into_iter().find(|stride| *stride <= widest).unwrap_or(1);
        let mut all: Zeroizing<Vec<(u32, u32, u16)>> = Zeroizing::new(Vec::with_capacity(ids.len() * stride));
        for id in ids {
            let pattern = scanner.pattern(*id);
            let first = rarest(pattern, stride + GRAM - 1);
            for place in first..first + stride {
                all.push((gram(&pattern[place..]), *id, u16::try_from(place).unwrap_or(u16::MAX)));
            }
        }
        all.sort_unstable();
        let bits = (usize::BITS - all.len().leading_zeros()).clamp(4, 20);
        let shift = 32 - bits;
        let mut starts = Zeroizing::new(vec![0; (1 << bits) + 1]);
        for (gram, ..) in all.iter() {
            starts[(gram >> shift) as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut grams = Zeroizing::new(Vec::with_capacity(all.len()));
        grams.extend(all.iter().map(|(gram, ..)| *gram));
        let bitmap = Bitmap::new((bits + 6).clamp(15, 22), grams.iter().copied());
        Self {
            stride,
            bitmap,
            starts,
            shift,
            grams,
            places: all.iter().map(|(_, id, place)| (*id, *place)).collect(),
        }
    }

    fn find(&self, scanner: &Scanner, text: &[u8], found: &mut impl FnMut(usize, u32)) {
        // With a stride that the compiler knows, four places are looked at without asking whether they are there.
        match self.stride {
            16 => self.step::<16>(scanner, text, found),
            13 => self.step::<13>(scanner, text, found),
            9 => self.step::<9>(scanner, text, found),
            4 => self.step::<4>(scanner, text, found),
            2 => self.step::<2>(scanner, text, found),
            _ => self.step::<1>(scanner, text, found),
        }
    }

    fn step<const STRIDE: usize>(&self, scanner: &Scanner, text: &[u8], found: &mut impl FnMut(usize, u32)) {
        let mut at = 0;
        // Four loads at a time do not wait for each other.
        while let Some(part) = text.get(at..at + 3 * STRIDE + GRAM) {
            let grams = [0, 1, 2, 3].map(|step| gram(&part[step * STRIDE..]));
            if grams.iter().fold(false, |any, gram| any | self.bitmap.has(*gram)) {
                for (step, gram) in grams.into_iter().enumerate() {
                    self.compare(scanner, text, at + step * STRIDE, gram, found);
                }
            }
            at += 4 * STRIDE;
        }
        while at + GRAM <= text.len() {
            self.compare(scanner, text, at, gram(&text[at..]), found);
            at += STRIDE;
        }
    }

    fn compare(
        &self,
        scanner: &Scanner,
        text: &[u8],
        at: usize,
        gram: u32,
        found: &mut impl FnMut(usize, u32),
    ) {
        if !self.bitmap.has(gram) {
            return;
        }
        let bucket = (gram >> self.shift) as usize;
        for index in self.starts[bucket] as usize..self.starts[bucket + 1] as usize {
            if self.grams[index] != gram {
                continue;
            }
            let (id, place) = self.places[index];
            if let Some(start) = at.checked_sub(place.into())
                && text[start..].starts_with(scanner.pattern(id))
            {
                found(start, id);
            }
        }
    }
}

/// Which numbers may be there.
#[derive(Default)]
struct Bitmap {
    words: Zeroizing<Vec<u64>>,
    shift: u32,
}

impl Bitmap {
    fn new(bits: u32, numbers: impl Iterator<Item = u32>) -> Self {
        let mut bitmap = Self { words: Zeroizing::new(vec![0; 1 << (bits - 6)]), shift: 32 - bits };
        for number in numbers {
            let bit = number >> bitmap.shift;
            bitmap.words[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        bitmap
    }

    #[inline]
    fn has(&self, number: u32) -> bool {
        let bit = number >> self.shift;
        self.words[(bit >> 6) as usize] >> (bit & 63) & 1 != 0
    }
}

/// The first four bytes, mixed.
#[inline]
fn gram(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).wrapping_mul(MIX)
}

/// Where the `width` bytes begin that ordinary text is least likely to have: those with the most different bytes.
fn rarest(pattern: &[u8], width: usize) -> usize {
    let last = (pattern.len() - width).min(CHOICE);
    let different = |at: usize| crate::strength::different(&pattern[at..at + width]);
    // Of equals, the first.
    (0..=last).rev().max_by_key(|at| different(*at)).unwrap_or(0)
}

/// A length or an index as a number of 32 bits: four gigabytes of patterns are not to be had.
pub(crate) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::*;

    /// All matches, in order.
    fn ours(patterns: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        Scanner::new(patterns.iter().map(Vec::as_slice)).find(text, |start, id| found.push((start, id)));
        found.sort_unstable();
        found.dedup();
        found
    }

    fn theirs(patterns: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let search = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).unwrap();
        let matches = search.find_overlapping_iter(text);
        let mut found: Vec<(usize, u32)> =
            matches.map(|found| (found.start(), found.pattern().as_u32())).collect();
        found.sort_unstable();
        found
    }

    /// Different patterns of such lengths, over an alphabet of so many letters, and text with them, whole and cut.
    fn case(count: usize, lengths: Range<usize>, letters: u8, size: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut random = fastrand::Rng::with_seed(count as u64 + u64::from(letters));
        let mut patterns: Vec<Vec<u8>> = (0..count)
            .map(|_| (0..random.usize(lengths.clone())).map(|_| b'a' + random.u8(..letters)).collect())
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut text = Vec::with_capacity(size + 1024);
        while text.len() < size {
            text.extend((0..random.usize(..500)).map(|_| b'a' + random.u8(..letters)));
            let pattern = &patterns[random.usize(..patterns.len())];
            let cut = if random.bool() { pattern.len() } else { random.usize(..pattern.len()) };
            text.extend_from_slice(&pattern[..cut]);
        }
        (patterns, text)
    }

    #[test]
    fn the_same_matches_are_found_as_by_another_search() {
        for (count, lengths, letters) in [
            (1, 4..5, 26),
            (3, 5..12, 26),
            (16, 8..40, 26),
            (180, 12..80, 26),
            (180, 4..80, 26),
            (2_000, 16..200, 26),
            (40_000, 5..40, 26),
            (50, 4..9, 2),
            (50, 15..17, 3),
        ] {
            let (patterns, text) = case(count, lengths.clone(), letters, 1 << 20);
            let (ours, theirs) = (ours(&patterns, &text), theirs(&patterns, &text));
            assert!(ours.len() > 100, "{count} patterns: only {} matches", ours.len());
            assert!(ours == theirs, "{count} patterns of {lengths:?} bytes over {letters} letters");
        }
    }

    #[test]
    fn a_pattern_is_found_wherever_it_begins() {
        for length in 4..40 {
            let pattern: Vec<u8> = (0..length).map(|at| b'A' + at).collect();
            for before in 0..40 {
                for after in 0..20 {
                    let text = [&vec![b'.'; before], &pattern[..], &vec![b'.'; after]].concat();
                    assert_eq!(
                        ours(std::slice::from_ref(&pattern), &text),
                        [(before, 0)],
                        "{length} bytes after {before}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_longest_beginning_at_the_end_is_told() {
        let (patterns, text) = case(50, 4..9, 2, 2_000);
        let scanner = Scanner::new(patterns.iter().map(Vec::as_slice));
        for end in 0..text.len() {
            let text = &text[..end];
            let begins = |length: &usize| {
                let rest = &text[end - length..];
                patterns.iter().any(|pattern| pattern.len() > *length && pattern.starts_with(rest))
            };
            let longest = (1..=end.min(8)).rev().find(begins).unwrap_or(0);
            assert_eq!(scanner.beginning(text), longest, "{}", text.escape_ascii());
        }
    }
}
