//! A multi-pattern search that samples 4-grams of the text.
//!
//! A gram is a sequence of four bytes. With a stride of `w - 3`, every window of `w` bytes contains exactly one whole gram
//! that begins at a multiple of the stride. So the scanner reads only these grams and looks them up in a bitmap that fits into
//! the caches of a core. The bitmap holds the grams at `w - 3` consecutive offsets of each pattern. Where a gram is in the
//! bitmap, the text is compared with the patterns that contain it.
//!
//! Most long patterns have a window without spaces, of few different characters. Ordinary text has few runs of these characters that are
//! as long, so that nearly all of its grams need not be looked up.

mod bitmap;
mod index;

use std::{ops::Range, sync::OnceLock};

use zeroize::Zeroizing;

use self::{
    bitmap::{Bitmap, hash_beginning, hash_gram},
    index::{GramIndex, MAX_RUN, SHORT_PATTERN, token_window, widest_stride, width},
};
use crate::{
    classes::{BLOCK, Characters, Runs},
    zeroizing::ZeroizingBytes,
};

/// The number of different bytes, and one more.
const BYTES: usize = 257;

/// The length of a gram.
pub(crate) const GRAM: usize = 4;

/// A set of patterns with the indexes to search for them.
#[derive(Default)]
pub(crate) struct Scanner {
    /// All patterns, concatenated.
    bytes: ZeroizingBytes,
    patterns: Vec<Range<u32>>,
    /// The number of patterns that begin with a lower byte, for each byte and for one more.
    by_first_byte: Zeroizing<Vec<u32>>,
    longest: usize,
    /// The first gram of each pattern, and what it begins with before that.
    beginnings: Bitmap,
    /// The indexes whose grams are looked up everywhere: of short patterns, and of those without tokens.
    indexes: Vec<GramIndex>,
    /// The index whose grams are looked up in runs of tokens only.
    token_index: Option<GramIndex>,
    tokens: Runs,
    /// All grams of the patterns, once they are needed.
    grams: OnceLock<Bitmap>,
}

impl Scanner {
    /// Creates a scanner for patterns of at least four bytes, which must be sorted and distinct.
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let total = patterns.clone().map(<[u8]>::len).sum();
        let mut scanner = Self {
            bytes: ZeroizingBytes::with_capacity(total),
            by_first_byte: Zeroizing::new(Vec::with_capacity(BYTES)),
            ..Self::default()
        };
        for pattern in patterns {
            let start = scanner.bytes.len();
            scanner.bytes.extend(pattern);
            scanner.by_first_byte.resize(usize::from(pattern[0]) + 1, to_u32(scanner.patterns.len()));
            scanner.patterns.push(to_u32(start)..to_u32(scanner.bytes.len()));
            scanner.longest = scanner.longest.max(pattern.len());
        }
        let ids = 0..to_u32(scanner.patterns.len());
        scanner.by_first_byte.resize(BYTES, ids.end);
        let beginnings = ids.clone().flat_map(|id| {
            let pattern = scanner.pattern(id);
            (1..=GRAM).map(|length| hash_beginning(&pattern[..length]))
        });
        scanner.beginnings = Bitmap::new(GRAM * scanner.patterns.len(), beginnings);
        let (short, long): (Vec<u32>, Vec<u32>) =
            ids.partition(|id| scanner.pattern(*id).len() < SHORT_PATTERN);
        let stride = widest_stride(&scanner, &long);
        let (mut windows, mut others) = (Vec::new(), Vec::new());
        for id in long {
            match token_window(scanner.pattern(id), stride) {
                Some(window) => windows.push((id, window)),
                None => others.push(id),
            }
        }
        for ids in [short, others].iter().filter(|ids| !ids.is_empty()) {
            let index = GramIndex::new(&scanner, ids);
            scanner.indexes.push(index);
        }
        if !windows.is_empty() {
            let mut tokens =
                Runs { characters: Characters::default(), length: to_u32(width(stride)).min(MAX_RUN) };
            for (id, window) in &windows {
                let window = &scanner.pattern(*id)[*window..window + width(stride)];
                for byte in window {
                    tokens.characters.insert(*byte);
                }
            }
            scanner.tokens = tokens;
            scanner.token_index = Some(GramIndex::with_windows(&scanner, stride, &windows));
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
    pub(crate) fn find(&self, text: &[u8], found: &mut dyn FnMut(usize, u32)) {
        for index in self.indexes.iter().chain(&self.token_index) {
            index.find(self, text, &mut 0, text.len(), found);
        }
    }

    /// Searches from `position` to about `until` for all patterns but those that [`Self::advance_in_block`] finds, and moves the position.
    pub(crate) fn advance(
        &self,
        text: &[u8],
        position: &mut Position,
        until: usize,
        found: &mut dyn FnMut(usize, u32),
    ) {
        for (index, at) in self.indexes.iter().zip(&mut position.indexes) {
            index.find(self, text, at, until, found);
        }
    }

    /// Returns the tokens of which a pattern has a run at least that [`Self::advance_in_block`] finds.
    pub(crate) fn tokens(&self) -> &Runs {
        &self.tokens
    }

    /// Searches for patterns that have a run of tokens that ends in the block from `offset` on.
    pub(crate) fn advance_in_block(
        &self,
        text: &[u8],
        position: &mut Position,
        offset: usize,
        found: &mut dyn FnMut(usize, u32),
    ) {
        if let Some(index) = &self.token_index {
            // The window that ends with the first byte of the block may have its gram there.
            let at = &mut position.tokens;
            *at = (*at).max(offset.saturating_sub(GRAM - 1));
            index.find(self, text, at, offset + BLOCK - (GRAM - 1), found);
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
        // What is as long as a gram ends with a gram of the pattern.
        let is_long = tail.last_chunk::<GRAM>().is_some_and(|last| self.grams()(last));
        let grams = tail.windows(GRAM).enumerate().take(if is_long { tail.len() } else { 0 });
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
        let of_byte = &self.by_first_byte[usize::from(beginning[0])..][..2];
        let with_first = &self.patterns[of_byte[0] as usize..of_byte[1] as usize];
        let first = of_byte[0] as usize + with_first.partition_point(|range| self.slice(range) < beginning);
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
pub(crate) struct Position {
    indexes: [usize; 2],
    tokens: usize,
}

/// Converts a length or an index. It saturates, but patterns never take four gibibytes.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::*;
    use crate::classes::Blocks;

    /// Returns all matches of the scanner, sorted, and checks that a search of runs of tokens finds the same.
    fn find_all(patterns: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let scanner = Scanner::new(patterns.iter().map(Vec::as_slice));
        let (mut all, mut in_blocks, mut position) = (Vec::new(), Vec::new(), Position::default());
        scanner.find(text, &mut |start, id| all.push((start, id)));
        scanner.advance(text, &mut position, text.len(), &mut |start, id| in_blocks.push((start, id)));
        for (offset, _) in Blocks::new(text, scanner.tokens()).filter(|(_, classes)| classes.has_tokens()) {
            scanner
                .advance_in_block(text, &mut position, offset, &mut |start, id| in_blocks.push((start, id)));
        }
        for found in [&mut all, &mut in_blocks] {
            found.sort_unstable();
            found.dedup();
        }
        assert!(all == in_blocks, "{} of {} matches", in_blocks.len(), all.len());
        all
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

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    /// Returns distinct random patterns over an alphabet, and a text with whole and truncated patterns.
    fn random_case(
        count: usize,
        lengths: Range<usize>,
        alphabet: &[u8],
        size: usize,
    ) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut random = fastrand::Rng::with_seed((count + alphabet.len()) as u64);
        let letter = |random: &mut fastrand::Rng| alphabet[random.usize(..alphabet.len())];
        let mut patterns: Vec<Vec<u8>> = (0..count)
            .map(|_| (0..random.usize(lengths.clone())).map(|_| letter(&mut random)).collect())
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut text = Vec::with_capacity(size + 1024);
        while text.len() < size {
            text.extend((0..random.usize(..500)).map(|_| letter(&mut random)));
            let pattern = &patterns[random.usize(..patterns.len())];
            let length = if random.bool() { pattern.len() } else { random.usize(..pattern.len()) };
            text.extend_from_slice(&pattern[..length]);
        }
        (patterns, text)
    }

    #[test]
    fn the_matches_are_the_same_as_those_of_aho_corasick() {
        for (count, lengths, alphabet) in [
            (1, 4..5, LETTERS),
            (3, 5..12, LETTERS),
            (16, 8..40, LETTERS),
            (180, 12..80, LETTERS),
            (180, 4..80, LETTERS),
            (2_000, 16..200, LETTERS),
            (40_000, 5..40, LETTERS),
            (50, 4..9, b"ab"),
            (50, 15..17, b"abc"),
            // Of some patterns, no window consists of tokens.
            (200, 12..80, "abcdefghijklmn\0- é\n".as_bytes()),
            (200, 24..120, "abcdefghijklmnopqrstuvwxyz ".as_bytes()),
        ] {
            let (patterns, text) = random_case(count, lengths.clone(), alphabet, 1 << 20);
            let found = find_all(&patterns, &text);
            assert!(found.len() > 100, "{count} patterns: only {} matches", found.len());
            let expected = find_all_with_aho_corasick(&patterns, &text);
            let alphabet = alphabet.escape_ascii();
            assert!(found == expected, "{count} patterns of {lengths:?} bytes over `{alphabet}`");
        }
    }

    #[test]
    fn a_pattern_is_found_at_every_offset() {
        for length in 4..40 {
            let pattern: Vec<u8> = (0..length).map(|at| b'A' + at).collect();
            for before in 0..140 {
                for after in [0, 1, 19, 64, 150] {
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
        let (patterns, text) = random_case(50, 4..9, b"ab", 2_000);
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
