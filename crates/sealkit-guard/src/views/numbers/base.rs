//! How numbers stand for bytes.

use super::super::filter::{Filter, MAX_DIGITS};

/// How the numbers of a list stand for bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Decimal,
    /// Decimal numbers from -128 to 127.
    Signed,
    /// Hexadecimal digits; the first two of a group are the first byte.
    Hexadecimal,
    /// Groups of hexadecimal digits whose last two are the first byte, as on most machines.
    HexadecimalWords,
    /// Three digits a byte, or six for two bytes.
    Octal,
    /// Eight digits a byte, also after `0b`.
    Binary,
    /// Decimal numbers, with or without a sign, for so many bytes each; the lowest is the first one, as on most machines. Only dumps have
    /// them.
    DecimalWords(usize),
}

/// The digits of a byte in binary.
const BINARY_DIGITS: usize = 8;
/// The largest number of bytes that a number stands for.
const MAX_BYTES: usize = 8;

impl Base {
    pub(super) const ALL: [Self; 9] = [
        Self::Decimal,
        Self::Signed,
        Self::Hexadecimal,
        Self::HexadecimalWords,
        Self::Octal,
        Self::Binary,
        Self::DecimalWords(2),
        Self::DecimalWords(4),
        Self::DecimalWords(8),
    ];

    /// Returns the bytes that a number stands for, and how many there are. It may be the `is_first` one of what is read in this base.
    pub(super) fn bytes(
        self,
        digits: &[u8],
        is_negative: bool,
        is_first: bool,
    ) -> Option<([u8; MAX_BYTES], usize)> {
        let radix = match self {
            Self::Decimal | Self::Signed | Self::DecimalWords(_) => 10,
            Self::Hexadecimal | Self::HexadecimalWords => 16,
            Self::Octal => 8,
            Self::Binary => 2,
        };
        let digits = if self == Self::Binary { binary(digits)? } else { digits };
        let digits = str::from_utf8(digits).ok().filter(|digits| digits.len() <= MAX_DIGITS)?;
        let value = u64::from_str_radix(digits, radix).ok()?;
        let count = match (self, digits.len()) {
            (Self::Decimal | Self::Octal, 1..=3) if value < 256 => 1,
            (Self::Signed, 1..=3) if value < 128 + u64::from(is_negative) => 1,
            (Self::Octal, 6) if value < 1 << 16 => 2,
            (Self::DecimalWords(MAX_BYTES), _) => MAX_BYTES,
            (Self::DecimalWords(count), _) if value >> (8 * count) == 0 => count,
            (Self::Binary, _) | (Self::Hexadecimal, 1) => 1,
            (Self::Hexadecimal, length @ ..=16) if length % 2 == 0 => length / 2,
            (Self::HexadecimalWords, length @ (4 | 8 | 16)) => length / 2,
            // The last bytes may be no whole word.
            (Self::HexadecimalWords, length @ (2 | 6)) if !is_first => length / 2,
            _ => return None,
        };
        let has_sign = is_negative && matches!(self, Self::Signed | Self::DecimalWords(_));
        let value = if has_sign { value.wrapping_neg() } else { value };
        let mut bytes = value.to_be_bytes();
        bytes.rotate_left(MAX_BYTES - count);
        if matches!(self, Self::HexadecimalWords | Self::DecimalWords(_)) || count == 2 && self == Self::Octal
        {
            bytes[..count].reverse();
        }
        Some((bytes, count))
    }

    /// Returns how many bytes of a pattern a number may have that goes on behind these digits.
    pub(super) fn incomplete_bytes(self, digits: &[u8], filter: &Filter) -> usize {
        match self {
            Self::Hexadecimal | Self::HexadecimalWords => filter.bytes_of_pairs(digits).max(1),
            Self::DecimalWords(_) => digits.len().div_ceil(2),
            Self::Decimal | Self::Signed | Self::Octal | Self::Binary => 1,
        }
    }
}

/// Returns the digits of a byte in binary, without their prefix.
pub(crate) fn binary(digits: &[u8]) -> Option<&[u8]> {
    let bits = digits.strip_prefix(b"0b").unwrap_or(digits);
    let is_binary = bits.len() == BINARY_DIGITS && bits.iter().all(|digit| b"01".contains(digit));
    is_binary.then_some(bits)
}
