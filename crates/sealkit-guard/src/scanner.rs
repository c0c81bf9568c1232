//! A multi-pattern search that samples 4-grams of the text.
//!
//! A gram is a sequence of four bytes. With a stride of `w - 3`, every window of `w` bytes contains exactly one whole gram
//! that begins at a multiple of the stride. So the scanner reads only these grams and looks them up in a bitmap that fits into
//! the first-level cache. The bitmap holds the grams at `w - 3` consecutive offsets of each pattern. Where a gram is in the
//! bitmap, the text is compared with the patterns that contain it.

mod bitmap;

use std::ops::Range;

use zeroize::Zeroizing;

use self::bitmap::{Bitmap, hash_beginning, hash_gram};
use crate::{strength::count_distinct, zeroizing::ZeroizingBytes};

/// The length of a gram.
const GRAM: usize = 4;
/// Shorter patterns have an index of their own, because they need a smaller stride.
const SHORT_PATTERN: usize = 12;
/// The available strides.
const STRIDES: [usize; 6] = [16, 13, 9, 4, 2, 1];
/// The largest offset in a pattern at which its indexed window may begin.
const MAX_WINDOW_OFFSET: usize = 16;

/// A set of patterns with the indexes to search for them.
#[derive(Default)]
pub(crate) struct Scanner {
    /// All patterns, concatenated.
    bytes: ZeroizingBytes,
    patterns: Vec<Range<u32>>,
    longest: usize,
    /// The first gram of each pattern, and what it begins with before that.
    beginnings: Bitmap,
    indexes: Vec<GramIndex>,
}

impl Scanner {
    /// Creates a scanner for patterns of at least four bytes, which must be sorted and distinct.
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let total = patterns.clone().map(<[u8]>::len).sum();
        let mut scanner = Self { bytes: ZeroizingBytes::with_capacity(total), ..Self::default() };
        for pattern in patterns {
            let start = scanner.bytes.len();
            scanner.bytes.extend(pattern);
            scanner.patterns.push(to_u32(start)..to_u32(scanner.bytes.len()));
            scanner.longest = scanner.longest.max(pattern.len());
        }
        let ids = 0..to_u32(scanner.patterns.len());
        let beginnings = ids.clone().flat_map(|id| {
            let pattern = scanner.pattern(id);
            (1..=GRAM).map(|length| hash_beginning(&pattern[..length]))
        });
        scanner.beginnings = Bitmap::new(16, beginnings);
        let (short, long): (Vec<u32>, Vec<u32>) =
            ids.partition(|id| scanner.pattern(*id).len() < SHORT_PATTERN);
        for ids in [short, long] {
            if !ids.is_empty() {
                let index = GramIndex::new(&scanner, &ids);
                scanner.indexes.push(index);
            }
        }
        scanner
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn pattern(&self, id: u32) -> &[u8] {
        self.slice(&self.patterns[id as usize])
    }

    fn slice(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes[range.start as usize..range.end as usize]
    }

    /// Calls `found` with the offset and the pattern of each match, in no particular order. Matches may overlap.
    pub(crate) fn find(&self, text: &[u8], found: impl FnMut(usize, u32)) {
        self.advance(text, &mut Position::default(), text.len(), found);
    }

    /// Searches from `position` to about `until`, and moves the position.
    pub(crate) fn advance(
        &self,
        text: &[u8],
        position: &mut Position,
        until: usize,
        mut found: impl FnMut(usize, u32),
    ) {
        for (index, at) in self.indexes.iter().zip(&mut position.0) {
            index.find(self, text, at, until, &mut found);
        }
    }

    /// Returns the length of the longest pattern.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns the length of the longest suffix of `text` that is a proper prefix of a pattern, and the pattern.
    pub(crate) fn partial_match(&self, text: &[u8]) -> Option<(usize, u32)> {
        let tail = &text[text.len().saturating_sub(self.longest.saturating_sub(1))..];
        let grams = tail.windows(GRAM).enumerate();
        let long =
            grams.filter(|(_, gram)| self.beginnings.contains(hash_gram(gram))).map(|(start, _)| start);
        let short = (tail.len().saturating_sub(GRAM - 1)..tail.len())
            .filter(|start| self.beginnings.contains(hash_beginning(&tail[*start..])));
        long.chain(short).find_map(|start| {
            let rest = &tail[start..];
            self.longer(rest).map(|id| (rest.len(), id))
        })
    }

    /// Returns the first pattern that begins with `beginning` and is longer.
    fn longer(&self, beginning: &[u8]) -> Option<u32> {
        let first = self.patterns.partition_point(|range| self.slice(range) < beginning);
        // The first candidate may equal the beginning; then the next one is longer.
        let is_longer = |id: &usize| {
            let pattern = self.slice(&self.patterns[*id]);
            pattern.len() > beginning.len() && pattern.starts_with(beginning)
        };
        (first..self.patterns.len()).take(2).find(is_longer).map(to_u32)
    }
}

/// Where a search goes on, for each index.
#[derive(Default)]
pub(crate) struct Position([usize; 2]);

/// An index of the grams of patterns of similar length.
struct GramIndex {
    stride: usize,
    bitmap: Bitmap,
    /// The start of each bucket in `grams`. The first bits of a hash select the bucket.
    buckets: Zeroizing<Vec<u32>>,
    shift: u32,
    /// The hashes of all grams, bucket by bucket.
    grams: Zeroizing<Vec<u32>>,
    /// The pattern of each gram and the offset of the gram in it.
    positions: Vec<(u32, u16)>,
}

impl GramIndex {
    fn new(scanner: &Scanner, ids: &[u32]) -> Self {
        let shortest = ids.iter().map(|id| scanner.pattern(*id).len()).min().unwrap_or(GRAM);
        // With very many patterns, a small index is worth more than a wide stride.
        let affordable = ((1 << 20) / ids.len()).max(1);
        let widest = (shortest - GRAM + 1).min(affordable);
        let stride = STRIDES.into_iter().find(|stride| *stride <= widest).unwrap_or(1);
        let mut all: Zeroizing<Vec<(u32, u32, u16)>> = Zeroizing::new(Vec::with_capacity(ids.len() * stride));
        for id in ids {
            let pattern = scanner.pattern(*id);
            let first = most_distinct_window(pattern, stride + GRAM - 1);
            for offset in first..first + stride {
                all.push((hash_gram(&pattern[offset..]), *id, u16::try_from(offset).unwrap_or(u16::MAX)));
            }
        }
        let bits = (usize::BITS - all.len().leading_zeros()).clamp(4, 20);
        let shift = 32 - bits;
        let mut buckets = Zeroizing::new(vec![0; (1 << bits) + 1]);
        for (gram, ..) in all.iter() {
            buckets[(gram >> shift) as usize + 1] += 1;
        }
        for bucket in 1..buckets.len() {
            buckets[bucket] += buckets[bucket - 1];
        }
        let mut next = buckets.clone();
        let mut grams = Zeroizing::new(vec![0; all.len()]);
        let mut positions = vec![(0, 0); all.len()];
        for (gram, id, offset) in all.iter() {
            let next = &mut next[(gram >> shift) as usize];
            grams[*next as usize] = *gram;
            positions[*next as usize] = (*id, *offset);
            *next += 1;
        }
        let bitmap = Bitmap::new((bits + 6).clamp(15, 22), grams.iter().copied());
        Self { stride, bitmap, buckets, shift, grams, positions }
    }

    fn find(
        &self,
        scanner: &Scanner,
        text: &[u8],
        at: &mut usize,
        until: usize,
        found: &mut impl FnMut(usize, u32),
    ) {
        // A constant stride lets the compiler remove the bounds checks.
        match self.stride {
            16 => self.find_with_stride::<16>(scanner, text, at, until, found),
            13 => self.find_with_stride::<13>(scanner, text, at, until, found),
            9 => self.find_with_stride::<9>(scanner, text, at, until, found),
            4 => self.find_with_stride::<4>(scanner, text, at, until, found),
            2 => self.find_with_stride::<2>(scanner, text, at, until, found),
            _ => self.find_with_stride::<1>(scanner, text, at, until, found),
        }
    }

    fn find_with_stride<const STRIDE: usize>(
        &self,
        scanner: &Scanner,
        text: &[u8],
        position: &mut usize,
        until: usize,
        found: &mut impl FnMut(usize, u32),
    ) {
        let mut at = *position;
        // Four independent loads per iteration can be executed in parallel.
        while at < until
            && let Some(part) = text.get(at..at + 3 * STRIDE + GRAM)
        {
            let gram = |lane: usize| hash_gram(&part[lane * STRIDE..]);
            let grams = [gram(0), gram(1), gram(2), gram(3)];
            if grams.iter().fold(false, |any, gram| any | self.bitmap.contains(*gram)) {
                for (lane, gram) in grams.into_iter().enumerate() {
                    self.verify(scanner, text, at + lane * STRIDE, gram, found);
                }
            }
            at += 4 * STRIDE;
        }
        while at < until && at + GRAM <= text.len() {
            self.verify(scanner, text, at, hash_gram(&text[at..]), found);
            at += STRIDE;
        }
        *position = at;
    }

    /// Compares the text around the gram at `at` with each pattern that contains the gram.
    fn verify(
        &self,
        scanner: &Scanner,
        text: &[u8],
        at: usize,
        gram: u32,
        found: &mut impl FnMut(usize, u32),
    ) {
        if !self.bitmap.contains(gram) {
            return;
        }
        let bucket = (gram >> self.shift) as usize;
        for index in self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize {
            if self.grams[index] != gram {
                continue;
            }
            let (id, offset) = self.positions[index];
            if let Some(start) = at.checked_sub(offset.into())
                && text[start..].starts_with(scanner.pattern(id))
            {
                found(start, id);
            }
        }
    }
}

/// Returns the offset of the window of `width` bytes that has the most distinct bytes, because it is least likely to occur
/// in ordinary text.
fn most_distinct_window(pattern: &[u8], width: usize) -> usize {
    let last = (pattern.len() - width).min(MAX_WINDOW_OFFSET);
    let distinct = |at: usize| count_distinct(&pattern[at..at + width]);
    // `max_by_key` returns the last maximum: in reverse order, that is the first window.
    (0..=last).rev().max_by_key(|at| distinct(*at)).unwrap_or(0)
}

/// Converts a length or an index. It saturates, but patterns never take four gibibytes.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::*;

    /// Returns all matches of the scanner, sorted.
    fn find_all(patterns: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        Scanner::new(patterns.iter().map(Vec::as_slice)).find(text, |start, id| found.push((start, id)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns all matches of `aho-corasick`, sorted.
    fn find_all_with_aho_corasick(patterns: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let search = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).unwrap();
        let matches = search.find_overlapping_iter(text);
        let mut found: Vec<(usize, u32)> =
            matches.map(|found| (found.start(), found.pattern().as_u32())).collect();
        found.sort_unstable();
        found
    }

    /// Returns distinct random patterns over an alphabet of `letters` letters, and a text with whole and truncated patterns.
    fn random_case(count: usize, lengths: Range<usize>, letters: u8, size: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
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
            let length = if random.bool() { pattern.len() } else { random.usize(..pattern.len()) };
            text.extend_from_slice(&pattern[..length]);
        }
        (patterns, text)
    }

    #[test]
    fn the_matches_are_the_same_as_those_of_aho_corasick() {
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
            let (patterns, text) = random_case(count, lengths.clone(), letters, 1 << 20);
            let found = find_all(&patterns, &text);
            assert!(found.len() > 100, "{count} patterns: only {} matches", found.len());
            let expected = find_all_with_aho_corasick(&patterns, &text);
            assert!(found == expected, "{count} patterns of {lengths:?} bytes over {letters} letters");
        }
    }

    #[test]
    fn a_pattern_is_found_at_every_offset() {
        for length in 4..40 {
            let pattern: Vec<u8> = (0..length).map(|at| b'A' + at).collect();
            for before in 0..40 {
                for after in 0..20 {
                    let text = [&vec![b'.'; before], &pattern[..], &vec![b'.'; after]].concat();
                    assert_eq!(
                        find_all(std::slice::from_ref(&pattern), &text),
                        [(before, 0)],
                        "{length} bytes after {before}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_longest_partial_match_at_the_end_of_a_text_is_found() {
        let (patterns, text) = random_case(50, 4..9, 2, 2_000);
        let scanner = Scanner::new(patterns.iter().map(Vec::as_slice));
        for end in 0..text.len() {
            let text = &text[..end];
            let is_proper_prefix = |length: &usize| {
                let rest = &text[end - length..];
                patterns.iter().any(|pattern| pattern.len() > *length && pattern.starts_with(rest))
            };
            let longest = (1..=end.min(8)).rev().find(is_proper_prefix).unwrap_or(0);
            let found = scanner.partial_match(text).map_or(0, |(length, _)| length);
            assert_eq!(found, longest, "{}", text.escape_ascii());
        }
    }
}
