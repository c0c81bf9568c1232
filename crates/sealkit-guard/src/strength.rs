//! Which values can be told from ordinary text.

use std::fmt;

/// Words that stand in ordinary text, one to a line and sorted, in lower case.
///
/// The most used passwords and English words are those of zxcvbn (MIT licence); names of software, of regions of clouds and
/// of placeholders are added. Only words of five letters and more are here, with five different ones: others are weak anyway.
const COMMON: &str = include_str!("strength/common.txt");

/// How well a value can be guarded.
///
/// The limits come from one gigabyte of ordinary text, in which random values were searched: 7 digits occur by chance,
/// 8 digits or 6 letters and digits do not.
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
pub enum Strength {
    /// Every form of it is found, anywhere.
    Full,
    /// It might occur in ordinary text: only the value itself is found, and only where it stands alone.
    Weak(Weakness),
    /// It occurs in ordinary text: nothing is found.
    None(Weakness),
}

/// Why a value is not fully guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weakness {
    /// It has this many bytes.
    Short(usize),
    /// It is a word that everybody uses.
    Common,
    /// It has this many different bytes.
    Uniform(usize),
    /// There are so few values like it that one turns up by chance.
    Guessable,
}

impl Strength {
    /// The strength of a value; white space around it does not count.
    pub fn of(value: &[u8]) -> Self {
        let value = trimmed(value);
        let different = different(value);
        if value.len() < 5 {
            return Self::None(Weakness::Short(value.len()));
        }
        if different < 5 {
            return Self::None(Weakness::Uniform(different));
        }
        if COMMON.lines().any(|word| word.as_bytes().eq_ignore_ascii_case(value)) {
            return Self::None(Weakness::Common);
        }
        if value.len() < 6 {
            return Self::Weak(Weakness::Short(value.len()));
        }
        if bits(value) < 26.0 { Self::Weak(Weakness::Guessable) } else { Self::Full }
    }

    /// `full`, `weak` or `none`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Weak(_) => "weak",
            Self::None(_) => "none",
        }
    }
}

/// What is said of the value: why it is not fully guarded, and what follows.
impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("is guarded"),
            Self::Weak(weakness) => write!(f, "{weakness}: it is found only where it stands alone"),
            Self::None(weakness) => write!(f, "{weakness}: outputs, errors and logs are not searched for it"),
        }
    }
}

/// The reason, such as `is a common word`.
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(0) => f.write_str("is empty"),
            Self::Short(1) => f.write_str("is too short (1 byte)"),
            Self::Short(bytes) => write!(f, "is too short ({bytes} bytes)"),
            Self::Common => f.write_str("is a common word"),
            Self::Uniform(1) => f.write_str("repeats one character"),
            Self::Uniform(different) => write!(f, "has only {different} different characters"),
            Self::Guessable => f.write_str("is too easy to meet by chance"),
        }
    }
}

/// Without the white space that surrounds a text, as Python sees it, which knows four separators more.
///
/// Other bytes than text are left as they are.
pub(crate) fn trimmed(value: &[u8]) -> &[u8] {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    match str::from_utf8(value) {
        Ok(text) => text.trim_matches(is_space).as_bytes(),
        Err(_) => value,
    }
}

pub(crate) fn different(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in value {
        seen[usize::from(*byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}

/// The length times the bits of a character of the smallest alphabet that has them all.
#[expect(clippy::cast_precision_loss, reason = "nothing depends on the last digit")]
fn bits(value: &[u8]) -> f64 {
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
    fn the_list_of_words_is_sorted_and_holds_nothing_in_vain() {
        let words: Vec<&str> = COMMON.lines().collect();
        assert!(words.is_sorted() && words.len() > 1_500);
        for word in words {
            assert!(word.len() >= 5 && different(word.as_bytes()) >= 5, "{word} is weak without the list");
            assert_eq!(word, word.to_ascii_lowercase());
        }
    }

    #[test]
    fn values_are_as_strong_as_a_gigabyte_of_ordinary_text_says() {
        use Strength::{Full, None, Weak};
        for (value, strength) in [
            (&b""[..], None(Weakness::Short(0))),
            (b"1234", None(Weakness::Short(4))),
            (b"aaaaaaaaaa", None(Weakness::Uniform(1))),
            (b"00000001112", None(Weakness::Uniform(3))),
            (b"Production\n", None(Weakness::Common)),
            (b"us-east-1", None(Weakness::Common)),
            (b"x7Kq2", Weak(Weakness::Short(5))),
            (b"7391846", Weak(Weakness::Guessable)),
            (b"a7f03c", Weak(Weakness::Guessable)),
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
