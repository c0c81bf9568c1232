//! The values that are guarded.

use std::{borrow::Cow, fmt, sync::OnceLock};

use crate::{
    Form, Strength,
    forms::Forms,
    redactor::State,
    scanner::{Scanner, number},
    strength::trimmed,
    wiped::Wiped,
};

/// Named values that must not get out, and all the forms in which they might.
///
/// ```
/// use sealkit_guard::{Form, Guard};
///
/// let guard = Guard::new([("db/password", "k3Jq-71xT/w")]);
/// assert_eq!(guard.redact_text("login k3Jq-71xT/w ok"), "login [REDACTED:db/password] ok");
/// assert_eq!(guard.redact_text("url?pw=k3Jq-71xT%2Fw"), "url?pw=[REDACTED:db/password]");
///
/// let found = guard.check(b"Basic YWRtaW46azNKcS03MXhUL3c=");
/// assert_eq!((found[0].name(), found[0].form()), ("db/password", Form::Base64));
/// ```
///
/// Nothing of a value is left in memory when the guard is dropped.
#[derive(Default)]
pub struct Guard {
    pub(crate) secrets: Vec<Secret>,
    pub(crate) scanner: Scanner,
    /// What each pattern of the scanner is.
    pub(crate) marks: Vec<Mark>,
    squeezed: OnceLock<Squeezed>,
}

/// A value that is guarded.
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) strength: Strength,
    pub(crate) value: Wiped,
}

/// Whose form a pattern is, and which.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) secret: u32,
    pub(crate) form: Form,
    /// Whether it counts only where it stands alone.
    pub(crate) alone: bool,
}

/// The patterns in a text of which only letters and digits are left.
pub(crate) struct Squeezed {
    pub(crate) scanner: Scanner,
    pub(crate) secrets: Vec<u32>,
}

impl Guard {
    /// Guards these values, each under its name. Any value is taken; [`Guard::weak`] tells which are too weak.
    pub fn new<N: Into<String>, V: AsRef<[u8]>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut secrets = Vec::new();
        let mut found: Vec<(Wiped, Mark)> = Vec::new();
        for (name, value) in values {
            let value = value.as_ref();
            let strength = Strength::of(value);
            let mark = |form| Mark { secret: number(secrets.len()), form, alone: strength != Strength::Full };
            match strength {
                Strength::Full => {
                    found.extend(Forms::of(value).into_iter().map(|(form, bytes)| (bytes, mark(form))));
                }
                Strength::Weak(_) => found.push((trimmed(value).into(), mark(Form::Plain))),
                Strength::None(_) => {}
            }
            secrets.push(Secret { name: name.into(), strength, value: trimmed(value).into() });
        }
        // What is several forms is called by the simplest of them.
        found.sort_unstable_by(|(a, x), (b, y)| {
            a.cmp(b).then(x.alone.cmp(&y.alone)).then(x.form.cmp(&y.form)).then(x.secret.cmp(&y.secret))
        });
        found.dedup_by(|(a, _), (b, _)| **a == **b);
        let scanner = Scanner::new(found.iter().map(|(bytes, _)| &**bytes));
        let marks = found.into_iter().map(|(_, mark)| mark).collect();
        Self { secrets, scanner, marks, squeezed: OnceLock::new() }
    }

    /// Whether nothing can be found, because there are no values or all of them are too weak.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The names of the values that are not fully guarded, and why.
    pub fn weak(&self) -> impl Iterator<Item = (&str, Strength)> {
        let weak = self.secrets.iter().filter(|secret| secret.strength != Strength::Full);
        weak.map(|secret| (&*secret.name, secret.strength))
    }

    /// The text with `[REDACTED:NAME]` in place of every form of every value.
    ///
    /// Secrets that touch or overlap leave one marker, with the name of the one that comes first.
    pub fn redact<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut any = false;
        self.scanner.find(text, |_, _| any = true);
        if !any {
            return Cow::Borrowed(text);
        }
        let mut redacted = Vec::with_capacity(text.len());
        State::default().advance(self, text, true, &mut redacted);
        Cow::Owned(redacted)
    }

    /// As [`Guard::redact`].
    pub fn redact_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    pub(crate) fn name(&self, secret: u32) -> &str {
        &self.secrets[secret as usize].name
    }

    /// Built when it is first needed: redacting does without.
    pub(crate) fn squeezed(&self) -> &Squeezed {
        self.squeezed.get_or_init(|| {
            let full =
                self.secrets.iter().enumerate().filter(|(_, secret)| secret.strength == Strength::Full);
            let mut found: Vec<(Wiped, u32)> = full
                .flat_map(|(id, secret)| {
                    Forms::squeezed(&secret.value).into_iter().map(move |form| (form, number(id)))
                })
                .collect();
            found.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then(x.cmp(y)));
            found.dedup_by(|(a, _), (b, _)| **a == **b);
            let scanner = Scanner::new(found.iter().map(|(bytes, _)| &**bytes));
            Squeezed { scanner, secrets: found.into_iter().map(|(_, secret)| secret).collect() }
        })
    }
}

/// Names and strengths.
impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.secrets.iter().map(|secret| (&secret.name, secret.strength))).finish()
    }
}
