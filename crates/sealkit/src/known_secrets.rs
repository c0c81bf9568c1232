//! Masked copies of the secrets that tasks have read, for the checks of outputs, errors and logs.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    iter,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use sealkit_guard::{Guard, GuardMode, Strength};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    Secret, Session, TaskMetadata,
    provider::{Chain, Preference},
};

/// The secrets that one call of a task, or all tasks of a session, have read.
#[derive(Debug, Default)]
pub(crate) struct KnownSecrets {
    masked: Mutex<Vec<Arc<MaskedSecret>>>,
    /// The length of `masked`, which every call of a task reads without taking the lock.
    count: AtomicUsize,
}

impl KnownSecrets {
    /// Returns all secrets that are mounted for a task in this pod: it can read them without asking the context.
    ///
    /// They become known to the session.
    pub(crate) fn mounted(session: &Session, task: &TaskMetadata) -> Self {
        let secrets = Self::default();
        if task.secret_requests().is_empty() {
            return secrets;
        }
        // Not the chain of the session: an isolated session does not ask for mounted secrets, but its tasks can read them.
        let mounted = Chain::standard(&[]).ok();
        let find = |secret: &'static Secret| mounted.as_ref()?.find(secret, Preference::First).ok()?;
        for secret in task.secret_requests() {
            if let Some(found) = find(secret) {
                secrets.insert_shared(session.known_secrets().insert(secret, found.value.expose()));
            }
        }
        secrets
    }

    /// Adds `value`, unless it is known already, and returns its masked copy.
    pub(crate) fn insert(&self, secret: &'static Secret, value: &[u8]) -> Arc<MaskedSecret> {
        let mut all = self.lock();
        if let Some(known) = all.iter().find(|known| known.matches(secret, value)) {
            return known.clone();
        }
        let new = Arc::new(MaskedSecret::new(secret, value));
        all.push(new.clone());
        self.count.store(all.len(), Ordering::Release);
        new
    }

    /// Adds the masked copy of another set.
    pub(crate) fn insert_shared(&self, masked: Arc<MaskedSecret>) {
        let mut all = self.lock();
        if !all.iter().any(|known| Arc::ptr_eq(known, &masked)) {
            all.push(masked);
            self.count.store(all.len(), Ordering::Release);
        }
    }

    /// Returns the number of secrets. It never decreases.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Returns whether any secret is guarded strictly.
    pub(crate) fn has_strict(&self) -> bool {
        self.lock().iter().any(|masked| masked.secret.guard_mode() == GuardMode::Strict)
    }

    /// Returns a guard that finds all of them.
    pub(crate) fn guard(&self) -> Guard {
        self.guard_for(usize::MAX)
    }

    /// Returns a guard that finds all of them in texts of at most `length` bytes.
    pub(crate) fn guard_for(&self, length: usize) -> Guard {
        let all: Vec<Arc<MaskedSecret>> = self.lock().clone();
        Guard::for_short_texts(
            length,
            all.iter().map(|masked| (masked.name(), masked.unmask(), masked.secret.guard_mode())),
        )
    }

    /// Returns the names and strengths of the secrets that are not fully guarded.
    pub(crate) fn weak(&self) -> Vec<(String, Strength)> {
        let all = self.lock();
        let guarded = all
            .iter()
            .map(|masked| (masked, masked.secret.guard_mode()))
            .filter(|(_, mode)| *mode != GuardMode::Off);
        let strengths =
            guarded.map(|(masked, mode)| (masked.name(), Strength::in_mode(&masked.unmask(), mode)));
        strengths.filter(|(_, strength)| *strength != Strength::Full).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<MaskedSecret>>> {
        self.masked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A masked value, so that no plain copy stays in memory after the task has dropped the secret.
///
/// The value is combined with a pseudo-random key stream, which has another seed for each value. This hides the value from a search
/// of the memory, a swap file or a core dump. It does not hide it from code that runs in this process.
pub(crate) struct MaskedSecret {
    secret: &'static Secret,
    bytes: Box<[u8]>,
    seed: u64,
}

impl MaskedSecret {
    fn new(secret: &'static Secret, value: &[u8]) -> Self {
        let seed = RandomState::new().hash_one(secret.request().key);
        let mut bytes = vec![0; value.len()].into_boxed_slice();
        apply_key_stream(seed, value, &mut bytes);
        Self { secret, bytes, seed }
    }

    fn unmask(&self) -> Zeroizing<Vec<u8>> {
        let mut value = Zeroizing::new(vec![0; self.bytes.len()]);
        apply_key_stream(self.seed, &self.bytes, &mut value);
        value
    }

    fn matches(&self, secret: &Secret, value: &[u8]) -> bool {
        let mut parts = self.bytes.chunks(8).zip(value.chunks(8)).zip(key_stream(self.seed));
        let is_equal = |((masked, plain), key): ((&[u8], &[u8]), [u8; 8])| {
            masked.iter().zip(plain).zip(key).all(|((masked, plain), key)| masked ^ key == *plain)
        };
        self.bytes.len() == value.len() && parts.all(is_equal) && self.secret == secret
    }

    fn name(&self) -> String {
        self.secret.request().to_string()
    }
}

impl Drop for MaskedSecret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for MaskedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskedSecret({})", self.secret.request())
    }
}

/// Masks or unmasks `from` into `to`, which has the same length.
fn apply_key_stream(seed: u64, from: &[u8], to: &mut [u8]) {
    for ((from, to), key) in from.chunks(8).zip(to.chunks_mut(8)).zip(key_stream(seed)) {
        for ((from, to), key) in from.iter().zip(to).zip(key) {
            *to = from ^ key;
        }
    }
}

/// Returns the output of the generator `SplitMix64`.
fn key_stream(mut seed: u64) -> impl Iterator<Item = [u8; 8]> {
    iter::repeat_with(move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static SECRET: Secret = Secret::new("pin").group("db");

    #[test]
    fn a_masked_value_is_hidden_and_can_be_unmasked() {
        for length in [0, 1, 7, 8, 9, 1000] {
            let value = vec![b'x'; length];
            let masked = MaskedSecret::new(&SECRET, &value);
            assert_eq!(**masked.unmask(), *value);
            assert!(length < 7 || masked.bytes.windows(4).all(|part| part != b"xxxx"), "{length} bytes");
            assert_eq!(format!("{masked:?}"), "MaskedSecret(db/pin)");
        }
    }

    #[test]
    fn equal_values_are_stored_once_and_different_values_side_by_side() {
        let (session, call) = (KnownSecrets::default(), KnownSecrets::default());
        for value in ["old value 1", "new value 2", "old value 1"] {
            call.insert_shared(session.insert(&SECRET, value.as_bytes()));
        }
        assert_eq!((session.count(), call.count()), (2, 2));
        let guard = call.guard();
        assert_eq!(guard.redact_text("old value 1, new value 2"), "[REDACTED:db/pin], [REDACTED:db/pin]");
    }

    #[test]
    fn weak_values_are_reported_by_name() {
        let secrets = KnownSecrets::default();
        secrets.insert(&SECRET, b"1234\n");
        secrets.insert(&SECRET, b"Zx81-Spectrum");
        let weak: Vec<String> =
            secrets.weak().iter().map(|(name, strength)| format!("{name} {strength}")).collect();
        assert_eq!(weak, ["db/pin is too short (4 bytes): outputs, errors and logs are not searched for it"]);
    }
}
