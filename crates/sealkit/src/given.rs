//! The secrets that were read, kept for as long as something that holds one of them might leave.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    iter,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use sealkit_guard::{Guard, Strength};
use zeroize::{Zeroize, Zeroizing};

use crate::Secret;

/// The secrets that were read by one call of a task, or in a session.
#[derive(Debug, Default)]
pub(crate) struct Given {
    veiled: Mutex<Vec<Arc<Veiled>>>,
    /// How many they are: asked at every call of a task.
    count: AtomicUsize,
}

impl Given {
    /// Keeps `value`, once.
    pub(crate) fn add(&self, secret: &'static Secret, value: &[u8]) -> Arc<Veiled> {
        let mut all = self.all();
        if let Some(known) = all.iter().find(|known| known.is(secret, value)) {
            return known.clone();
        }
        let new = Arc::new(Veiled::new(secret, value));
        all.push(new.clone());
        self.count.store(all.len(), Ordering::Release);
        new
    }

    /// Keeps what another one keeps too.
    pub(crate) fn share(&self, veiled: Arc<Veiled>) {
        let mut all = self.all();
        if !all.iter().any(|known| Arc::ptr_eq(known, &veiled)) {
            all.push(veiled);
            self.count.store(all.len(), Ordering::Release);
        }
    }

    /// How many there are; they only become more.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
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
        self.veiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that is nowhere in memory as it is: who drops a secret finds no copy of it afterwards.
///
/// It is mixed with a stream of numbers that begins differently for each. That hides it from a search of the memory, a swap file
/// and a core dump that somebody looks through, and from nobody who runs code here.
pub(crate) struct Veiled {
    secret: &'static Secret,
    bytes: Box<[u8]>,
    seed: u64,
}

impl Veiled {
    fn new(secret: &'static Secret, value: &[u8]) -> Self {
        let seed = RandomState::new().hash_one(secret.request().key);
        let mut bytes = vec![0; value.len()].into_boxed_slice();
        mix(seed, value, &mut bytes);
        Self { secret, bytes, seed }
    }

    fn unveil(&self) -> Zeroizing<Vec<u8>> {
        let mut value = Zeroizing::new(vec![0; self.bytes.len()]);
        mix(self.seed, &self.bytes, &mut value);
        value
    }

    fn is(&self, secret: &Secret, value: &[u8]) -> bool {
        let mut parts = self.bytes.chunks(8).zip(value.chunks(8)).zip(noise(self.seed));
        let same = |((mixed, plain), noise): ((&[u8], &[u8]), [u8; 8])| {
            mixed.iter().zip(plain).zip(noise).all(|((mixed, plain), noise)| mixed ^ noise == *plain)
        };
        self.bytes.len() == value.len() && parts.all(same) && self.secret == secret
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

/// Mixes `from` into `to`, which is as long, or unmixes it.
fn mix(seed: u64, from: &[u8], to: &mut [u8]) {
    for ((from, to), noise) in from.chunks(8).zip(to.chunks_mut(8)).zip(noise(seed)) {
        for ((from, to), noise) in from.iter().zip(to).zip(noise) {
            *to = from ^ noise;
        }
    }
}

/// The numbers of the generator `SplitMix64`.
fn noise(mut seed: u64) -> impl Iterator<Item = [u8; 8]> {
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
