//! Where escapes may begin in a text, where lists of numbers are, and where long runs of the characters of patterns are.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod batch;
mod characters;

use std::ops::Range;

use self::batch::{BATCH, Batch};
pub(crate) use self::characters::Characters;
use crate::views::kind;

/// The number of bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// The shortest run that may be a list of numbers. Six bytes in hexadecimal have 17 with their separators, but a power of two takes fewer steps.
pub(crate) const MIN_LIST: usize = 16;

/// The characters that begin escapes.
pub(crate) static ESCAPES: Characters = {
    let mut escapes = Characters::new(b"");
    let mut character = 0;
    while character < 128 {
        if kind(character) != 0 {
            escapes.insert(character);
        }
        character += 1;
    }
    escapes
};
/// The characters of lists of numbers.
pub(crate) static NUMBERS: Characters = Characters::new(b"0123456789abcdefABCDEFxXo \t\r\n,;:[](){}|-_\"'");

/// Characters, and the shortest run of them to look for.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) characters: Characters,
    pub(crate) length: u32,
}

/// The length of the shortest run of what escapes are looked for in.
pub(crate) const MIN_SOURCE: u32 = 5;
/// A longer run would take more steps.
pub(crate) const MAX_SOURCE: u32 = 8;

/// The number of blocks with escapes in a batch from which on some escapes of the next batch are left out.
const MANY_ESCAPED: usize = 4;

/// For a search of escapes and lists only.
pub(crate) static NO_TOKENS: Runs = Runs { characters: Characters::new(b""), length: 0 };

/// The bytes of a block that are of a class, one bit each. The lowest bit is that of the first byte.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Classes {
    /// The bytes that may begin an escape.
    escapes: u64,
    /// The bytes that end as many bytes of a list of numbers as the shortest list has, and the `cells`.
    lists: u64,
    /// The bytes that end a run of tokens.
    tokens: u64,
    /// The last of three characters in a row in cells of four columns.
    cells: u64,
}

impl Classes {
    /// Returns the offsets of the bytes that may begin an escape.
    pub(crate) fn escapes(self) -> impl Iterator<Item = usize> {
        offsets(self.escapes)
    }

    /// Returns the offset of the first byte from `offset` on at which a list of numbers is long enough, and how many of its bytes are in the
    /// block from there on; none if that is unknown.
    pub(crate) fn list_from(self, offset: usize) -> Option<(usize, usize)> {
        let at = offsets(self.lists & from(offset)).next()?;
        let after = ((self.lists & !self.cells) >> at).trailing_ones() as usize;
        Some((at, after))
    }

    /// Returns the offset of the first byte from `offset` on that is in a cell, like those before it.
    pub(crate) fn cell_from(self, offset: usize) -> Option<usize> {
        offsets(self.cells & from(offset)).next()
    }

    /// Returns the offset of the first byte from `offset` on at which a run of tokens is long enough.
    pub(crate) fn token_from(self, offset: usize) -> Option<usize> {
        offsets(self.tokens & from(offset)).next()
    }

    /// Returns whether a run of tokens that is long enough ends in the block or goes on.
    pub(crate) fn has_tokens(self) -> bool {
        self.tokens != 0
    }
}

/// Returns the bits from the offset on.
fn from(offset: usize) -> u64 {
    u32::try_from(offset).ok().and_then(|offset| u64::MAX.checked_shl(offset)).unwrap_or(0)
}

/// Returns the numbers of the ones.
fn offsets(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let offset = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (offset < u64::BITS).then_some(offset as usize)
    })
}

/// The blocks of a text that have bytes of a class, each with its offset.
pub(crate) struct Blocks<'t> {
    text: &'t [u8],
    tokens: &'t Runs,
    source: Option<&'t Runs>,
    /// The number of blocks of the batch that have escapes.
    escaped: usize,
    /// The offset of the next batch.
    offset: usize,
    batch: Batch,
    /// The rest of the batch.
    rest: Range<usize>,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(text: &'t [u8], tokens: &'t Runs) -> Self {
        Self { text, tokens, source: None, escaped: 0, offset: 0, batch: Batch::default(), rest: 0..0 }
    }

    /// Leaves out the escapes that are in no run of `source`, where there are many, as in compressed data.
    pub(crate) fn with_source(self, source: Option<&'t Runs>) -> Self {
        Self { source, ..self }
    }
}

impl Blocks<'_> {
    /// Returns the next block, if it is not in the batch that begins at `until`.
    // Alone, its loop is small.
    #[inline(never)]
    pub(crate) fn next_before(&mut self, until: usize) -> Option<(usize, Classes)> {
        loop {
            for index in &mut self.rest {
                let classes = self.batch.classes(index);
                if classes.escapes | classes.lists | classes.tokens != 0 {
                    self.escaped += usize::from(classes.escapes != 0);
                    return Some((self.offset - (self.rest.end - index) * BLOCK, classes));
                }
            }
            let text = self.text.get(self.offset..).filter(|text| self.offset < until && !text.is_empty())?;
            let (blocks, rest) = text.as_chunks();
            let mut last = [0; BLOCK];
            let blocks = if blocks.is_empty() {
                last[..rest.len()].copy_from_slice(rest);
                std::slice::from_ref(&last)
            } else {
                &blocks[..blocks.len().min(BATCH)]
            };
            self.batch.classify(blocks, self.tokens);
            let has_many = std::mem::take(&mut self.escaped) >= MANY_ESCAPED && blocks.len() == BATCH;
            if let Some(source) = self.source.filter(|_| has_many) {
                self.escaped = self.batch.escaped();
                self.batch.leave_out_escapes(blocks, source);
            }
            self.rest = 0..blocks.len();
            self.offset += blocks.len() * BLOCK;
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = (usize, Classes);

    fn next(&mut self) -> Option<(usize, Classes)> {
        self.next_before(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_the_classes_of_their_bytes() {
        let numbers = b"0123456789abcdefABCDEFxXo \t\r\n,;:[](){}|-_\"'";
        let mut random = fastrand::Rng::with_seed(1);
        let mut text: Vec<u8> = (0..=255).collect();
        while text.len() < 1 << 20 {
            text.extend((0..random.usize(..40)).map(|_| random.u8(..)));
            text.extend((0..random.usize(..40)).map(|_| numbers[random.usize(..numbers.len())]));
            text.extend((0..random.usize(..200)).map(|_| b'.'));
            for _ in 0..random.usize(..9) {
                text.extend((0..random.usize(..5).min(3)).map(|_| b' '));
                text.push(b'a' + random.u8(..26));
            }
        }
        for run in [9, 12, 16] {
            let tokens = Runs { characters: Characters::new(b"0123456789abcdef."), length: run };
            for length in [0, 1, 63, 64, 65, BATCH * BLOCK, BATCH * BLOCK + 1, text.len()] {
                let text = &text[..length];
                let mut found: [Vec<usize>; 4] = Default::default();
                for (offset, classes) in Blocks::new(text, &tokens) {
                    for (found, bits) in
                        found.iter_mut().zip([classes.escapes, classes.lists, classes.tokens, classes.cells])
                    {
                        found.extend(offsets(bits).map(|at| offset + at));
                    }
                }
                let is_escape = |at: &usize| kind(text[*at]) != 0;
                let ends = |at: usize, run: usize, characters: &[u8]| {
                    at >= run - 1 && (at + 1 - run..=at).all(|at| characters.contains(&text[at]))
                };
                let is_character = |at: usize| at >= 3 && text[at] != b' ' && text[at - 3..at] == *b"   ";
                let is_cell =
                    |at: &usize| *at >= 8 && [0, 4, 8].iter().all(|before| is_character(at - before));
                let is_list = |at: &usize| ends(*at, MIN_LIST, numbers) || is_cell(at);
                let is_run = |at: &usize| ends(*at, run as usize, b"0123456789abcdef.");
                assert!(found[0].iter().copied().eq((0..length).filter(is_escape)), "{length} bytes");
                assert!(
                    found[1].iter().copied().filter(|at| *at < length).eq((0..length).filter(is_list)),
                    "{length} bytes"
                );
                assert!(found[2].iter().copied().eq((0..length).filter(is_run)), "{length} bytes");
                assert!(
                    found[3].iter().copied().filter(|at| *at < length).eq((0..length).filter(is_cell)),
                    "{length} bytes"
                );
            }
        }
    }

    #[test]
    fn escapes_in_too_little_source_are_left_out() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut bytes = |count| (0..count).map(|_| random.u8(..)).collect::<Vec<u8>>();
        let text = [b"sealkit\\".repeat(500), bytes(1 << 20), b"%%%%%%%%".repeat(300)].concat();
        for length in MIN_SOURCE..=MAX_SOURCE {
            let is_source = |byte: &u8| matches!(byte, b' '..=b'~' | 0x1b);
            let characters: Vec<u8> = (0..=255).filter(is_source).collect();
            let source = Runs { characters: Characters::new(&characters), length };
            let is_needed = |at: usize| {
                let before = text[..at].iter().rev().take_while(|byte| is_source(byte)).count();
                let after = text[at..].iter().take_while(|byte| is_source(byte)).count();
                // The title of a window may be in another language.
                before + after >= length as usize
                    || text.get(at + 1).is_some_and(|next| b"]P_^X".contains(next))
            };
            let blocks = Blocks::new(&text, &NO_TOKENS).with_source(Some(&source));
            let found: Vec<usize> =
                blocks.flat_map(|(offset, classes)| classes.escapes().map(move |at| offset + at)).collect();
            let all: Vec<usize> = (0..text.len()).filter(|at| kind(text[*at]) != 0).collect();
            let needed = all.iter().filter(|at| is_needed(**at)).count();
            assert!(found.is_sorted_by(|a, b| a < b) && found.iter().all(|at| kind(text[*at]) != 0));
            assert_eq!(found.iter().filter(|at| is_needed(**at)).count(), needed);
            // At the edges of a batch, more may come.
            assert!(found.len() - needed < (all.len() - needed) / 20, "{} of {}", found.len(), all.len());
        }
    }

    type Way = fn(&mut Batch, &[[u8; BLOCK]], &Runs);

    /// Returns the ways to classify blocks that this processor has, and to leave out escapes.
    #[expect(unsafe_code, reason = "functions for processors of a kind")]
    fn ways() -> Vec<(Way, Way)> {
        let mut ways: Vec<(Way, Way)> = vec![(Batch::classify, Batch::leave_out_escapes)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            ways.push((
                |batch, blocks, tokens| unsafe { avx2::classify(batch, blocks, tokens) },
                |batch, blocks, source| unsafe { avx2::leave_out_escapes(batch, blocks, source) },
            ));
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor has AVX-512 BW.
            ways.push((
                |batch, blocks, tokens| unsafe { avx512::classify(batch, blocks, tokens) },
                |batch, blocks, source| unsafe { avx512::leave_out_escapes(batch, blocks, source) },
            ));
        }
        ways
    }

    #[test]
    fn every_processor_finds_the_same() {
        let mut random = fastrand::Rng::with_seed(1);
        // Mostly numbers and tokens, so that there are long runs.
        let all: Vec<u8> = (0..=255).chain(b"0123456789abcdef".repeat(300)).chain([b' '; 9000]).collect();
        for ((classify, leave_out), run) in
            ways().into_iter().flat_map(|way| (9..=16).map(move |run| (way, run)))
        {
            let tokens = Runs { characters: Characters::new(b"0123456789abcdefghij\0~"), length: run };
            let source = Runs { characters: Characters::new(&all[32..127]), length: 5 + run % 4 };
            let (mut batch, mut expected) = (Batch::default(), Batch::default());
            for _ in 0..50 {
                let mut blocks: Vec<[u8; BLOCK]> = (0..random.usize(1..=BATCH))
                    .map(|_| std::array::from_fn(|_| all[random.usize(..all.len())]))
                    .collect();
                // A few cells, which may begin in the last batch, in a text without spaces.
                if random.bool() {
                    let bytes = blocks.as_flattened_mut();
                    bytes.fill(b'.');
                    let at = random.usize(..bytes.len()).saturating_sub(8);
                    let cells = &b"   a   b   c   d   e"[random.usize(..12)..];
                    bytes[at..].iter_mut().zip(cells).for_each(|(byte, cell)| *byte = *cell);
                }
                classify(&mut batch, &blocks, &tokens);
                expected.classify_each(&blocks, &tokens);
                if random.bool() {
                    leave_out(&mut batch, &blocks, &source);
                    expected.leave_out_each(&blocks, &source);
                }
                for block in 0..blocks.len() {
                    assert_eq!(batch.classes(block), expected.classes(block), "{run} tokens, block {block}");
                }
            }
        }
    }
}
