//! Texts that are reduced to their letters and digits.

#[cfg(target_arch = "x86_64")]
use crate::classes::BLOCK;
use crate::zeroizing::ZeroizingBytes;

/// Appends the ASCII letters and digits of `text` to `kept`.
pub(crate) fn extend(kept: &mut ZeroizingBytes, text: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    let text = extend_by_blocks(kept, text);
    kept.extend_filtered(text, |byte| byte.is_ascii_alphanumeric());
}

/// Appends those of the whole blocks of `text`, if this processor can, and returns the rest.
#[cfg(target_arch = "x86_64")]
fn extend_by_blocks<'t>(kept: &mut ZeroizingBytes, text: &'t [u8]) -> &'t [u8] {
    let (blocks, rest) = text.as_chunks();
    if blocks.is_empty() || !is_x86_feature_detected!("avx512bw") || !is_x86_feature_detected!("avx512vbmi2")
    {
        return text;
    }
    kept.extend_with(blocks.len() * BLOCK, |target| {
        #[expect(unsafe_code, reason = "a function for processors of a kind")]
        // SAFETY: the processor has AVX-512 BW and VBMI2.
        unsafe {
            avx512::filter(blocks, target)
        }
    });
    rest
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_or_si512,
        _mm512_set1_epi8, _mm512_storeu_si512, _mm512_sub_epi8,
    };

    use super::BLOCK;

    /// Copies the letters and digits of the blocks to `target`, which is as long. Returns how many there are.
    #[target_feature(enable = "avx512bw", enable = "avx512vbmi2")]
    pub(super) fn filter(blocks: &[[u8; BLOCK]], target: &mut [u8]) -> usize {
        let all = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
        let mut length = 0;
        for block in blocks {
            #[expect(unsafe_code, reason = "a load without an alignment")]
            // SAFETY: a block has 64 bytes.
            let characters = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            let lower = _mm512_sub_epi8(_mm512_or_si512(characters, all(0x20)), all(b'a'));
            let letters = _mm512_cmplt_epu8_mask(lower, all(26));
            let digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(characters, all(b'0')), all(10));
            let kept = letters | digits;
            let target: &mut [u8] = &mut target[length..length + BLOCK];
            #[expect(unsafe_code, reason = "a store without an alignment")]
            // SAFETY: the slice has 64 bytes.
            unsafe {
                _mm512_storeu_si512(target.as_mut_ptr().cast(), _mm512_maskz_compress_epi8(kept, characters));
            }
            length += kept.count_ones() as usize;
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_are_kept() {
        let mut random = fastrand::Rng::with_seed(1);
        for length in (0..300).chain([4096, 100_000]) {
            let text: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            let expected: Vec<u8> = text.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
            let mut kept = ZeroizingBytes::from(&b"before"[..]);
            extend(&mut kept, &text);
            assert_eq!(*kept, *[b"before", &*expected].concat());
            // As on a processor without vectors.
            assert_eq!(*ZeroizingBytes::filtered(&text, |byte| byte.is_ascii_alphanumeric()), *expected);
        }
    }
}
