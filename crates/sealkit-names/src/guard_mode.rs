//! How carefully a secret is guarded.

/// How carefully a secret is guarded in outputs, errors and logs.
///
/// A value of which no part is ordinary text needs none but the standard mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum GuardMode {
    /// The secret is not guarded: it may be returned and printed (`"off"`). For values that are no secrets, such as the name of a host.
    Off,
    /// The secret is guarded as well as ordinary text with the same words allows.
    #[default]
    Standard,
    /// A value of at least 4 bytes is guarded wherever its bytes occur, also as a part of a word or a number (`"strict"`). For a PIN or a
    /// password that is a word.
    Strict,
}

impl GuardMode {
    /// Returns `off`, `standard` or `strict`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }

    /// Returns the mode with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Standard, Self::Strict].into_iter().find(|mode| mode.as_str() == name)
    }
}
