//! The forms in which a value turns up.

mod base64;
mod escapes;
mod leaves;
mod pieces;

use std::{collections::BTreeSet, fmt};

use self::base64::{STANDARD, URL_SAFE};
pub(crate) use self::base64::{decode, is_base64};
use crate::{
    strength::{Strength, trimmed},
    wiped::Wiped,
};

/// Shorter forms than this would be met by chance.
const SHORTEST: usize = 7;
/// The same where everything but letters and digits is left out of a text.
const SHORTEST_SQUEEZED: usize = 10;
/// Longer values are looked for as a whole and in pieces only, not in escaped forms.
const LONG: usize = 64 * 1024;
/// Longer values are not looked for in forms that nobody writes out at such a length.
const SPELLED: usize = 128;
/// What has fewer bytes is no line or field by which a value is known.
const SHORTEST_LINE: usize = 16;

/// The form in which a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Form {
    /// As it is.
    Plain,
    /// Base64, also inside a longer text that was encoded as a whole.
    Base64,
    /// Base64 of base64.
    Base64Twice,
    /// Hexadecimal digits.
    Hexadecimal,
    /// Percent signs and digits, as in a URL.
    Percent,
    /// Escaped as in JSON, once or twice.
    Json,
    /// Escaped as in the source code of a program.
    Quoted,
    /// Escaped for a shell.
    Shell,
    /// Escaped as in XML and HTML.
    Markup,
    /// UTF-16, also in base64.
    Utf16,
    /// Other breaks between its lines.
    Lines,
    /// One line of it.
    Line,
    /// One string of the JSON document that it is.
    Field,
    /// A piece of it.
    Piece,
    /// Upper or lower case.
    Case,
    /// Backwards.
    Reversed,
    /// With other characters in between.
    Scattered,
    /// Inside of what is encoded in base64.
    Decoded,
}

impl Form {
    /// The words that say it after the name of a secret, such as `percent-encoded`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "as it is",
            Self::Base64 => "in base64",
            Self::Base64Twice => "in base64 of base64",
            Self::Hexadecimal => "in hexadecimal digits",
            Self::Percent => "percent-encoded",
            Self::Json => "JSON-escaped",
            Self::Quoted => "quoted as in source code",
            Self::Shell => "quoted for a shell",
            Self::Markup => "escaped as in XML",
            Self::Utf16 => "in UTF-16",
            Self::Lines => "with other line breaks",
            Self::Line => "a line of it",
            Self::Field => "a field of it",
            Self::Piece => "a piece of it",
            Self::Case => "in another case",
            Self::Reversed => "backwards",
            Self::Scattered => "with other characters in between",
            Self::Decoded => "inside base64",
        }
    }

    /// Whether the characters after a match may hold the rest of the value.
    pub(crate) const fn runs_on(self) -> bool {
        matches!(self, Self::Base64 | Self::Base64Twice | Self::Utf16)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Forms, each once.
#[derive(Default)]
pub(crate) struct Forms {
    found: Vec<(Form, Wiped)>,
    seen: BTreeSet<u128>,
}

impl Forms {
    /// All forms of a value that is fully guarded.
    pub(crate) fn of(value: &[u8]) -> Vec<(Form, Wiped)> {
        let mut forms = Self::default();
        let value = trimmed(value);
        forms.all(value, Form::Plain);
        if let Ok(text) = str::from_utf8(value) {
            leaves::each(text, |leaf| {
                if Strength::of(leaf) == Strength::Full {
                    forms.all(leaf, Form::Field);
                }
            });
        }
        forms.found
    }

    /// The forms that are looked for in a text of which only letters and digits are left.
    pub(crate) fn squeezed(value: &[u8]) -> Vec<Wiped> {
        let value = trimmed(value);
        let mut forms = Self::default();
        let mut add = |form: &[u8]| {
            let squeezed: Wiped = squeeze(form);
            if squeezed.len() >= SHORTEST_SQUEEZED {
                forms.add(Form::Scattered, &squeezed);
            }
        };
        add(value);
        for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
            add(&hexadecimal(value, digits, "", ""));
        }
        for before in 0..3 {
            add(&base64::core(value, before, STANDARD));
        }
        forms.found.into_iter().map(|(_, form)| form).collect()
    }

    /// Keeps a form that is long enough, if it is not there yet.
    fn add(&mut self, form: Form, bytes: &[u8]) {
        let shortest = if form == Form::Plain { 1 } else { SHORTEST };
        if bytes.len() >= shortest && self.seen.insert(fingerprint(bytes)) {
            self.found.push((form, bytes.into()));
        }
    }

    /// The forms of `value`, which is called `plain` itself.
    fn all(&mut self, value: &[u8], plain: Form) {
        self.add(plain, value);
        for before in 0..3 {
            self.add(Form::Base64, &base64::core(value, before, STANDARD));
            self.add(Form::Base64, &base64::core(value, before, URL_SAFE));
        }
        let (lower, upper) = (b"0123456789abcdef", b"0123456789ABCDEF");
        for digits in [lower, upper] {
            self.add(Form::Hexadecimal, &hexadecimal(value, digits, "", ""));
        }
        pieces::each(value, |piece| self.add(Form::Piece, piece));
        if value.len() > LONG {
            return;
        }
        let once = base64::core(value, 0, STANDARD);
        for before in 0..3 {
            self.add(Form::Base64Twice, &base64::core(&once, before, STANDARD));
        }
        if value.len() <= SPELLED {
            for digits in [lower, upper] {
                self.add(Form::Hexadecimal, &hexadecimal(value, digits, "", " "));
                self.add(Form::Hexadecimal, &hexadecimal(value, digits, "", ":"));
            }
            self.add(Form::Hexadecimal, &hexadecimal(value, lower, "\\x", ""));
        }
        escapes::of_bytes(value, |form, bytes| self.add(form, bytes));
        match str::from_utf8(value) {
            Ok(text) => self.text(text),
            Err(_) => self.runs_of_text(value),
        }
    }

    fn text(&mut self, text: &str) {
        escapes::of_text(text, |form, bytes| self.add(form, bytes));
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let mut wide = Wiped::with_capacity(2 * text.len());
            text.encode_utf16().for_each(|unit| wide.extend(&to_bytes(unit)));
            self.add(Form::Utf16, &wide);
            for before in 0..3 {
                self.add(Form::Utf16, &base64::core(&wide, before, STANDARD));
            }
        }
        if text.len() <= SPELLED {
            let mut changed = Wiped::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_uppercase).for_each(|c| push(&mut changed, c));
            self.add(Form::Case, &changed);
            let mut changed = Wiped::with_capacity(2 * text.len());
            text.chars().flat_map(char::to_lowercase).for_each(|c| push(&mut changed, c));
            self.add(Form::Case, &changed);
            let mut changed = Wiped::with_capacity(text.len());
            text.chars().rev().for_each(|c| push(&mut changed, c));
            self.add(Form::Reversed, &changed);
        }
        if text.contains(['\n', '\r']) {
            // Also those of old Macs, as Python reads them.
            let lines =
                || text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
            for between in ["\n", "\r\n", " ", "", "\\n"] {
                let mut joined = Wiped::with_capacity(2 * text.len());
                for (at, line) in lines().enumerate() {
                    joined.extend(if at == 0 { "" } else { between }.as_bytes());
                    joined.extend(line.as_bytes());
                }
                self.add(Form::Lines, &joined);
            }
            // Around a private key, and at its beginning, stands what others have too.
            let shared = if text.starts_with("-----") { 2 } else { 0 };
            for line in lines().skip(shared).map(str::trim).filter(|line| line.len() >= SHORTEST_LINE) {
                self.line(line);
            }
        }
    }

    /// A line by which the whole is known.
    fn line(&mut self, line: &str) {
        if line.starts_with("-----") || !pieces::is_random(line.as_bytes()) {
            return;
        }
        self.add(Form::Line, line.as_bytes());
        for before in 0..3 {
            self.add(Form::Line, &base64::core(line.as_bytes(), before, STANDARD));
        }
    }

    /// What is left of other bytes than text when they are shown as text.
    fn runs_of_text(&mut self, value: &[u8]) {
        for run in value.split(|byte| !byte.is_ascii_graphic()).filter(|run| run.len() >= 8) {
            if Strength::of(run) == Strength::Full {
                self.add(Form::Piece, run);
            }
        }
    }
}

/// What tells forms apart; two different ones share it once in 2^64.
fn fingerprint(bytes: &[u8]) -> u128 {
    use std::hash::{BuildHasher as _, RandomState};
    thread_local! {
        static KEYS: [RandomState; 2] = [RandomState::new(), RandomState::new()];
    }
    KEYS.with(|keys| (u128::from(keys[0].hash_one(bytes)) << 64) | u128::from(keys[1].hash_one(bytes)))
}

/// Only the letters and digits.
pub(crate) fn squeeze(text: &[u8]) -> Wiped {
    let mut squeezed = Wiped::with_capacity(text.len());
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).for_each(|byte| squeezed.push(*byte));
    squeezed
}

fn hexadecimal(value: &[u8], digits: &[u8; 16], before: &str, between: &str) -> Wiped {
    let mut text = Wiped::with_capacity(value.len() * (2 + before.len() + between.len()));
    for (at, byte) in value.iter().enumerate() {
        text.extend(if at == 0 { "" } else { between }.as_bytes());
        text.extend(before.as_bytes());
        text.extend(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    }
    text
}

fn push(to: &mut Wiped, c: char) {
    to.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}
