//! A multi-pattern search that samples 4-grams of the text.
//!
//! A gram is a sequence of four bytes. With a stride of `w - 3`, every window of `w` bytes contains exactly one whole gram
//! that begins at a multiple of the stride. So the scanner reads only these grams and looks them up in a bitmap that fits into
//! the caches of a core. The bitmap holds the grams at `w - 3` consecutive offsets of each pattern. Where a gram is in the
//! bitmap, the text is compared with the patterns that contain it.

mod bitmap;
mod index;

use std::{ops::Range, sync::OnceLock};

use self::{
    bitmap::{Bitmap, hash_beginning, hash_gram},
    index::{GramIndex, SHORT_PATTERN},
};
use crate::zeroizing::ZeroizingBytes;

/// The length of a gram.
pub(crate) const GRAM: usize = 4;

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
    /// All grams of the patterns, once they are needed.
    grams: OnceLock<Bitmap>,
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
        scanner.beginnings = Bitmap::new(GRAM * scanner.patterns.len(), beginnings);
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

    /// Returns a test of whether a pattern may contain a gram.
    pub(crate) fn grams(&self) -> impl Fn(&[u8]) -> bool {
        let grams = self.grams.get_or_init(|| {
            let patterns = self.patterns.iter().map(|range| self.slice(range));
            let grams = patterns.flat_map(|pattern| pattern.windows(GRAM)).map(hash_gram);
            Bitmap::new(self.bytes.len(), grams)
        });
        |gram| grams.contains(hash_gram(gram))
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
