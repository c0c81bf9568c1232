//! Names that follow from what they are of.

use sha2::{Digest as _, Sha256};

/// 25 letters and digits that follow from `parts`, and from where one ends and the next begins; the first is a letter, as names in
/// Kubernetes have to begin.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_its_parts() {
        assert_eq!(digest(&[b"a", b"bc"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a", b"bc"]), digest(&[b"ab", b"c"]));
        let name = digest(&[]);
        assert!(
            name.len() == 25 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
    }
}
