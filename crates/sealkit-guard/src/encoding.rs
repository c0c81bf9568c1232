//! The encodings that the guard recognizes.

use std::fmt;

/// The encoding in which a secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// The value itself.
    Plain,
    /// Base64 of the value, or of a longer text that contains it.
    Base64,
    /// Base64 of base64.
    Base64Twice,
    /// Hexadecimal digits.
    Hexadecimal,
    /// Percent-encoded, as in a URL.
    Percent,
    /// Escaped with backslashes, as in JSON, in string literals and in shells.
    Backslash,
    /// Quoted for a shell, a build tool, SQL or CSV.
    Quoted,
    /// XML-escaped or HTML-escaped.
    Xml,
    /// A list of numbers, or a dump.
    Numbers,
    /// UTF-16, also in base64.
    Utf16,
    /// The value with different line breaks.
    LineBreaks,
    /// One line of the value.
    Line,
    /// A field of a value that contains several, such as a URL or a JSON document.
    Field,
    /// The secret part of a value that is a key.
    Key,
    /// A fragment of the value.
    Fragment,
    /// The value in upper case or lower case.
    LetterCase,
    /// The value with its characters in reverse order.
    Reversed,
    /// The letters and digits of the value, with other characters between them.
    Interleaved,
    /// Nested inside data that is encoded in base64.
    NestedBase64,
}

impl Encoding {
    /// Returns a description that fits after the name of a secret, such as `percent-encoded`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "in plain text",
            Self::Base64 => "in base64",
            Self::Base64Twice => "base64-encoded twice",
            Self::Hexadecimal => "in hexadecimal",
            Self::Percent => "percent-encoded",
            Self::Backslash => "escaped with backslashes",
            Self::Quoted => "with doubled or nested quotes",
            Self::Xml => "XML-escaped",
            Self::Numbers => "as numbers",
            Self::Utf16 => "in UTF-16",
            Self::LineBreaks => "with different line breaks",
            Self::Line => "one of its lines",
            Self::Field => "one of its fields",
            Self::Key => "the secret part of the key",
            Self::Fragment => "a fragment of it",
            Self::LetterCase => "in different letter case",
            Self::Reversed => "reversed",
            Self::Interleaved => "with other characters in between",
            Self::NestedBase64 => "inside base64-encoded data",
        }
    }

    /// Returns whether the base64 characters after a match may encode the rest of the value.
    pub(crate) const fn extends_over_base64(self) -> bool {
        matches!(self, Self::Base64 | Self::Base64Twice | Self::Utf16)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
