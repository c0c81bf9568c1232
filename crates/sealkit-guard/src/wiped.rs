//! Memory that leaves nothing behind.

use std::ops::Deref;

use zeroize::Zeroizing;

/// Bytes that are wiped when they are dropped, and when they move because they have grown.
#[derive(Default)]
pub(crate) struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.reserve(1);
        self.0.push(byte);
    }

    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    #[inline]
    fn reserve(&mut self, more: usize) {
        if more > self.0.capacity() - self.0.len() {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let mut larger = Vec::with_capacity((2 * (self.0.len() + more)).max(32));
        larger.extend_from_slice(&self.0);
        // The old memory is wiped here.
        self.0 = Zeroizing::new(larger);
    }

    pub(crate) fn clear(&mut self) {
        let length = self.len();
        self.drain(length);
    }

    /// Takes away the first `count` bytes.
    pub(crate) fn drain(&mut self, count: usize) {
        self.0.drain(..count);
        // What lies behind the end is still there: it is wiped by growing over it.
        let length = self.0.len();
        self.0.resize(length + count, 0);
        self.0.truncate(length);
    }
}

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Wiped {
    fn from(bytes: &[u8]) -> Self {
        let mut wiped = Self::with_capacity(bytes.len());
        wiped.extend(bytes);
        wiped
    }
}
