//! Where escapes may begin in a text, and where lists of numbers are.

use std::ops::Range;

use crate::views::kind;

/// The number of bytes of a block.
const BLOCK: usize = 64;
/// The number of blocks that are looked at together.
const BATCH: usize = 16;

/// The bytes that occur in lists of numbers.
const NUMBERS: &[u8] = b"0123456789abcdefABCDEFxXo \t\r\n,;:[](){}|-_\"'";
/// The length of the shortest list of numbers: six bytes in hexadecimal, with separators.
pub(crate) const MIN_LIST: usize = 17;

/// Whether a byte begins escapes.
pub(crate) const IS_ESCAPE: [bool; 256] = {
    let mut is_escape = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        is_escape[byte as usize] = kind(byte) != 0;
        byte += 1;
    }
    is_escape
};
/// Whether a byte occurs in lists of numbers.
pub(crate) const IS_NUMBER: [bool; 256] = set(NUMBERS);

/// Returns whether a byte is one of `bytes`.
pub(crate) const fn set(bytes: &[u8]) -> [bool; 256] {
    let mut set = [false; 256];
    let mut index = 0;
    while index < bytes.len() {
        set[bytes[index] as usize] = true;
        index += 1;
    }
    set
}

/// The bytes of a block that are of a class, one bit each. The lowest bit is that of the first byte.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Classes {
    /// The bytes that may begin an escape.
    escapes: u64,
    /// The bytes that end as many bytes of a list of numbers as the shortest list has.
    lists: u64,
}

impl Classes {
    /// Returns the offsets of the bytes that may begin an escape.
    pub(crate) fn escapes(self) -> impl Iterator<Item = usize> {
        offsets(self.escapes)
    }

    /// Returns the offset of the first byte from `offset` on at which a list of numbers is long enough.
    pub(crate) fn list_from(self, offset: usize) -> Option<usize> {
        let from = if offset < BLOCK { u64::MAX << offset } else { 0 };
        offsets(self.lists & from).next()
    }
}

/// Returns the numbers of the ones.
fn offsets(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let offset = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (offset < u64::BITS).then_some(offset as usize)
    })
}

/// The blocks of a text in which an escape may begin or a list of numbers becomes long enough, each with its offset.
pub(crate) struct Blocks<'t> {
    text: &'t [u8],
    /// The offset of the next batch.
    offset: usize,
    batch: [Classes; BATCH],
    /// The rest of the batch.
    rest: Range<usize>,
    runs: Runs,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        Self { text, offset: 0, batch: [Classes::default(); BATCH], rest: 0..0, runs: Runs::default() }
    }
}

impl Blocks<'_> {
    /// Returns the next block, if it is not in the batch that begins at `until`.
    // Alone, its loop is small.
    #[inline(never)]
    pub(crate) fn next_before(&mut self, until: usize) -> Option<(usize, Classes)> {
        loop {
            for index in &mut self.rest {
                let classes = self.batch[index];
                if classes.escapes | classes.lists != 0 {
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
            classify(blocks, &mut self.runs, &mut self.batch);
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

/// Where runs of 1, 2, 4, 8 and 16 bytes of lists of numbers ended in the last block.
#[derive(Default)]
struct Runs([u64; 5]);

impl Runs {
    /// Returns where runs that are long enough for a list end in the next block, which has `bytes` of lists.
    #[inline]
    fn add(&mut self, bytes: u64) -> u64 {
        let [one, two, four, eight, sixteen] = &mut self.0;
        let longer = |runs: u64, last: &mut u64, by: u32, bytes: u64| {
            let before = std::mem::replace(last, runs);
            bytes & (runs << by | before >> (u64::BITS - by))
        };
        let twos = longer(bytes, one, 1, bytes);
        let fours = longer(twos, two, 2, twos);
        let eights = longer(fours, four, 4, fours);
        let sixteens = longer(eights, eight, 8, eights);
        const { assert!(MIN_LIST == 16 + 1) };
        longer(sixteens, sixteen, 1, bytes)
    }
}

/// Sets the classes of each block.
fn classify(blocks: &[[u8; BLOCK]], runs: &mut Runs, classes: &mut [Classes; BATCH]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "a function for processors of a kind")]
        // SAFETY: the processor has AVX2.
        unsafe {
            avx2::classify(blocks, runs, classes);
        }
        return;
    }
    each(blocks, runs, classes);
}

/// Sets the classes of each block on any processor.
fn each(blocks: &[[u8; BLOCK]], runs: &mut Runs, classes: &mut [Classes; BATCH]) {
    for (classes, block) in classes.iter_mut().zip(blocks) {
        let bits = |is: &[bool; 256]| {
            block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is[usize::from(*byte)]))
        };
        *classes = Classes { escapes: bits(&IS_ESCAPE), lists: runs.add(bits(&IS_NUMBER)) };
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set_epi64x,
        _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    use super::{BLOCK, Classes, IS_ESCAPE, IS_NUMBER, Runs};

    /// A bit for each of the first eight rows of the table of ASCII characters. The other rows are not ASCII.
    const ROWS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

    /// Returns the rows of the characters in each column.
    const fn columns(is: &[bool; 256]) -> [u8; 16] {
        let mut columns = [0; 16];
        let mut character = 0;
        while character < is.len() {
            if is[character] {
                columns[character & 15] |= ROWS[character >> 4];
            }
            character += 1;
        }
        columns
    }

    /// Sets the classes of each block, by looking up the row and the column of 32 characters at a time.
    #[target_feature(enable = "avx2")]
    pub(crate) fn classify(blocks: &[[u8; BLOCK]], runs: &mut Runs, classes: &mut [Classes]) {
        let rows = table(ROWS);
        let escapes = table(const { columns(&IS_ESCAPE) });
        let numbers = table(const { columns(&IS_NUMBER) });
        let half = _mm256_set1_epi8(15);
        for (classes, block) in classes.iter_mut().zip(blocks) {
            let (words, _) = block.as_chunks();
            let bits = |part: usize| {
                let word = |index: usize| i64::from_le_bytes(words[4 * part + index]);
                let characters = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
                let row = _mm256_and_si256(_mm256_srli_epi16::<4>(characters), half);
                let row = _mm256_shuffle_epi8(rows, row);
                let is = |columns| {
                    // The column of what is not ASCII is 0.
                    let column = _mm256_shuffle_epi8(columns, characters);
                    let is_not = _mm256_cmpeq_epi8(_mm256_and_si256(row, column), _mm256_setzero_si256());
                    u64::from(!_mm256_movemask_epi8(is_not).cast_unsigned())
                };
                (is(escapes), is(numbers))
            };
            let (first, second) = (bits(0), bits(1));
            *classes =
                Classes { escapes: first.0 | second.0 << 32, lists: runs.add(first.1 | second.1 << 32) };
        }
    }

    /// Returns a table for each half of a vector.
    #[target_feature(enable = "avx2")]
    fn table(table: [u8; 16]) -> __m256i {
        let (words, _) = table.as_chunks();
        let word = |index: usize| i64::from_le_bytes(words[index]);
        _mm256_set_epi64x(word(1), word(0), word(1), word(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_the_classes_of_their_bytes() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut text: Vec<u8> = (0..=255).collect();
        while text.len() < 1 << 20 {
            text.extend((0..random.usize(..40)).map(|_| random.u8(..)));
            text.extend((0..random.usize(..40)).map(|_| NUMBERS[random.usize(..NUMBERS.len())]));
            text.extend((0..random.usize(..200)).map(|_| b'.'));
        }
        for length in [0, 1, 63, 64, 65, BATCH * BLOCK, BATCH * BLOCK + 1, text.len()] {
            let text = &text[..length];
            let (mut escapes, mut lists) = (Vec::new(), Vec::new());
            for (offset, classes) in Blocks::new(text) {
                escapes.extend(classes.escapes().map(|at| offset + at));
                lists.extend(offsets(classes.lists).map(|at| offset + at));
            }
            let is_escape = |at: &usize| kind(text[*at]) != 0;
            assert!(escapes.into_iter().eq((0..length).filter(is_escape)), "{length} bytes");
            let is_number = |at: usize| NUMBERS.contains(&text[at]);
            let is_list = |at: &usize| *at >= MIN_LIST - 1 && (at + 1 - MIN_LIST..=*at).all(is_number);
            assert!(lists.into_iter().eq((0..length).filter(is_list)), "{length} bytes");
        }
    }

    #[test]
    fn every_processor_finds_the_same() {
        let bytes: Vec<u8> = (0..=255).collect();
        let (blocks, _) = bytes.as_chunks();
        let (mut fast, mut slow) = ([Classes::default(); BATCH], [Classes::default(); BATCH]);
        classify(blocks, &mut Runs::default(), &mut fast);
        each(blocks, &mut Runs::default(), &mut slow);
        assert_eq!(fast, slow);
    }
}
