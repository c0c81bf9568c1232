//! Base64, whatever stands around the value that was encoded with it.

use crate::wiped::Wiped;

/// The last two characters of an alphabet.
pub(super) const STANDARD: [u8; 2] = *b"+/";
pub(super) const URL_SAFE: [u8; 2] = *b"-_";

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The characters that depend on `value` alone, when `before` bytes (modulo 3) come before it and anything after it.
pub(super) fn core(value: &[u8], before: usize, last: [u8; 2]) -> Wiped {
    let mut text = Wiped::with_capacity(value.len().div_ceil(3) * 4);
    let (mut bits, mut count) = (0_u32, 0);
    // The bits of a character that began before the value are left out.
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
            text.push(LETTERS.get(index).copied().unwrap_or_else(|| last[index & 1]));
        }
        bits &= 0xff;
    }
    text
}

/// The bytes of the value that make the characters `from..to` of its core.
pub(super) fn source(before: usize, from: usize, to: usize) -> (usize, usize) {
    let skip = (6 - (8 * before) % 6) % 6;
    ((skip + 6 * from) / 8, (skip + 6 * to).div_ceil(8))
}

/// Whether a byte may stand in base64, but for the padding.
pub(crate) const fn is_base64(byte: u8) -> bool {
    INDEX[byte as usize] != NONE
}

/// The bytes that `text` encodes, up to the first character that encodes nothing.
pub(crate) fn decode(text: &[u8]) -> Wiped {
    let mut bytes = Wiped::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text {
        let index = INDEX[usize::from(*byte)];
        if index == NONE {
            break;
        }
        bits = bits << 6 | u32::from(index);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

const NONE: u8 = 64;

/// The six bits that each byte stands for, in either alphabet.
const INDEX: [u8; 256] = {
    let mut index = [NONE; 256];
    let mut at = 0;
    while at < 62 {
        index[LETTERS[at as usize] as usize] = at;
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
    fn the_core_is_in_the_encoding_of_every_text_around_the_value() {
        let alphabet = |last: [u8; 2]| [LETTERS.as_slice(), &last].concat();
        let encode = |bytes: &[u8], last| {
            let mut padded = bytes.to_vec();
            padded.resize(bytes.len().div_ceil(3) * 3, 0);
            let mut text = Vec::new();
            for three in padded.chunks(3) {
                let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
                text.extend([18, 12, 6, 0].map(|by| alphabet(last)[(bits >> by & 63) as usize]));
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
                        assert!(core.len() * 6 >= length * 8 - 10, "no character is left out in vain");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_decoded_was_encoded() {
        assert_eq!(&*decode(b"aHVudGVyMg=="), b"hunter2");
        assert_eq!(&*decode(b"_-8!"), b"\xff\xef");
        assert_eq!(&*decode(b""), b"");
    }

    #[test]
    fn a_piece_knows_the_bytes_it_comes_from() {
        assert_eq!(source(0, 0, 4), (0, 3));
        assert_eq!(source(1, 0, 4), (0, 4));
        assert_eq!(source(0, 16, 32), (12, 24));
    }
}
