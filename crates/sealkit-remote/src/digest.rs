//! Deterministic names for runs, actions and versions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// Returns a digest of `parts` as a Kubernetes name: 25 lowercase letters and digits, of which the first is a letter.
///
/// The digest covers the length of each part, so that moving bytes between parts changes it.
pub fn digest(parts: &[&[u8]]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let letters = hash.finalize();
    let letters = letters.iter().take(24).map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    std::iter::once('c').chain(letters).collect()
}

/// Returns the SHA-256 digest of `bytes` as standard base64 with padding, as the official SDK writes it.
pub fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_the_parts_and_their_boundaries() {
        assert_eq!(digest(&[b"a", b"bc"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a", b"bc"]), digest(&[b"ab", b"c"]));
        let name = digest(&[]);
        assert!(
            name.len() == 25 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
    }
}
