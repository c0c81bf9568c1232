//! Secrets that a test holds.

use super::{Found, Provider};
use crate::{Result, Secret, SecretBytes};

/// Values by group and key.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    group: Option<String>,
    key: String,
    value: SecretBytes,
}

impl Memory {
    /// Sets a value; one that was set before is replaced.
    pub(crate) fn set(&mut self, group: Option<String>, key: String, value: SecretBytes) {
        self.0.retain(|entry| entry.group != group || entry.key != key);
        self.0.push(Entry { group, key, value });
    }
}

impl Provider for Memory {
    fn name(&self) -> String {
        "the test's secrets".to_owned()
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<Found>> {
        let request = secret.request();
        let found =
            self.0.iter().find(|entry| entry.group.as_deref() == request.group && entry.key == request.key);
        Ok(found.map(|entry| SecretBytes::new(entry.value.expose().to_vec()).into()))
    }
}
