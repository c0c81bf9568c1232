//! The search for classes with AVX-512 BW.

use std::arch::x86_64::{
    __m512i, _mm_cvtsi32_si128, _mm256_extract_epi64, _mm512_and_si512, _mm512_cmpeq_epi8_mask,
    _mm512_extracti64x4_epi64, _mm512_min_epu16, _mm512_or_si512, _mm512_rol_epi64, _mm512_set_epi64,
    _mm512_set1_epi8, _mm512_shuffle_epi8, _mm512_sll_epi64, _mm512_srl_epi64, _mm512_srli_epi16,
    _mm512_test_epi8_mask, _mm512_testn_epi16_mask, _mm512_xor_si512,
};

use super::{
    ESCAPES, NUMBERS, Runs,
    batch::{BATCH, Batch, Bits, Block},
    characters::ROWS,
};

/// Goes on with the next blocks, by looking up the row and the column of 64 characters at a time.
#[target_feature(enable = "avx512bw")]
pub(super) fn classify(batch: &mut Batch, blocks: &[Block], tokens: &Runs) {
    let rows = table(ROWS);
    let sets = [ESCAPES.columns, NUMBERS.columns, tokens.characters.columns].map(|set| table(set));
    let spaces = _mm512_set1_epi8(b' '.cast_signed());
    // Without a zero.
    let mut gaps = _mm512_set1_epi8(1);
    batch.classify_with(
        blocks,
        tokens,
        |block| {
            let characters = load(block);
            let row = row(characters, rows);
            gaps = _mm512_min_epu16(gaps, pairs_of_gaps(characters, spaces));
            sets.map(|columns| find(characters, row, columns))
        },
        |bits, steps| runs(bits, steps),
    );
    let may_have_cells = _mm512_testn_epi16_mask(gaps, gaps) != 0;
    batch.find_cells(blocks, may_have_cells, |block| _mm512_cmpeq_epi8_mask(load(block), spaces));
}

/// Leaves out the escapes that are in no run of `source`.
#[target_feature(enable = "avx512bw")]
pub(super) fn leave_out_escapes(batch: &mut Batch, blocks: &[Block], source: &Runs) {
    let rows = table(ROWS);
    batch.leave_out_escapes_with(blocks, source, |block, set| {
        let characters = load(block);
        find(characters, row(characters, rows), table(set.columns))
    });
}

/// Returns the bit of the row of each character.
#[target_feature(enable = "avx512bw")]
fn row(characters: __m512i, rows: __m512i) -> __m512i {
    let half = _mm512_set1_epi8(15);
    _mm512_shuffle_epi8(rows, _mm512_and_si512(_mm512_srli_epi16::<4>(characters), half))
}

/// Returns the characters that are in a set, which are in these rows. The column of what is not ASCII is 0.
#[target_feature(enable = "avx512bw")]
fn find(characters: __m512i, row: __m512i, columns: __m512i) -> u64 {
    _mm512_test_epi8_mask(row, _mm512_shuffle_epi8(columns, characters))
}

/// Returns a vector with a zero where two pairs of spaces are four bytes apart, as they are between characters in cells.
#[target_feature(enable = "avx512bw")]
fn pairs_of_gaps(characters: __m512i, spaces: __m512i) -> __m512i {
    let pairs = _mm512_xor_si512(characters, spaces);
    _mm512_or_si512(pairs, _mm512_rol_epi64::<32>(pairs))
}

#[target_feature(enable = "avx512bw")]
fn load(block: &Block) -> __m512i {
    let (words, _) = block.as_chunks();
    vector(|index: usize| i64::from_le_bytes(words[index]))
}

#[target_feature(enable = "avx512bw")]
fn vector(word: impl Fn(usize) -> i64) -> __m512i {
    _mm512_set_epi64(word(7), word(6), word(5), word(4), word(3), word(2), word(1), word(0))
}

/// Returns a table for each quarter of a vector.
#[target_feature(enable = "avx512bw")]
fn table(table: [u8; 16]) -> __m512i {
    let (words, _) = table.as_chunks();
    vector(|index: usize| i64::from_le_bytes(words[index % 2]))
}

/// Returns the bits that end a run of ones, as [`super::runs`] does.
#[target_feature(enable = "avx512bw")]
fn runs(bits: &Bits, steps: &[u32]) -> Bits {
    let mut runs = *bits;
    for step in steps {
        let shorter = runs;
        let left = _mm_cvtsi32_si128(step.cast_signed());
        let right = _mm_cvtsi32_si128((u64::BITS - step).cast_signed());
        for part in 0..BATCH / 8 {
            let at = |from: usize| vector(|index| shorter[from + index].cast_signed());
            let (here, before) = (at(8 * part + 1), at(8 * part));
            let longer = _mm512_or_si512(_mm512_sll_epi64(here, left), _mm512_srl_epi64(before, right));
            let longer = _mm512_and_si512(here, longer);
            let low = _mm512_extracti64x4_epi64::<0>(longer);
            let high = _mm512_extracti64x4_epi64::<1>(longer);
            for (index, half) in [low, high].into_iter().enumerate() {
                let at = 8 * part + 4 * index;
                runs[at + 1] = _mm256_extract_epi64::<0>(half).cast_unsigned();
                runs[at + 2] = _mm256_extract_epi64::<1>(half).cast_unsigned();
                runs[at + 3] = _mm256_extract_epi64::<2>(half).cast_unsigned();
                runs[at + 4] = _mm256_extract_epi64::<3>(half).cast_unsigned();
            }
        }
        runs[0] &= shorter[0] << step;
    }
    runs
}
