//! The strength of a value: whether it can be searched for without matching ordinary text.

use std::{cmp::Ordering, fmt};

use sealkit_names::GuardMode;

/// Common words and passwords in lower case, sorted, one per line.
///
/// The passwords and English words are those of zxcvbn (MIT license). Names of software, cloud regions and placeholders
/// are added. Each word has at least five distinct characters: shorter ones have [`Strength::None`] without the list.
const COMMON_WORDS: &str = include_str!("strength/common.txt");

/// The shortest value that can be searched for.
const MIN_STRICT: usize = 4;
/// The length of the longest word. A longer sequence of letters is no word.
const MAX_WORD: usize = 16;

/// How well a value can be guarded.
///
/// The limits were measured by searching one gibibyte of ordinary text for random values. Values of 7 digits occur by
/// chance; values of 8 digits, or of 6 letters and digits, almost never do.
///
/// ```
/// use sealkit_guard::Strength;
///
/// assert_eq!(Strength::of(b"X9f2kQ"), Strength::Full);
/// assert_eq!(
///     Strength::of(b"production").to_string(),
///     "is a common word: outputs, errors and logs are not searched for it"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strength {
    /// The value is searched for in every encoding, anywhere in a text.
    Full,
    /// The value may occur in ordinary text. It is searched for only in plain text and only as a whole word.
    Weak(Weakness),
    /// The value occurs in ordinary text. It is not searched for.
    None(Weakness),
}

/// The reason why a value is not fully guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weakness {
    /// The value is too short; it has this many bytes.
    Short(usize),
    /// The value is a common word or password.
    Common,
    /// The value repeats itself; it has only this many distinct bytes.
    Repetitive(usize),
    /// The value has too little entropy: similar values occur in ordinary text by chance.
    LowEntropy,
}

impl Strength {
    /// Returns the strength of a value. Leading and trailing whitespace is ignored.
    pub fn of(value: &[u8]) -> Self {
        let value = trim(value);
        let distinct = count_distinct(value);
        if value.len() < 5 {
            return Self::None(Weakness::Short(value.len()));
        }
        if distinct < 5 {
            return Self::None(Weakness::Repetitive(distinct));
        }
        if is_common(value) {
            return Self::None(Weakness::Common);
        }
        if value.len() < 6 {
            return Self::Weak(Weakness::Short(value.len()));
        }
        if entropy_bits(value) < 26.0 { Self::Weak(Weakness::LowEntropy) } else { Self::Full }
    }

    /// Returns the strength of a value that is guarded in this mode.
    pub fn in_mode(value: &[u8], mode: GuardMode) -> Self {
        if mode == GuardMode::Strict && trim(value).len() >= MIN_STRICT {
            Self::Full
        } else {
            Self::of(value)
        }
    }

    /// Returns whether the value is one word, such as `deploy`: it is found only as a whole word.
    pub fn is_word(value: &[u8]) -> bool {
        let value = trim(value);
        value.len() <= MAX_WORD && value.iter().all(u8::is_ascii_alphabetic)
    }

    /// Returns `full`, `weak` or `none`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Weak(_) => "weak",
            Self::None(_) => "none",
        }
    }
}

/// Writes a predicate for the name of the secret: why the value is not fully guarded, and the consequence.
impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("is guarded"),
            Self::Weak(weakness) => write!(f, "{weakness}: it is redacted only as a whole word"),
            Self::None(weakness) => write!(f, "{weakness}: outputs, errors and logs are not searched for it"),
        }
    }
}

/// Writes the reason as a predicate, such as `is a common word`.
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(0) => f.write_str("is empty"),
            Self::Short(1) => f.write_str("is too short (1 byte)"),
            Self::Short(bytes) => write!(f, "is too short ({bytes} bytes)"),
            Self::Common => f.write_str("is a common word"),
            Self::Repetitive(1) => f.write_str("repeats one character"),
            Self::Repetitive(distinct) => write!(f, "has only {distinct} different characters"),
            Self::LowEntropy => f.write_str("has too little entropy"),
        }
    }
}

/// Returns whether a value is a common word, in any letter case.
fn is_common(value: &[u8]) -> bool {
    let mut words = COMMON_WORDS.as_bytes();
    while !words.is_empty() {
        // The line in the middle.
        let is_break = |byte: &u8| *byte == b'\n';
        let middle = words.len() / 2;
        let start = words[..middle].iter().rposition(is_break).map_or(0, |at| at + 1);
        let end = start + words[start..].iter().position(is_break).unwrap_or(words.len() - start);
        match words[start..end].iter().copied().cmp(value.iter().map(u8::to_ascii_lowercase)) {
            Ordering::Less => words = words.get(end + 1..).unwrap_or_default(),
            Ordering::Equal => return true,
            Ordering::Greater => words = &words[..start],
        }
    }
    false
}

/// Trims white space as Python's `str.strip` does, or as its `bytes.strip` does if the value is not UTF-8.
pub(crate) fn trim(value: &[u8]) -> &[u8] {
    match str::from_utf8(value) {
        Ok(text) => text.trim_matches(sealkit_names::is_white_space).as_bytes(),
        // Also the vertical tab, which `trim_ascii` keeps.
        Err(_) => {
            let is_white = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
            let start = value.iter().position(|byte| !is_white(byte)).unwrap_or(value.len());
            let end = value.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
            &value[start..end]
        }
    }
}

/// Returns the number of distinct bytes.
pub(crate) fn count_distinct(value: &[u8]) -> usize {
    let mut seen = [0_u64; 4];
    for byte in value {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|bits| bits.count_ones() as usize).sum()
}

/// Estimates the entropy: the length times the bits per character of the smallest alphabet that covers the value.
#[expect(clippy::cast_precision_loss, reason = "an estimate does not need the last digit")]
fn entropy_bits(value: &[u8]) -> f64 {
    let all = |test: fn(&u8) -> bool| value.iter().all(test);
    let size: f64 = if all(u8::is_ascii_digit) {
        10.0
    } else if all(u8::is_ascii_hexdigit) {
        16.0
    } else if all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase) {
        26.0
    } else if all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        || all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    {
        36.0
    } else if all(u8::is_ascii_alphabetic) {
        52.0
    } else if all(u8::is_ascii_alphanumeric) {
        62.0
    } else {
        95.0
    };
    value.len() as f64 * size.log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_list_is_sorted_and_has_no_redundant_words() {
        let words: Vec<&str> = COMMON_WORDS.lines().collect();
        assert!(words.is_sorted() && words.len() > 1_500);
        for word in words {
            assert!(is_common(word.as_bytes()) && is_common(word.to_ascii_uppercase().as_bytes()), "{word}");
            assert!(!is_common(format!("{word}~").as_bytes()), "{word}");
            assert!(
                word.len() >= 5 && count_distinct(word.as_bytes()) >= 5,
                "`{word}` is rejected without the list"
            );
            assert_eq!(word, word.to_ascii_lowercase());
        }
    }

    #[test]
    fn length_distinct_bytes_word_list_and_entropy_decide_the_strength() {
        use Strength::{Full, None, Weak};
        for (value, strength) in [
            (&b""[..], None(Weakness::Short(0))),
            (b"1234", None(Weakness::Short(4))),
            (b"aaaaaaaaaa", None(Weakness::Repetitive(1))),
            (b"00000001112", None(Weakness::Repetitive(3))),
            (b"Production\n", None(Weakness::Common)),
            (b"us-east-1", None(Weakness::Common)),
            (b"x7Kq2", Weak(Weakness::Short(5))),
            (b"7391846", Weak(Weakness::LowEntropy)),
            (b"a7f03c", Weak(Weakness::LowEntropy)),
            (b"73918462", Full),
            (b"x7Kq2v", Full),
            (b"\x1fx7Kq\x1c\n", None(Weakness::Short(4))),
            (b"a7f03c9", Full),
            (b"correct horse", Full),
            (b"\xff\xfe\xfd\xfc\xfb\xfa", Full),
        ] {
            assert_eq!(Strength::of(value), strength, "{}", value.escape_ascii());
        }
    }
}
