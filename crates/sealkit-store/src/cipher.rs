//! Encryption with XChaCha20-Poly1305 and the derivation of keys.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Error, ErrorKind, Result};

pub(crate) const NONCE: usize = 24;
pub(crate) const TAG: usize = 16;

/// A key on the heap that is zeroized when it is dropped.
pub(crate) type Key = Box<Zeroizing<[u8; 32]>>;

/// Returns a key of zero bytes, to be filled in place.
#[expect(clippy::unnecessary_box_returns, reason = "moving a key would leave copies on the stack")]
pub(crate) fn zeroed_key() -> Key {
    Box::new(Zeroizing::new([0; 32]))
}

/// An XChaCha20-Poly1305 cipher with its key.
pub(crate) struct Cipher(Key);

impl Cipher {
    /// Derives the cipher of the store `id` and the check value of `FORMAT` from the key in the key file.
    pub(crate) fn for_store(key: &[u8; 32], id: &[u8; 16]) -> (Self, [u8; 8]) {
        let hkdf = Hkdf::<Sha256>::new(Some(id), key);
        let (mut record_key, mut check) = (zeroed_key(), [0; 8]);
        // `expand` fails only for outputs longer than 8,160 bytes.
        let _ = hkdf.expand(b"sealkit-store 1 records", record_key.as_mut_slice());
        let _ = hkdf.expand(b"sealkit-store 1 check", &mut check);
        (Self(record_key), check)
    }

    /// Returns the cipher that uses `key` directly.
    pub(crate) fn from_key(key: Key) -> Self {
        Self(key)
    }

    /// Encrypts `bytes` in place and returns the tag, which also authenticates `associated_data`.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE],
        associated_data: &[u8],
        bytes: &mut [u8],
    ) -> Result<[u8; TAG]> {
        let result =
            self.cipher().encrypt_inout_detached(&XNonce::from(*nonce), associated_data, bytes.into());
        zeroize_stack();
        result
            .map(Into::into)
            .map_err(|_| Error::new(ErrorKind::InvalidValue, "the value cannot be encrypted"))
    }

    /// Decrypts `bytes` in place.
    ///
    /// Returns `false` if `bytes` were not encrypted with this key, `nonce` and `associated_data`.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE],
        associated_data: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG],
    ) -> bool {
        let tag = Tag::from(*tag);
        let is_authentic = self
            .cipher()
            .decrypt_inout_detached(&XNonce::from(*nonce), associated_data, bytes.into(), &tag)
            .is_ok();
        zeroize_stack();
        is_authentic
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&**self.0).into())
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher([REDACTED])")
    }
}

/// Zeroizes the part of the stack that the cipher has just used, which can contain plaintext blocks.
#[inline(never)]
fn zeroize_stack() {
    let mut stack = [0_u8; 16 * 1024];
    stack.zeroize();
    std::hint::black_box(&stack);
}

/// Returns random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes` with random bytes from the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the operating system returned no random bytes: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_derives_a_different_key() {
        let (one, check) = Cipher::for_store(&[7; 32], &[1; 16]);
        let (other, other_check) = Cipher::for_store(&[7; 32], &[2; 16]);
        assert_ne!(check, other_check);
        let mut bytes = *b"hunter2";
        let tag = one.seal(&[0; NONCE], b"", &mut bytes).unwrap();
        assert_ne!(&bytes, b"hunter2");
        assert!(!other.open(&[0; NONCE], b"", &mut bytes.clone(), &tag));
        assert!(one.open(&[0; NONCE], b"", &mut bytes, &tag));
        assert_eq!(&bytes, b"hunter2");
        assert_eq!(format!("{one:?}"), "Cipher([REDACTED])");
    }

    /// The test vector of draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_matches_the_published_test_vector() {
        let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
        let nonce: [u8; NONCE] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let associated_data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let mut text =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                         future, sunscreen would be it."
                .to_vec();
        let tag = Cipher::from_key(Box::new(Zeroizing::new(key)))
            .seal(&nonce, &associated_data, &mut text)
            .unwrap();
        assert_eq!(base16ct::lower::encode_string(&text[..16]), "bd6d179d3e83d43b9576579493c0e939");
        assert_eq!(base16ct::lower::encode_string(&tag), "c0875924c1c7987947deafd8780acf49");
    }
}
