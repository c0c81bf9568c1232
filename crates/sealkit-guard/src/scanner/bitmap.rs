//! Hashes of grams, and sets of them.

use zeroize::Zeroizing;

/// The multiplier of the hash. It is odd, so that different grams have different hashes.
const MULTIPLIER: u32 = 0x9e37_79b1;

/// A set of hashes that may report false positives: it keeps only their first bits.
#[derive(Default)]
pub(super) struct Bitmap {
    words: Zeroizing<Vec<u64>>,
    shift: u32,
}

impl Bitmap {
    pub(super) fn new(bits: u32, hashes: impl Iterator<Item = u32>) -> Self {
        let mut bitmap = Self { words: Zeroizing::new(vec![0; 1 << (bits - 6)]), shift: 32 - bits };
        for hash in hashes {
            let bit = hash >> bitmap.shift;
            bitmap.words[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        bitmap
    }

    #[inline]
    pub(super) fn contains(&self, hash: u32) -> bool {
        let bit = hash >> self.shift;
        self.words[(bit >> 6) as usize] >> (bit & 63) & 1 != 0
    }
}

/// Returns the hash of the first gram of `bytes`.
#[inline]
pub(super) fn hash_gram(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).wrapping_mul(MULTIPLIER)
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
