//! An index of the grams of patterns of similar length.

use zeroize::Zeroizing;

use super::{
    GRAM, Scanner,
    bitmap::{Bitmap, LANES, hash_gram, hash_long_gram},
};
use crate::strength::count_distinct;

/// Shorter patterns have an index of their own, because they need a smaller stride.
pub(super) const SHORT_PATTERN: usize = 12;
/// The available strides.
const STRIDES: [usize; 6] = [16, 13, 9, 4, 2, 1];
/// The largest offset in a pattern at which its indexed window may begin.
const MAX_WINDOW_OFFSET: usize = 16;

/// The largest offset of a window of tokens, if there is none near the beginning.
const MAX_TOKEN_OFFSET: usize = 1 << 15;
/// The fewest and the most tokens in a row that are looked for.
const MIN_RUN: usize = 9;
pub(super) const MAX_RUN: u32 = 16;

/// An index of the grams of patterns of similar length.
pub(super) struct GramIndex {
    stride: usize,
    bitmap: Bitmap,
    /// The grams with the bytes after them, or before those at the end of a pattern. Ordinary text has some of the grams, but few of these.
    /// Short patterns have none.
    long_grams: Option<Bitmap>,
    /// The start of each bucket in `grams`. The first bits of a hash select the bucket.
    buckets: Zeroizing<Vec<u32>>,
    shift: u32,
    /// The hashes of all grams, bucket by bucket.
    grams: Zeroizing<Vec<u32>>,
    /// The pattern of each gram and the offset of the gram in it.
    positions: Vec<(u32, u16)>,
}

impl GramIndex {
    /// Indexes the patterns with these numbers.
    pub(super) fn new(scanner: &Scanner, ids: &[u32]) -> Self {
        let stride = widest_stride(scanner, ids);
        let window = |id: &u32| (*id, most_distinct_window(scanner.pattern(*id), width(stride)));
        Self::with_windows(scanner, stride, &ids.iter().map(window).collect::<Vec<_>>())
    }

    /// Indexes patterns, which are given with the offsets of their windows.
    pub(super) fn with_windows(scanner: &Scanner, stride: usize, windows: &[(u32, usize)]) -> Self {
        let shortest = windows.iter().map(|(id, _)| scanner.pattern(*id).len()).min().unwrap_or(GRAM);
        let mut all: Zeroizing<Vec<(u32, u32, u16)>> =
            Zeroizing::new(Vec::with_capacity(windows.len() * stride));
        for (id, first) in windows {
            let pattern = scanner.pattern(*id);
            for offset in *first..first + stride {
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
        let bitmap = Bitmap::new(grams.len(), grams.iter().copied());
        let long_grams = (shortest >= SHORT_PATTERN).then(|| {
            let long_gram = |(id, offset): &(u32, u16)| {
                let (pattern, offset) = (scanner.pattern(*id), usize::from(*offset));
                let long_gram = pattern[offset..].first_chunk();
                long_gram.or_else(|| pattern[..offset + GRAM].last_chunk()).copied().map_or(0, hash_long_gram)
            };
            Bitmap::new(positions.len(), positions.iter().map(long_gram))
        });
        Self { stride, bitmap, long_grams, buckets, shift, grams, positions }
    }

    /// Calls `found` with the offset and the pattern of each match from `at` to about `until`, and moves on behind it.
    pub(super) fn find(
        &self,
        scanner: &Scanner,
        text: &[u8],
        at: &mut usize,
        until: usize,
        found: &mut dyn FnMut(usize, u32),
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
        found: &mut dyn FnMut(usize, u32),
    ) {
        let mut at = *position;
        while let Some(next) = self.bitmap.next_lanes::<STRIDE>(text, &mut at, until) {
            for lane in 0..LANES {
                let at = next + lane * STRIDE;
                self.verify(scanner, text, at, hash_gram(&text[at..]), found);
            }
        }
        while at < until && at + GRAM <= text.len() {
            self.verify(scanner, text, at, hash_gram(&text[at..]), found);
            at += STRIDE;
        }
        *position = at;
    }

    /// Returns whether a pattern may contain the gram at `at` with what is around it.
    fn has_long_gram(&self, text: &[u8], at: usize) -> bool {
        let Some(long_grams) = &self.long_grams else { return true };
        let is_known = |bytes: &[u8; 2 * GRAM]| long_grams.contains(hash_long_gram(*bytes));
        text[at..].first_chunk().is_some_and(is_known) || text[..at + GRAM].last_chunk().is_some_and(is_known)
    }

    /// Compares the text around the gram at `at` with each pattern that contains the gram.
    fn verify(
        &self,
        scanner: &Scanner,
        text: &[u8],
        at: usize,
        gram: u32,
        found: &mut dyn FnMut(usize, u32),
    ) {
        if !self.bitmap.contains(gram) || !self.has_long_gram(text, at) {
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

/// Returns the widest stride for these patterns.
pub(super) fn widest_stride(scanner: &Scanner, ids: &[u32]) -> usize {
    let shortest = ids.iter().map(|id| scanner.pattern(*id).len()).min().unwrap_or(GRAM);
    // With very many patterns, a small index is worth more than a wide stride.
    let affordable = ((1 << 20) / ids.len().max(1)).max(1);
    let widest = (shortest - GRAM + 1).min(affordable);
    STRIDES.into_iter().find(|stride| *stride <= widest).unwrap_or(1)
}

/// Returns the number of bytes of windows that contain a gram with this stride.
pub(super) fn width(stride: usize) -> usize {
    stride + GRAM - 1
}

/// Returns the offset of the window of `width` bytes that has the most distinct bytes, because it is least likely to occur
/// in ordinary text.
fn most_distinct_window(pattern: &[u8], width: usize) -> usize {
    let last = (pattern.len() - width).min(MAX_WINDOW_OFFSET);
    let distinct = |at: usize| count_distinct(&pattern[at..at + width]);
    // `max_by_key` returns the last maximum: in reverse order, that is the first window.
    (0..=last).rev().max_by_key(|at| distinct(*at)).unwrap_or(0)
}

/// Returns the offset of a window that consists of tokens. Letters and digits are preferred: ordinary text has few runs of them that are so
/// long.
pub(super) fn token_window(pattern: &[u8], stride: usize) -> Option<usize> {
    let width = width(stride);
    if width < MIN_RUN {
        return None;
    }
    let mut best: Option<(usize, usize, usize)> = None;
    // How many of the last bytes are tokens.
    let mut tokens = 0;
    // The last `width` bytes: how many of them are letters and digits, how many are distinct, and how often each occurs.
    let (mut ordinary, mut distinct, mut occurrences) = (0, 0, [0_u8; 256]);
    for (last, byte) in pattern.iter().enumerate() {
        // NUL is a token: UTF-16 has one in each ASCII character.
        tokens = if *byte == 0 || byte.is_ascii_graphic() { tokens + 1 } else { 0 };
        ordinary += usize::from(byte.is_ascii_alphanumeric());
        let occurs = &mut occurrences[usize::from(*byte)];
        distinct += usize::from(*occurs == 0);
        *occurs += 1;
        let Some(at) = (last + 1).checked_sub(width) else { continue };
        if at > if best.is_some() { MAX_WINDOW_OFFSET } else { MAX_TOKEN_OFFSET } {
            break;
        }
        if tokens >= width && best.is_none_or(|(most, second, _)| (ordinary, distinct) > (most, second)) {
            best = Some((ordinary, distinct, at));
        }
        ordinary -= usize::from(pattern[at].is_ascii_alphanumeric());
        let occurs = &mut occurrences[usize::from(pattern[at])];
        *occurs -= 1;
        distinct -= usize::from(*occurs == 0);
    }
    best.map(|(.., at)| at)
}
