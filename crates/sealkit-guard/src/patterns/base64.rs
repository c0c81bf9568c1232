//! Base64 patterns of a value that are independent of the bytes around the value.

use crate::zeroizing::ZeroizingBytes;

/// The characters that the standard and the URL-safe alphabet share.
const SHARED: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The last two characters of the standard alphabet.
const STANDARD: [u8; 2] = *b"+/";
/// The last two characters of the URL-safe alphabet.
const URL_SAFE: [u8; 2] = *b"-_";

/// The standard alphabet.
const ALPHABET: [u8; 64] = {
    let mut alphabet = [0; 64];
    let (shared, last) = alphabet.split_at_mut(SHARED.len());
    shared.copy_from_slice(SHARED);
    last.copy_from_slice(&STANDARD);
    alphabet
};

/// Returns the standard base64 characters that depend on `value` alone, if `before` bytes (modulo 3) precede it in the encoded text.
pub(super) fn core(value: &[u8], before: usize) -> ZeroizingBytes {
    // Skip the bits that share a character with the preceding bytes.
    let skip = skipped_bits(before);
    let count = (8 * value.len()).saturating_sub(skip) / 6;
    let mut text = ZeroizingBytes::with_capacity(count);
    text.extend_with(count, |text| {
        for (index, character) in text.iter_mut().enumerate() {
            let bit = skip + 6 * index;
            let two = u16::from_be_bytes([value[bit / 8], value.get(bit / 8 + 1).copied().unwrap_or(0)]);
            *character = ALPHABET[usize::from(two >> (10 - bit % 8) & 63)];
        }
        count
    });
    text
}

/// Returns a text with the URL-safe alphabet, or `None` if that is the same.
pub(super) fn url_safe(standard: &[u8]) -> Option<ZeroizingBytes> {
    if !standard.iter().any(|character| STANDARD.contains(character)) {
        return None;
    }
    let mut text = ZeroizingBytes::with_capacity(standard.len());
    for character in standard {
        let last = STANDARD.iter().position(|last| last == character);
        text.push(last.map_or(*character, |last| URL_SAFE[last]));
    }
    Some(text)
}

/// Returns how many bits of the first byte share a character with `before` bytes.
fn skipped_bits(before: usize) -> usize {
    (6 - (8 * before) % 6) % 6
}

/// Returns the start and end of the bytes of the value that the characters `from..to` of its [`core()`] encode.
pub(super) fn source(before: usize, from: usize, to: usize) -> (usize, usize) {
    let skip = skipped_bits(before);
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
                    let whole = [&b"api:xyz"[..before], &value[..length], &b"@host"[..after]].concat();
                    let core = core(&value[..length], before % 3);
                    assert!(core.len() * 6 >= length * 8 - 10, "the core is as long as possible");
                    for (core, last) in [(url_safe(&core), URL_SAFE), (Some(core), STANDARD)] {
                        let (text, Some(core)) = (encode(&whole, last), core) else { continue };
                        assert!(text.windows(core.len()).any(|window| *window == *core));
                    }
                }
            }
        }
    }

    #[test]
    fn a_text_without_special_characters_has_one_form() {
        assert_eq!(core(b"", 1).len(), 0);
        assert_eq!(&*core(b"hunter2", 0), b"aHVudGVyM");
        assert!(url_safe(b"aHVudGVyM").is_none());
        assert_eq!(&*url_safe(b"a+b/c+").unwrap(), b"a-b_c-");
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
