//! The reports of a process that changes a store.

use std::fmt;

/// The keys of the secrets that the process changes.
pub const KEYS: [&str; 3] = ["a", "b", "c"];

/// A report: one line before and one after each change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The process starts to change a secret.
    Started {
        /// The key of the secret.
        key: String,
        /// The new value, or `None` to delete the secret.
        value: Option<String>,
    },
    /// The store has acknowledged the change.
    Acknowledged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { key, value } => write!(f, "{key} {}", value.as_deref().unwrap_or_default()),
            Self::Acknowledged => f.write_str("done"),
        }
    }
}

impl Change {
    /// Parses a line, or returns `None` if it is truncated.
    pub fn parse(line: &str) -> Option<Self> {
        if line == "done" {
            return Some(Self::Acknowledged);
        }
        let (key, value) = line.split_once(' ')?;
        let value = Some(value).filter(|value| !value.is_empty()).map(str::to_owned);
        Some(Self::Started { key: key.to_owned(), value })
    }
}
