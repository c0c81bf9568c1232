//! The classes of some blocks.

use super::{BLOCK, Classes, ESCAPES, MIN_LIST, NUMBERS, Tokens};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// The number of blocks that are looked at together.
pub(super) const BATCH: usize = 16;

/// The bits of each block of a batch, behind those of the last block of the batch before.
pub(super) type Bits = [u64; BATCH + 1];

/// The classes of a batch of blocks.
#[derive(Default)]
pub(super) struct Batch {
    length: usize,
    escapes: Bits,
    numbers: Bits,
    tokens: Bits,
    /// Where long runs of numbers end.
    lists: Bits,
    /// Where long runs of tokens end.
    token_runs: Bits,
}

impl Batch {
    /// Returns the classes of a block.
    pub(super) fn classes(&self, index: usize) -> Classes {
        let of = |bits: &Bits| bits[index + 1];
        Classes { escapes: of(&self.escapes), lists: of(&self.lists), tokens: of(&self.token_runs) }
    }

    /// Goes on with the next blocks.
    pub(super) fn classify(&mut self, blocks: &[[u8; BLOCK]], tokens: &Tokens) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512bw") {
            #[expect(unsafe_code, reason = "a function for processors of a kind")]
            // SAFETY: the processor has AVX-512 BW.
            unsafe {
                avx512::classify(self, blocks, tokens);
            }
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[expect(unsafe_code, reason = "a function for processors of a kind")]
            // SAFETY: the processor has AVX2.
            unsafe {
                avx2::classify(self, blocks, tokens);
            }
            return;
        }
        self.classify_each(blocks, tokens);
    }

    /// Goes on with the next blocks, on any processor.
    pub(super) fn classify_each(&mut self, blocks: &[[u8; BLOCK]], tokens: &Tokens) {
        self.classify_with(
            blocks,
            tokens,
            |block| {
                [&ESCAPES, &NUMBERS, &tokens.characters].map(|set| {
                    block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(set.contains(*byte)))
                })
            },
            runs,
        );
    }

    /// Goes on with the next blocks, of which `find` returns the escapes, the numbers and the tokens.
    #[expect(clippy::inline_always, reason = "the functions above compile it for processors of a kind")]
    #[inline(always)]
    pub(super) fn classify_with(
        &mut self,
        blocks: &[[u8; BLOCK]],
        tokens: &Tokens,
        find: impl Fn(&[u8; BLOCK]) -> [u64; 3],
        runs: impl Fn(&Bits, &[u32]) -> Bits,
    ) {
        self.numbers[0] = self.numbers[self.length];
        self.tokens[0] = self.tokens[self.length];
        self.length = blocks.len();
        for (index, block) in (1..).zip(blocks) {
            [self.escapes[index], self.numbers[index], self.tokens[index]] = find(block);
        }
        const { assert!(MIN_LIST == 1 + 1 + 2 + 4 + 8 + 1) };
        let (list, run) = ([1, 2, 4, 8, 1], [1, 2, 4, tokens.run.saturating_sub(8).max(1)]);
        self.lists = runs(&self.numbers, &list);
        self.token_runs = runs(&self.tokens, &run);
    }
}

/// Returns the bits that end a run of ones. In each step, the runs grow by so much, at most twofold.
fn runs(bits: &Bits, steps: &[u32]) -> Bits {
    let mut runs = *bits;
    for step in steps {
        let shorter = runs;
        for index in 1..runs.len() {
            runs[index] &= shorter[index] << step | shorter[index - 1] >> (u64::BITS - step);
        }
        runs[0] &= shorter[0] << step;
    }
    runs
}
