//! What a process that changes a store says before and after each change.

use std::fmt;

/// The secrets that are changed.
pub const KEYS: [&str; 3] = ["a", "b", "c"];

/// One line of what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A secret is about to get a value, or with `None` to be deleted.
    Begun {
        /// The secret.
        key: String,
        /// The value.
        value: Option<String>,
    },
    /// The store has acknowledged it.
    Acknowledged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun { key, value } => write!(f, "{key} {}", value.as_deref().unwrap_or_default()),
            Self::Acknowledged => f.write_str("done"),
        }
    }
}

impl Change {
    /// Reads a line; `None` if it is cut short.
    pub fn parse(line: &str) -> Option<Self> {
        if line == "done" {
            return Some(Self::Acknowledged);
        }
        let (key, value) = line.split_once(' ')?;
        let value = Some(value).filter(|value| !value.is_empty()).map(str::to_owned);
        Some(Self::Begun { key: key.to_owned(), value })
    }
}
