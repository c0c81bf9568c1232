//! Hashes of grams, and sets of them.

use zeroize::Zeroizing;

use super::GRAM;

/// The multiplier of the hash.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number of grams that are looked up together: the processor does so in parallel.
pub(super) const LANES: usize = 4;

/// A set of hashes that may report false positives.
#[derive(Default)]
pub(super) struct Bitmap {
    /// A bit for each hash. The last bits of the hash choose the byte, the first bits the bit.
    table: Zeroizing<Vec<u8>>,
}

impl Bitmap {
    /// Creates a set of up to `count` hashes.
    pub(super) fn new(count: usize, hashes: impl Iterator<Item = u32>) -> Self {
        // Of other hashes, less than one in 64 is reported, unless there are so many that the table would not fit into the cache.
        let length = (8 * count).next_power_of_two().clamp(1 << 12, 1 << 21);
        let mut table = Zeroizing::new(vec![0; length]);
        let mask = table.len() - 1;
        hashes.for_each(|hash| table[hash as usize & mask] |= bit(hash));
        Self { table }
    }

    /// Searches grams at a distance of `STRIDE` from `at` to about `until`, a few at a time. Returns where the first of those begin of which
    /// one may be in the set, and moves on behind them.
    // Alone, its loop is small.
    #[inline(never)]
    pub(super) fn next_lanes<const STRIDE: usize>(
        &self,
        text: &[u8],
        at: &mut usize,
        until: usize,
    ) -> Option<usize> {
        let (table, mask) = (&self.table[..], self.table.len() - 1);
        let mut next = *at;
        while next < until
            && let Some(part) = text.get(next..next + (LANES - 1) * STRIDE + GRAM)
        {
            let mut any = 0;
            for lane in 0..LANES {
                let hash = hash_gram(&part[lane * STRIDE..]);
                any |= table[hash as usize & mask] & bit(hash);
            }
            next += LANES * STRIDE;
            if any != 0 {
                *at = next;
                return Some(next - LANES * STRIDE);
            }
        }
        *at = next;
        None
    }

    #[inline]
    pub(super) fn contains(&self, hash: u32) -> bool {
        self.table[hash as usize & (self.table.len() - 1)] & bit(hash) != 0
    }
}

/// Returns the hash of the first gram of `bytes`.
#[inline]
pub(super) fn hash_gram(bytes: &[u8]) -> u32 {
    let gram = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    (u64::from(gram).wrapping_mul(MULTIPLIER) >> 32) as u32
}

/// Returns the hash of a gram and as many bytes.
pub(super) fn hash_long_gram(bytes: [u8; 8]) -> u32 {
    (u64::from_le_bytes(bytes).wrapping_mul(MULTIPLIER) >> 32) as u32
}

/// Returns the hash of a gram, or of up to three bytes.
pub(super) fn hash_beginning(bytes: &[u8]) -> u32 {
    match *bytes {
        [a] => hash_gram(&[a, 0, 0, 1]),
        [a, b] => hash_gram(&[a, b, 0, 2]),
        [a, b, c] => hash_gram(&[a, b, c, 3]),
        _ => hash_gram(bytes),
    }
}

/// Returns the bit of a hash in its byte.
#[inline]
fn bit(hash: u32) -> u8 {
    // A shift by a variable number of bits takes longer.
    const BITS: [u8; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
    BITS[(hash >> 29) as usize]
}
