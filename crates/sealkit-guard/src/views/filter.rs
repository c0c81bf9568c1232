//! Quick tests of whether a part of a text can stand for a pattern at all.

/// The number of bytes of the shortest value of full strength.
const FULL_STRENGTH: usize = 6;

/// The bytes of a set of patterns.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The bytes that occur in patterns.
    is_byte: [bool; 256],
    /// The bytes that occur in patterns, and those that escapes are written with.
    is_source: [bool; 256],
    /// The length of the shortest pattern.
    shortest: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self { is_byte: [false; 256], is_source: [false; 256], shortest: 0 }
    }
}

impl Filter {
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut filter = Self { shortest: usize::MAX, ..Self::default() };
        for pattern in patterns {
            filter.shortest = filter.shortest.min(pattern.len());
            for byte in pattern {
                filter.is_byte[usize::from(*byte)] = true;
            }
        }
        filter.is_source = filter.is_byte;
        let written = (b' '..=b'~').chain(*b"\t\n\r\x07\x1b");
        written.for_each(|byte| filter.is_source[usize::from(byte)] = true);
        filter
    }

    /// Returns the part of the text around the escape at `at` that may be written for a pattern, within `reach`; `None` if it is too short.
    pub(super) fn source_around(&self, text: &[u8], at: usize, reach: usize) -> Option<(usize, usize)> {
        let is_source = |byte: &&u8| self.is_source[usize::from(**byte)];
        let before = text[at.saturating_sub(reach)..at].iter().rev().take_while(is_source).count();
        let after = text[at..text.len().min(at + 1 + reach)].iter().take_while(is_source).count();
        let (from, to) = (at - before, at + after);
        (to - from >= self.shortest || to == text.len()).then_some((from, to))
    }

    /// Searches the run of digits and separators from `from` to the end of `text`. The run `is_open` if more of it may follow.
    pub(super) fn numbers<'t>(&'t self, text: &'t [u8], from: usize, is_open: bool) -> NumberSearch<'t> {
        NumberSearch { filter: self, text, at: from, is_open, bases: <[Sequence; 3]>::default() }
    }

    /// Returns the length of the shortest pattern.
    pub(crate) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Returns how many bytes a list of numbers stands for at least.
    pub(super) fn min_numbers(&self) -> usize {
        self.shortest.min(FULL_STRENGTH)
    }

    fn is_known(&self, number: u64) -> bool {
        usize::try_from(number).is_ok_and(|at| at < 256 && self.is_byte[at])
    }

    /// Returns how many bytes a number is in decimal, octal and hexadecimal, or 0 where it can be no part of a pattern.
    fn counts(&self, digits: &[u8]) -> [usize; 3] {
        let length = digits.len();
        let is_byte =
            |radix| length <= 3 && number(digits, radix).is_some_and(|number| self.is_known(number));
        // The order of the bytes is either one.
        let is_octal_word =
            || number(digits, 8).is_some_and(|word| self.is_known(word >> 8) || self.is_known(word & 255));
        let is_hexadecimal = || {
            let mut bytes = digits.chunks(2).filter_map(|pair| number(pair, 16));
            (length == 1 || length <= 16 && length.is_multiple_of(2)) && bytes.any(|byte| self.is_known(byte))
        };
        [
            usize::from(is_byte(10)),
            if length == 6 && is_octal_word() { 2 } else { usize::from(is_byte(8)) },
            if is_hexadecimal() { length.div_ceil(2) } else { 0 },
        ]
    }
}

/// A search for numbers that may be those of a pattern. What is left out is certain.
pub(super) struct NumberSearch<'t> {
    filter: &'t Filter,
    text: &'t [u8],
    at: usize,
    is_open: bool,
    /// The numbers before `at`, in each base.
    bases: [Sequence; 3],
}

impl Iterator for NumberSearch<'_> {
    type Item = Numbers;

    fn next(&mut self) -> Option<Numbers> {
        let text = self.text;
        while self.at < text.len() {
            let at = self.at;
            let length = text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (digits, next) = (&text[at..at + length], text.get(at + length));
            self.at += length.max(1);
            // The prefix of a number belongs to it.
            let has_prefix = at >= 2 && matches!(text[at - 2..at], [b'0', b'x' | b'X' | b'o']);
            let from = if has_prefix { at - 2 } else { at };
            // A number at the end may go on, and so may its prefix.
            let is_prefix = digits == b"0" && next.is_some_and(|byte| b"xXo".contains(byte));
            if self.is_open && length > 0 && at + length + usize::from(is_prefix) == text.len() {
                return Some(Numbers::Open(self.start().unwrap_or(from)));
            }
            if length == 0 || is_prefix {
                continue;
            }
            // The offset of a line of a dump, after which a value may begin that goes on in the next line.
            if length >= 7 && !has_prefix && next.is_some_and(|byte| b": ".contains(byte)) {
                // A list before it may end with these digits.
                let start = self.start().unwrap_or(from);
                (self.at, self.bases) = (text.len(), <[Sequence; 3]>::default());
                return Some(Numbers::Open(start));
            }
            let counts = self.filter.counts(digits);
            let min = self.filter.min_numbers();
            let ended = self
                .bases
                .iter_mut()
                .zip(counts)
                .filter_map(|(base, count)| base.add(from, count, min))
                .min();
            if let Some(start) = ended {
                return Some(Numbers::List(start, at));
            }
        }
        let bases = std::mem::take(&mut self.bases);
        let min = if self.is_open { 1 } else { self.filter.min_numbers() };
        let start = bases.iter().filter(|base| base.count >= min).map(|base| base.start).min()?;
        Some(Numbers::Open(start))
    }
}

impl NumberSearch<'_> {
    /// Returns where the first sequence that goes on begins.
    fn start(&self) -> Option<usize> {
        self.bases.iter().filter(|base| base.count > 0).map(|base| base.start).min()
    }
}

/// A part of a run of digits and separators.
pub(super) enum Numbers {
    /// A list from a number on to the end.
    List(usize, usize),
    /// A list that ends with the run, or goes on behind it.
    Open(usize),
}

impl Numbers {
    /// Returns where a list begins that ends with the run, or goes on behind it.
    pub(super) fn open(self) -> Option<usize> {
        match self {
            Self::List(..) => None,
            Self::Open(start) => Some(start),
        }
    }
}

/// Numbers in a row that may be the bytes of a pattern.
#[derive(Clone, Copy, Default)]
struct Sequence {
    start: usize,
    /// The number of bytes.
    count: usize,
}

impl Sequence {
    /// Adds a number at `at` that is `count` bytes. If it is none, the sequence ends: returns where it began if it had `min` bytes.
    fn add(&mut self, at: usize, count: usize, min: usize) -> Option<usize> {
        if count == 0 {
            let ended = std::mem::take(self);
            return (ended.count >= min).then_some(ended.start);
        }
        if self.count == 0 {
            self.start = at;
        }
        self.count += count;
        None
    }
}

/// Returns the number that these hexadecimal digits are in a radix.
fn number(digits: &[u8], radix: u64) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            _ => (digit | 0x20) - b'a' + 10,
        };
        (u64::from(digit) < radix).then(|| number * radix + u64::from(digit))
    })
}
