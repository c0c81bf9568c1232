//! The provider for the secrets of a test.

use sealkit_guard::Guard;

use super::{ProvidedValue, Provider};
use crate::{Result, Secret, SecretBytes};

/// Values in memory, by group and key.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    group: Option<String>,
    key: String,
    value: SecretBytes,
}

impl Memory {
    /// Sets a value, and replaces an earlier value of the same secret.
    pub(crate) fn set(&mut self, group: Option<String>, key: String, value: SecretBytes) {
        self.0.retain(|entry| entry.group != group || entry.key != key);
        self.0.push(Entry { group, key, value });
    }

    /// Returns a guard that finds the values.
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(self.0.iter().map(|Entry { group, key, value }| {
            let group = group.as_ref().map(|group| format!("{group}/")).unwrap_or_default();
            (format!("{group}{key}"), value.expose())
        }))
    }
}

impl Provider for Memory {
    fn name(&self) -> String {
        "the test's secrets".to_owned()
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        let request = secret.request();
        let found =
            self.0.iter().find(|entry| entry.group.as_deref() == request.group && entry.key == request.key);
        Ok(found.map(|entry| SecretBytes::new(entry.value.expose().to_vec()).into()))
    }
}
