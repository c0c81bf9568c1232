//! The search for classes with AVX2.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_adds_epu8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16,
    _mm256_extract_epi64, _mm256_min_epu16, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set_epi64x,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_shuffle_epi32, _mm256_sll_epi64,
    _mm256_srl_epi64, _mm256_srli_epi16, _mm256_xor_si256,
};

use super::{
    ESCAPES, NUMBERS, Runs,
    batch::{BATCH, Batch, Bits, Block},
    characters::ROWS,
};

/// Goes on with the next blocks, by looking up the row and the column of 32 characters at a time.
#[target_feature(enable = "avx2")]
pub(super) fn classify(batch: &mut Batch, blocks: &[Block], tokens: &Runs) {
    let rows = table(ROWS);
    let sets = [ESCAPES.columns, NUMBERS.columns, tokens.characters.columns].map(|set| table(set));
    let spaces = _mm256_set1_epi8(b' '.cast_signed());
    // Without a zero.
    let mut gaps = _mm256_set1_epi8(1);
    batch.classify_with(
        blocks,
        tokens,
        |block| {
            let mut bits = |part: usize| {
                let characters = load(block, part);
                gaps = _mm256_min_epu16(gaps, pairs_of_gaps(characters, spaces));
                let row = row(characters, rows);
                sets.map(|columns| find(characters, row, columns))
            };
            let (first, second) = (bits(0), bits(1));
            std::array::from_fn(|set| first[set] | second[set] << 32)
        },
        |bits, steps| runs(bits, steps),
    );
    let zeros = _mm256_cmpeq_epi16(gaps, _mm256_setzero_si256());
    batch.find_cells(blocks, _mm256_movemask_epi8(zeros) != 0, |block| {
        let bits = |part: usize| {
            let is = _mm256_cmpeq_epi8(load(block, part), spaces);
            u64::from(_mm256_movemask_epi8(is).cast_unsigned())
        };
        bits(0) | bits(1) << 32
    });
}

/// Leaves out the escapes that are in no run of `source`.
#[target_feature(enable = "avx2")]
pub(super) fn leave_out_escapes(batch: &mut Batch, blocks: &[Block], source: &Runs) {
    let rows = table(ROWS);
    batch.leave_out_escapes_with(blocks, source, |block, set| {
        let columns = table(set.columns);
        let [first, second] = [0, 1].map(|part| {
            let characters = load(block, part);
            find(characters, row(characters, rows), columns)
        });
        first | second << 32
    });
}

/// Returns the bit of the row of each character.
#[target_feature(enable = "avx2")]
fn row(characters: __m256i, rows: __m256i) -> __m256i {
    let half = _mm256_set1_epi8(15);
    _mm256_shuffle_epi8(rows, _mm256_and_si256(_mm256_srli_epi16::<4>(characters), half))
}

/// Returns the characters that are in a set, which are in these rows. The column of what is not ASCII is 0.
#[target_feature(enable = "avx2")]
fn find(characters: __m256i, row: __m256i, columns: __m256i) -> u64 {
    // With anything but 0, it has the highest bit.
    let most = _mm256_set1_epi8(127);
    let is = _mm256_adds_epu8(_mm256_and_si256(row, _mm256_shuffle_epi8(columns, characters)), most);
    u64::from(_mm256_movemask_epi8(is).cast_unsigned())
}

/// Returns a vector with a zero where two pairs of spaces are four bytes apart, as they are between characters in cells.
#[target_feature(enable = "avx2")]
fn pairs_of_gaps(characters: __m256i, spaces: __m256i) -> __m256i {
    let pairs = _mm256_xor_si256(characters, spaces);
    _mm256_or_si256(pairs, _mm256_shuffle_epi32::<0b10_11_00_01>(pairs))
}

/// Returns one half of a block.
#[target_feature(enable = "avx2")]
fn load(block: &Block, part: usize) -> __m256i {
    let (words, _) = block.as_chunks();
    let word = |index: usize| i64::from_le_bytes(words[4 * part + index]);
    _mm256_set_epi64x(word(3), word(2), word(1), word(0))
}

/// Returns the bits that end a run of ones, as [`super::runs`] does.
#[target_feature(enable = "avx2")]
fn runs(bits: &Bits, steps: &[u32]) -> Bits {
    let mut runs = *bits;
    for step in steps {
        let shorter = runs;
        let left = _mm_cvtsi32_si128(step.cast_signed());
        let right = _mm_cvtsi32_si128((u64::BITS - step).cast_signed());
        for part in 0..BATCH / 4 {
            let at = |from: usize| {
                let bits = |index: usize| shorter[from + index].cast_signed();
                _mm256_set_epi64x(bits(3), bits(2), bits(1), bits(0))
            };
            let (here, before) = (at(4 * part + 1), at(4 * part));
            let longer = _mm256_or_si256(_mm256_sll_epi64(here, left), _mm256_srl_epi64(before, right));
            let longer = _mm256_and_si256(here, longer);
            runs[4 * part + 1] = _mm256_extract_epi64::<0>(longer).cast_unsigned();
            runs[4 * part + 2] = _mm256_extract_epi64::<1>(longer).cast_unsigned();
            runs[4 * part + 3] = _mm256_extract_epi64::<2>(longer).cast_unsigned();
            runs[4 * part + 4] = _mm256_extract_epi64::<3>(longer).cast_unsigned();
        }
        runs[0] &= shorter[0] << step;
    }
    runs
}

/// Returns a table for each half of a vector.
#[target_feature(enable = "avx2")]
fn table(table: [u8; 16]) -> __m256i {
    let (words, _) = table.as_chunks();
    let word = |index: usize| i64::from_le_bytes(words[index]);
    _mm256_set_epi64x(word(1), word(0), word(1), word(0))
}
