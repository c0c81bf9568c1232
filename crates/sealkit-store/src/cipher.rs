//! The cipher of one store.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Error, ErrorKind, Result};

pub(crate) const NONCE: usize = 24;
pub(crate) const TAG: usize = 16;

/// A key, in one place that is wiped.
pub(crate) type Key = Box<Zeroizing<[u8; 32]>>;

/// Room for a key.
#[expect(clippy::unnecessary_box_returns, reason = "a key that moves leaves copies")]
pub(crate) fn no_key() -> Key {
    Box::new(Zeroizing::new([0; 32]))
}

/// Encrypts and decrypts with a key that belongs to one store.
pub(crate) struct Cipher(Key);

impl Cipher {
    /// The cipher of the store `id`, and the check of its key, derived from the user's key.
    pub(crate) fn of_store(key: &[u8; 32], id: &[u8; 16]) -> (Self, [u8; 8]) {
        let derived = Hkdf::<Sha256>::new(Some(id), key);
        let (mut own, mut check) = (no_key(), [0; 8]);
        // The one reason to fail is an output longer than 8,160 bytes; zeros would then not match any `FORMAT`.
        let _ = derived.expand(b"sealkit-store 1 records", own.as_mut_slice());
        let _ = derived.expand(b"sealkit-store 1 check", &mut check);
        (Self(own), check)
    }

    /// The cipher that uses `key` itself.
    pub(crate) fn of_key(key: Key) -> Self {
        Self(key)
    }

    /// Encrypts `bytes` where they are.
    pub(crate) fn seal(&self, nonce: &[u8; NONCE], context: &[u8], bytes: &mut [u8]) -> Result<[u8; TAG]> {
        let sealed = self.cipher().encrypt_inout_detached(&XNonce::from(*nonce), context, bytes.into());
        wipe_stack();
        sealed
            .map(Into::into)
            .map_err(|_| Error::new(ErrorKind::InvalidValue, "the value cannot be encrypted"))
    }

    /// Decrypts `bytes` where they are; `false` if they are not what was sealed with this key and `context`.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE],
        context: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG],
    ) -> bool {
        let tag = Tag::from(*tag);
        let opened =
            self.cipher().decrypt_inout_detached(&XNonce::from(*nonce), context, bytes.into(), &tag).is_ok();
        wipe_stack();
        opened
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

/// Writes over what the functions that were just called have left on the stack: the last blocks of a value, in the clear.
#[inline(never)]
fn wipe_stack() {
    let mut over = [0_u8; 16 * 1024];
    over.zeroize();
    std::hint::black_box(&over);
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_has_a_key_of_its_own() {
        let (one, check) = Cipher::of_store(&[7; 32], &[1; 16]);
        let (other, other_check) = Cipher::of_store(&[7; 32], &[2; 16]);
        assert_ne!(check, other_check);
        let mut bytes = *b"hunter2";
        let tag = one.seal(&[0; NONCE], b"", &mut bytes).unwrap();
        assert_ne!(&bytes, b"hunter2");
        assert!(!other.open(&[0; NONCE], b"", &mut bytes.clone(), &tag));
        assert!(one.open(&[0; NONCE], b"", &mut bytes, &tag));
        assert_eq!(&bytes, b"hunter2");
        assert_eq!(format!("{one:?}"), "Cipher([REDACTED])");
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_is_the_published_one() {
        let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
        let nonce: [u8; NONCE] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let context = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let mut text =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                         future, sunscreen would be it."
                .to_vec();
        let tag = Cipher::of_key(Box::new(Zeroizing::new(key))).seal(&nonce, &context, &mut text).unwrap();
        assert_eq!(base16ct::lower::encode_string(&text[..16]), "bd6d179d3e83d43b9576579493c0e939");
        assert_eq!(base16ct::lower::encode_string(&tag), "c0875924c1c7987947deafd8780acf49");
    }
}
