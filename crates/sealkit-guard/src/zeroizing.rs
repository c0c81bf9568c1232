//! A byte buffer that is zeroized when it is dropped.

use std::ops::Deref;

use zeroize::Zeroize as _;

/// A growable byte buffer that is zeroized on drop, and whose old memory is zeroized when it grows.
#[derive(Default)]
pub(crate) struct ZeroizingBytes(Vec<u8>);

impl ZeroizingBytes {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Creates a copy of `text` in which `from` is replaced by `to`.
    pub(crate) fn replaced(text: &str, from: &str, to: &str) -> Self {
        let mut replaced = Self::with_capacity(2 * text.len());
        for (index, part) in text.split(from).enumerate() {
            replaced.extend(if index == 0 { "" } else { to }.as_bytes());
            replaced.extend(part.as_bytes());
        }
        replaced
    }

    /// Creates a copy of `bytes` without those that are not to be kept.
    pub(crate) fn filtered(bytes: &[u8], is_kept: impl Fn(u8) -> bool) -> Self {
        let mut kept = Self::with_capacity(bytes.len());
        kept.extend_filtered(bytes, is_kept);
        kept
    }

    /// Appends `bytes` without those that are not to be kept.
    pub(crate) fn extend_filtered(&mut self, bytes: &[u8], is_kept: impl Fn(u8) -> bool) {
        self.extend_with(bytes.len(), |kept| {
            let mut length = 0;
            // Without a branch, which would often be mispredicted.
            for byte in bytes {
                kept[length] = *byte;
                length += usize::from(is_kept(*byte));
            }
            length
        });
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

    /// Appends at most `count` bytes: `write` writes them into zeros and returns how many there are.
    pub(crate) fn extend_with(&mut self, count: usize, write: impl FnOnce(&mut [u8]) -> usize) {
        self.reserve(count);
        let length = self.0.len();
        self.0.resize(length + count, 0);
        let written = write(&mut self.0[length..]);
        self.0.truncate(length + written);
    }

    /// Removes all bytes. Their memory is zeroized at last.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn reserve(&mut self, additional: usize) {
        if additional > self.0.capacity() - self.0.len() {
            self.grow(additional);
        }
    }

    #[cold]
    fn grow(&mut self, additional: usize) {
        let mut larger = Vec::with_capacity((2 * (self.0.len() + additional)).max(32));
        larger.extend_from_slice(&self.0);
        // The assignment drops the old buffer, which zeroizes it.
        *self = Self(larger);
    }

    /// Removes the first `count` bytes.
    pub(crate) fn drain(&mut self, count: usize) {
        self.0.drain(..count);
        // `Vec::drain` leaves old bytes in the spare capacity: overwrite them with zeros.
        let length = self.0.len();
        self.0.resize(length + count, 0);
        self.0.truncate(length);
    }
}

impl Drop for ZeroizingBytes {
    fn drop(&mut self) {
        // To zeroize an empty buffer is a masked store to a dangling address, which is slow on some processors.
        if self.0.capacity() > 0 {
            self.0.zeroize();
        }
    }
}

impl AsRef<[u8]> for ZeroizingBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for ZeroizingBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for ZeroizingBytes {
    fn from(bytes: &[u8]) -> Self {
        let mut buffer = Self::with_capacity(bytes.len());
        buffer.extend(bytes);
        buffer
    }
}
