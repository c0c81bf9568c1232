//! Base64 patterns of a value that are independent of the bytes around the value.

use crate::zeroizing::ZeroizingBytes;

/// The last two characters of the standard alphabet.
pub(super) const STANDARD: [u8; 2] = *b"+/";
/// The last two characters of the URL-safe alphabet.
pub(super) const URL_SAFE: [u8; 2] = *b"-_";

/// The characters that both alphabets share.
const SHARED: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns the base64 characters that depend on `value` alone, if `before` bytes (modulo 3) precede it in the encoded text.
pub(super) fn core(value: &[u8], before: usize, last: [u8; 2]) -> ZeroizingBytes {
    let mut text = ZeroizingBytes::with_capacity(value.len().div_ceil(3) * 4);
    let (mut bits, mut count) = (0_u32, 0);
    // Skip the bits that share a character with the preceding bytes.
    let mut skip = (6 - (8 * before) % 6) % 6;
    for byte in value {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        if skip > 0 {
            count -= skip;
            skip = 0;
        }
        while count >= 6 {
            count -= 6;
            let index = (bits >> count & 63) as usize;
            text.push(SHARED.get(index).copied().unwrap_or_else(|| last[index & 1]));
        }
        bits &= 0xff;
    }
    text
}

/// Returns the start and end of the bytes of the value that the characters `from..to` of its [`core()`] encode.
pub(super) fn source(before: usize, from: usize, to: usize) -> (usize, usize) {
    let skip = (6 - (8 * before) % 6) % 6;
    ((skip + 6 * from) / 8, (skip + 6 * to).div_ceil(8))
}

/// Returns whether `byte` is a base64 character of either alphabet. Padding is not.
pub(crate) const fn is_base64(byte: u8) -> bool {
    INDEX[byte as usize] != NONE
}

/// Decodes `text` up to the first byte that is not a base64 character.
pub(crate) fn decode(text: &[u8]) -> ZeroizingBytes {
    let mut bytes = ZeroizingBytes::default();
    decode_into(text, &mut bytes);
    bytes
}

/// Appends what [`decode`] returns.
pub(crate) fn decode_into(text: &[u8], bytes: &mut ZeroizingBytes) {
    let bits = |characters: &[u8]| {
        characters.iter().fold((0, 0), |(bits, all), character| {
            let index = INDEX[usize::from(*character)];
            (bits << 6 | u32::from(index), all | index)
        })
    };
    let (quads, _) = text.as_chunks::<4>();
    bytes.extend_with(3 * quads.len() + 3, |target| {
        let mut length = 0;
        for quad in quads {
            let (bits, all) = bits(quad);
            if all >= NONE {
                break;
            }
            target[length..length + 3].copy_from_slice(&bits.to_be_bytes()[1..]);
            length += 3;
        }
        let rest = &text[length / 3 * 4..];
        let end = rest.iter().take(3).take_while(|byte| is_base64(**byte)).count();
        let (bits, _) = bits(&rest[..end]);
        let whole = end * 6 / 8;
        let last = (bits << (32 - 6 * end).min(31)).to_be_bytes();
        target[length..length + whole].copy_from_slice(&last[..whole]);
        length + whole
    });
}

const NONE: u8 = 64;

/// The six bits that each base64 character encodes, for both alphabets.
const INDEX: [u8; 256] = {
    let mut index = [NONE; 256];
    let mut at = 0;
    while at < 62 {
        index[SHARED[at as usize] as usize] = at;
        at += 1;
    }
    index[STANDARD[0] as usize] = 62;
    index[STANDARD[1] as usize] = 63;
    index[URL_SAFE[0] as usize] = 62;
    index[URL_SAFE[1] as usize] = 63;
    index
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_of_any_text_that_contains_the_value_contains_its_core() {
        let alphabet = |last: [u8; 2]| [SHARED.as_slice(), &last].concat();
        let encode = |bytes: &[u8], last| {
            let mut padded = bytes.to_vec();
            padded.resize(bytes.len().div_ceil(3) * 3, 0);
            let mut text = Vec::new();
            for three in padded.chunks(3) {
                let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
                text.extend([18, 12, 6, 0].map(|shift| alphabet(last)[(bits >> shift & 63) as usize]));
            }
            text
        };
        let value = b"hunter2?>~\xff\xfb";
        for length in 4..value.len() {
            for before in 0..7 {
                for after in 0..4 {
                    for last in [STANDARD, URL_SAFE] {
                        let whole = [&b"api:xyz"[..before], &value[..length], &b"@host"[..after]].concat();
                        let (text, core) = (encode(&whole, last), core(&value[..length], before % 3, last));
                        assert!(text.windows(core.len()).any(|window| *window == *core));
                        assert!(core.len() * 6 >= length * 8 - 10, "the core is as long as possible");
                    }
                }
            }
        }
    }

    #[test]
    fn both_alphabets_are_decoded_up_to_the_padding() {
        assert_eq!(&*decode(b"aHVudGVyMg=="), b"hunter2");
        assert_eq!(&*decode(b"_-8!"), b"\xff\xef");
        assert_eq!(&*decode(b""), b"");
    }

    #[test]
    fn characters_are_mapped_to_the_bytes_that_they_encode() {
        assert_eq!(source(0, 0, 4), (0, 3));
        assert_eq!(source(1, 0, 4), (0, 4));
        assert_eq!(source(0, 16, 32), (12, 24));
    }
}
