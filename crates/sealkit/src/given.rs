//! The secrets that were read, kept for as long as something that holds one of them might leave.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealkit_guard::{Guard, Strength};
use zeroize::{Zeroize, Zeroizing};

use crate::Secret;

/// The secrets that were read by one call of a task, or in a session.
#[derive(Debug, Default)]
pub(crate) struct Given(Mutex<Vec<Arc<Veiled>>>);

impl Given {
    /// Keeps `value`, once.
    pub(crate) fn add(&self, secret: &'static Secret, value: &[u8]) -> Arc<Veiled> {
        let mut all = self.all();
        if let Some(known) = all.iter().find(|known| known.is(secret, value)) {
            return known.clone();
        }
        let new = Arc::new(Veiled::new(secret, value));
        all.push(new.clone());
        new
    }

    /// Keeps what another one keeps too.
    pub(crate) fn share(&self, veiled: Arc<Veiled>) {
        let mut all = self.all();
        if !all.iter().any(|known| Arc::ptr_eq(known, &veiled)) {
            all.push(veiled);
        }
    }

    /// How many there are; they only become more.
    pub(crate) fn count(&self) -> usize {
        self.all().len()
    }

    /// What finds them all.
    pub(crate) fn guard(&self) -> Guard {
        let all: Vec<Arc<Veiled>> = self.all().clone();
        Guard::new(all.iter().map(|veiled| (veiled.name(), veiled.unveil())))
    }

    /// Those that are not fully guarded: the name, and what is said of the value.
    pub(crate) fn weak(&self) -> Vec<(String, Strength)> {
        let all = self.all();
        let strengths = all.iter().map(|veiled| (veiled.name(), Strength::of(&veiled.unveil())));
        strengths.filter(|(_, strength)| *strength != Strength::Full).collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Veiled>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that is nowhere in memory as it is: who drops a secret finds no copy of it afterwards.
///
/// It is mixed with a stream of numbers that only this process can make again. That hides it from a search of the memory, a
/// swap file and a core dump that somebody looks through, and from nobody who runs code here.
pub(crate) struct Veiled {
    secret: &'static Secret,
    bytes: Box<[u8]>,
    key: RandomState,
}

impl Veiled {
    fn new(secret: &'static Secret, value: &[u8]) -> Self {
        let key = RandomState::new();
        let mut bytes = vec![0; value.len()].into_boxed_slice();
        for (at, (mixed, plain)) in bytes.chunks_mut(8).zip(value.chunks(8)).enumerate() {
            for ((mixed, plain), noise) in mixed.iter_mut().zip(plain).zip(noise(&key, at)) {
                *mixed = plain ^ noise;
            }
        }
        Self { secret, bytes, key }
    }

    fn unveil(&self) -> Zeroizing<Vec<u8>> {
        let mut value = Zeroizing::new(vec![0; self.bytes.len()]);
        for (at, (plain, mixed)) in value.chunks_mut(8).zip(self.bytes.chunks(8)).enumerate() {
            for ((plain, mixed), noise) in plain.iter_mut().zip(mixed).zip(noise(&self.key, at)) {
                *plain = mixed ^ noise;
            }
        }
        value
    }

    fn is(&self, secret: &Secret, value: &[u8]) -> bool {
        self.secret == secret && self.bytes.len() == value.len() && **self.unveil() == *value
    }

    fn name(&self) -> String {
        self.secret.request().to_string()
    }
}

impl Drop for Veiled {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Veiled({})", self.secret.request())
    }
}

/// The noise for eight bytes.
fn noise(key: &RandomState, at: usize) -> [u8; 8] {
    key.hash_one(at).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    static SECRET: Secret = Secret::new("pin").group("db");

    #[test]
    fn what_is_veiled_is_hidden_and_comes_back() {
        for length in [0, 1, 7, 8, 9, 1000] {
            let value = vec![b'x'; length];
            let veiled = Veiled::new(&SECRET, &value);
            assert_eq!(**veiled.unveil(), *value);
            assert!(length < 7 || veiled.bytes.windows(4).all(|part| part != b"xxxx"), "{length} bytes");
            assert_eq!(format!("{veiled:?}"), "Veiled(db/pin)");
        }
    }

    #[test]
    fn a_value_is_kept_once_and_another_one_beside_it() {
        let (session, call) = (Given::default(), Given::default());
        for value in ["old value 1", "new value 2", "old value 1"] {
            call.share(session.add(&SECRET, value.as_bytes()));
        }
        assert_eq!((session.count(), call.count()), (2, 2));
        let guard = call.guard();
        assert_eq!(guard.redact_text("old value 1, new value 2"), "[REDACTED:db/pin], [REDACTED:db/pin]");
    }

    #[test]
    fn weak_values_are_told_by_name() {
        let given = Given::default();
        given.add(&SECRET, b"1234\n");
        given.add(&SECRET, b"Zx81-Spectrum");
        let weak: Vec<String> = given.weak().iter().map(|(name, why)| format!("{name} {why}")).collect();
        assert_eq!(weak, ["db/pin is too short (4 bytes): outputs, errors and logs are not searched for it"]);
    }
}
