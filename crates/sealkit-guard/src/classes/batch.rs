//! The classes of some blocks.

use super::{BLOCK, Characters, Classes, ESCAPES, MIN_LIST, MIN_SOURCE, NUMBERS, Runs};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// The number of blocks that are looked at together.
pub(super) const BATCH: usize = 16;

/// The second characters of the sequences for a terminal in which any bytes may come.
static STRINGS: Characters = Characters::new(b"]P_^X");

/// A function for processors with vectors of a kind.
#[cfg(target_arch = "x86_64")]
type Vectors = unsafe fn(&mut Batch, &[Block], &Runs);

/// The bytes of a block.
pub(super) type Block = [u8; BLOCK];

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
    /// The last of three characters in a row in cells of four columns.
    cells: Bits,
    /// Whether there may be some.
    has_cells: bool,
    /// The spaces of the last block.
    last_spaces: u64,
}

impl Batch {
    /// Returns the classes of a block.
    pub(super) fn classes(&self, index: usize) -> Classes {
        let of = |bits: &Bits| bits[index + 1];
        Classes {
            escapes: of(&self.escapes),
            lists: of(&self.lists),
            tokens: of(&self.token_runs),
            cells: of(&self.cells),
        }
    }

    /// Goes on with the next blocks.
    pub(super) fn classify(&mut self, blocks: &[Block], tokens: &Runs) {
        #[cfg(target_arch = "x86_64")]
        if self.with_vectors(blocks, tokens, [avx512::classify, avx2::classify]) {
            return;
        }
        self.classify_each(blocks, tokens);
    }

    /// Calls one of the functions for AVX-512 BW and for AVX2. Returns whether this processor has either.
    #[cfg(target_arch = "x86_64")]
    fn with_vectors(&mut self, blocks: &[Block], runs: &Runs, [avx512, avx2]: [Vectors; 2]) -> bool {
        let function = if is_x86_feature_detected!("avx512bw") {
            avx512
        } else if is_x86_feature_detected!("avx2") {
            avx2
        } else {
            return false;
        };
        #[expect(unsafe_code, reason = "a function for processors of a kind")]
        // SAFETY: the processor has what the function needs.
        unsafe {
            function(self, blocks, runs);
        }
        true
    }

    /// Goes on with the next blocks, on any processor.
    pub(super) fn classify_each(&mut self, blocks: &[Block], tokens: &Runs) {
        self.classify_with(
            blocks,
            tokens,
            |block| {
                [&ESCAPES, &NUMBERS, &tokens.characters].map(|set| bits(block, |byte| set.contains(byte)))
            },
            runs,
        );
        self.find_cells(blocks, true, |block| bits(block, |byte| byte == b' '));
    }

    /// Goes on with the next blocks, of which `find` returns the escapes, the numbers and the tokens.
    #[expect(clippy::inline_always, reason = "the functions above compile it for processors of a kind")]
    #[inline(always)]
    pub(super) fn classify_with(
        &mut self,
        blocks: &[Block],
        tokens: &Runs,
        mut find: impl FnMut(&Block) -> [u64; 3],
        runs: impl Fn(&Bits, &[u32]) -> Bits,
    ) {
        self.numbers[0] = self.numbers[self.length];
        self.tokens[0] = self.tokens[self.length];
        self.length = blocks.len();
        for (index, block) in (1..).zip(blocks) {
            [self.escapes[index], self.numbers[index], self.tokens[index]] = find(block);
        }
        const { assert!(MIN_LIST == 1 + 1 + 2 + 4 + 8) };
        let (list, run) = ([1, 2, 4, 8], [1, 2, 4, tokens.length.saturating_sub(8).max(1)]);
        self.lists = runs(&self.numbers, &list);
        self.token_runs = runs(&self.tokens, &run);
    }

    /// Returns the number of blocks that have escapes.
    pub(super) fn escaped(&self) -> usize {
        self.escapes[1..=self.length].iter().filter(|bits| **bits != 0).count()
    }

    /// Leaves out the escapes that are in no run of `source`.
    pub(super) fn leave_out_escapes(&mut self, blocks: &[Block], source: &Runs) {
        #[cfg(target_arch = "x86_64")]
        if self.with_vectors(blocks, source, [avx512::leave_out_escapes, avx2::leave_out_escapes]) {
            return;
        }
        self.leave_out_each(blocks, source);
    }

    /// Leaves out the escapes that are in no run of `source`, on any processor.
    pub(super) fn leave_out_each(&mut self, blocks: &[Block], source: &Runs) {
        self.leave_out_escapes_with(blocks, source, |block, set| bits(block, |byte| set.contains(byte)));
    }

    /// Leaves out the escapes that are in no run of `source`. `find` returns the characters of a block that are in a set.
    #[expect(clippy::inline_always, reason = "the functions above compile it for processors of a kind")]
    #[inline(always)]
    pub(super) fn leave_out_escapes_with(
        &mut self,
        blocks: &[Block],
        source: &Runs,
        find: impl Fn(&Block, &Characters) -> u64,
    ) {
        // What comes before and after the batch may be source.
        let (mut inside, mut strings) = ([u64::MAX; BATCH + 2], [u64::MAX; BATCH + 2]);
        for (index, block) in (1..).zip(blocks) {
            inside[index] = find(block, &source.characters);
            strings[index] = find(block, &STRINGS);
        }
        const { assert!(1 + 1 + 2 < MIN_SOURCE) };
        let steps = [1, 2, source.length - 4];
        for step in steps {
            for index in (1..inside.len()).rev() {
                inside[index] &= inside[index] << step | inside[index - 1] >> (u64::BITS - step);
            }
        }
        for step in steps {
            for index in 0..inside.len() {
                let next = inside.get(index + 1).unwrap_or(&u64::MAX);
                inside[index] |= inside[index] >> step | next << (u64::BITS - step);
            }
        }
        for index in 1..=blocks.len() {
            self.escapes[index] &= inside[index] | strings[index] >> 1 | strings[index + 1] << 63;
        }
    }

    /// Goes on with the cells of the next blocks, if they `may_have` some. `find` returns the spaces of a block.
    #[expect(clippy::inline_always, reason = "the functions above compile it for processors of a kind")]
    #[inline(always)]
    pub(super) fn find_cells(&mut self, blocks: &[Block], may_have: bool, find: impl Fn(&Block) -> u64) {
        let last = self.last_spaces;
        self.last_spaces = blocks.last().map_or(0, &find);
        // Cells may begin in the last block of the batch before.
        let may_have = may_have || last & last << 1 & last << 2 != 0;
        if may_have || self.has_cells {
            self.has_cells = may_have;
            let mut spaces = Bits::default();
            for (spaces, found) in spaces.iter_mut().zip([last].into_iter().chain(blocks.iter().map(find))) {
                *spaces = found;
            }
            let characters = shifted(&spaces, |before| before(1) & before(2) & before(3) & !before(0));
            self.cells = shifted(&characters, |before| before(0) & before(4) & before(8));
            for (list, cell) in self.lists.iter_mut().zip(self.cells) {
                *list |= cell;
            }
        }
    }
}

/// Returns the bits of the bytes that `is` returns true for.
fn bits(block: &Block, is: impl Fn(u8) -> bool) -> u64 {
    block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)))
}

/// Returns for each bit what `of` returns of those that come so many places before.
#[expect(clippy::inline_always, reason = "the functions above compile it for processors of a kind")]
#[inline(always)]
fn shifted(bits: &Bits, of: impl Fn(&dyn Fn(u32) -> u64) -> u64) -> Bits {
    std::array::from_fn(|index| {
        let before = index.checked_sub(1).map_or(0, |before| bits[before]);
        of(&|by| bits[index] << by | before.checked_shr(u64::BITS - by).unwrap_or(0))
    })
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
