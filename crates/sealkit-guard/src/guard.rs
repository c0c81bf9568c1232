//! The guard and the values that it protects.

use std::{borrow::Cow, fmt, sync::OnceLock};

use crate::{
    GuardMode, Strength,
    patterns::{self, PatternInfo},
    redactor::{End, State},
    scanner::{Scanner, to_u32},
    strength::trim,
    views::{self, Filter},
    zeroizing::ZeroizingBytes,
};

/// A set of named secrets, with a search pattern for each encoding of each secret.
///
/// ```
/// use sealkit_guard::{Encoding, Guard};
///
/// let guard = Guard::new([("db/password", "k3Jq-71xT/w")]);
/// assert_eq!(guard.redact_text("login k3Jq-71xT/w ok"), "login [REDACTED:db/password] ok");
/// assert_eq!(guard.redact_text("url?pw=k3Jq-71xT%2Fw"), "url?pw=[REDACTED:db/password]");
///
/// let findings = guard.check(b"Basic YWRtaW46azNKcS03MXhUL3c=");
/// assert_eq!((findings[0].name(), findings[0].encoding()), ("db/password", Encoding::Base64));
/// ```
///
/// All values and patterns are zeroized when the guard is dropped.
#[derive(Default)]
pub struct Guard {
    pub(crate) secrets: Vec<GuardedSecret>,
    pub(crate) scanner: Scanner,
    /// What the patterns of the scanner consist of.
    pub(crate) filter: Filter,
    /// The secret and encoding of each pattern of the scanner.
    pub(crate) patterns: Vec<PatternInfo>,
    alphanumeric: OnceLock<AlphanumericScanner>,
    /// The length of the longest text to search.
    longest_text: usize,
}

/// A named value that the guard protects.
pub(crate) struct GuardedSecret {
    pub(crate) name: String,
    pub(crate) strength: Strength,
    pub(crate) value: ZeroizingBytes,
}

/// The patterns for a text that is reduced to its letters and digits.
pub(crate) struct AlphanumericScanner {
    pub(crate) scanner: Scanner,
    /// The secret of each pattern of the scanner.
    pub(crate) secrets: Vec<u32>,
}

impl Guard {
    /// Creates a guard for these names and values.
    ///
    /// Every value is accepted; [`Guard::weak`] returns the ones that are too weak to be fully guarded.
    pub fn new<N: Into<String>, V: AsRef<[u8]>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::with_modes(values.into_iter().map(|(name, value)| (name, value, GuardMode::Standard)))
    }

    /// Creates a guard for secrets, given by names, values and modes. Secrets with the mode [`GuardMode::Off`] are left out.
    ///
    /// ```
    /// use sealkit_guard::{Guard, GuardMode};
    ///
    /// let guard = Guard::with_modes([("pin", "1234", GuardMode::Strict), ("host", "db.example.com", GuardMode::Off)]);
    /// assert_eq!(guard.redact_text("12345 at db.example.com"), "[REDACTED:pin]5 at db.example.com");
    /// ```
    pub fn with_modes<N: Into<String>, V: AsRef<[u8]>>(
        values: impl IntoIterator<Item = (N, V, GuardMode)>,
    ) -> Self {
        Self::for_short_texts(usize::MAX, values)
    }

    /// Creates a guard for texts of at most `length` bytes. It takes less time, because most encodings of a value are longer than it.
    ///
    /// In longer texts, it finds a part of the secrets only.
    ///
    /// ```
    /// use sealkit_guard::{Guard, GuardMode};
    ///
    /// let output = b"login k3Jq-71xT/w ok";
    /// let guard = Guard::for_short_texts(output.len(), [("token", "k3Jq-71xT/w", GuardMode::Standard)]);
    /// assert_eq!(guard.check(output).len(), 1);
    /// ```
    pub fn for_short_texts<N: Into<String>, V: AsRef<[u8]>>(
        length: usize,
        values: impl IntoIterator<Item = (N, V, GuardMode)>,
    ) -> Self {
        let mut secrets = Vec::new();
        let mut found = Vec::new();
        for (name, value, mode) in values {
            if mode == GuardMode::Off {
                continue;
            }
            let value = value.as_ref();
            let strength = Strength::in_mode(value, mode);
            found.extend(patterns::patterns(value, mode, to_u32(secrets.len()), length));
            secrets.push(GuardedSecret { name: name.into(), strength, value: trim(value).into() });
        }
        let (scanner, patterns) = scanner(found);
        let filter = Filter::new((0..to_u32(patterns.len())).map(|id| scanner.pattern(id)));
        Self { secrets, scanner, filter, patterns, alphanumeric: OnceLock::new(), longest_text: length }
    }

    /// Returns whether the guard can find nothing: it has no values, or all of them have [`Strength::None`].
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns the length of the longest text that may stand for a secret in a [`StreamSearch`](crate::StreamSearch), in bytes.
    ///
    /// Parts of a stream that are searched one by one must overlap by so much.
    ///
    /// ```
    /// use sealkit_guard::Guard;
    ///
    /// let guard = Guard::new([("token", "k3Jq-71xT/w")]);
    /// assert!(guard.max_match_len() >= "[107, 51, 74, 113, 45, 55, 49, 120, 84, 47, 119]".len());
    /// assert_eq!(Guard::default().max_match_len(), 0);
    /// ```
    pub fn max_match_len(&self) -> usize {
        self.scanner.longest().saturating_mul(views::MAX_EXPANSION.max(views::MAX_NUMBER))
    }

    /// Returns the names of the values that are not fully guarded, each with its strength.
    pub fn weak(&self) -> impl Iterator<Item = (&str, Strength)> {
        let weak = self.secrets.iter().filter(|secret| secret.strength != Strength::Full);
        weak.map(|secret| (&*secret.name, secret.strength))
    }

    /// Returns `text` with every occurrence of a secret, in any encoding, replaced by `[REDACTED:NAME]`.
    ///
    /// Secrets that overlap are replaced by one marker, with the name of the first. So are adjacent occurrences of
    /// the same secret.
    pub fn redact<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut any = false;
        self.search(text, None, true, &mut |_| any = true);
        if !any {
            return Cow::Borrowed(text);
        }
        let mut redacted = Vec::with_capacity(text.len());
        State::default().advance(self, text, End::Whole, &mut redacted);
        Cow::Owned(redacted)
    }

    /// Redacts a string, as [`Guard::redact`] does for bytes.
    pub fn redact_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    pub(crate) fn name(&self, secret: u32) -> &str {
        &self.secrets[secret as usize].name
    }

    /// Returns the alphanumeric patterns. They are built on first use, because only [`Guard::check`] needs them.
    pub(crate) fn alphanumeric(&self) -> &AlphanumericScanner {
        self.alphanumeric.get_or_init(|| {
            let full =
                self.secrets.iter().enumerate().filter(|(_, secret)| secret.strength == Strength::Full);
            let found = full
                .flat_map(|(id, secret)| {
                    patterns::alphanumeric_patterns(&secret.value, to_u32(id), self.longest_text)
                })
                .collect();
            let (scanner, patterns) = scanner(found);
            AlphanumericScanner { scanner, secrets: patterns.iter().map(|pattern| pattern.secret).collect() }
        })
    }
}

/// Returns a scanner for these patterns, and what each of them stands for.
fn scanner(mut found: Vec<(ZeroizingBytes, PatternInfo)>) -> (Scanner, Vec<PatternInfo>) {
    // Different encodings can yield the same bytes: keep the simplest encoding.
    found.sort_unstable_by(|(a, x), (b, y)| (**a).cmp(&**b).then_with(|| x.cmp(y)));
    found.dedup_by(|(a, _), (b, _)| **a == **b);
    let scanner = Scanner::new(found.iter().map(|(bytes, _)| &**bytes));
    (scanner, found.into_iter().map(|(_, info)| info).collect())
}

/// Shows the names and strengths, never the values.
impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.secrets.iter().map(|secret| (&secret.name, secret.strength))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_for_short_texts_finds_in_them_what_any_guard_finds() {
        let random = "k3Jq71xTwQz9vB2mPd8s".repeat(3);
        let values =
            ["k3Jq-71xT/w", "postgres://app:Tr0ub4dor-and3@db/orders", "hunter2", "b\u{e4}r\n7xQ!", &random];
        let modes = values.iter().map(|value| (*value, *value, GuardMode::Standard));
        let any = Guard::with_modes(modes.clone());
        for text in [
            "k3Jq-71xT/w",
            "T r 0 u b 4 d o r - a n d 3",
            "azNKcS03MXhUL3c=",
            "6b334a712d373178542f77",
            "w/Tx17-qJ3k",
            "[107, 51, 74, 113, 45, 55, 49, 120, 84, 47, 119]",
            "k3Jq-71xT%2Fw",
            "Tr0ub4dor-and3",
            "hunter2",
            r"b\u00e4r\n7xQ!",
            &random[7..43],
            "WyJUcjB1YjRkb3ItYW5kMyJd",
            "12 rows",
            "",
        ] {
            let short = Guard::for_short_texts(text.len(), modes.clone());
            assert_eq!(short.check(text.as_bytes()), any.check(text.as_bytes()), "{text}");
            assert_eq!(short.redact_text(text), any.redact_text(text), "{text}");
            let is_secret = text.len() > 7 || text == "hunter2";
            assert_eq!(any.check(text.as_bytes()).is_empty(), !is_secret, "{text}");
        }
    }
}
