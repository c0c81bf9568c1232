//! The secret and the public parts of keys.
//!
//! | key | secret parts |
//! |---|---|
//! | PKCS#8 (RFC 5958) and PKCS#1 (RFC 8017), as PEM or DER | the private exponent and the primes; the private key of another algorithm |
//! | SEC 1 (RFC 5915) | the private key |
//! | OpenSSH (`PROTOCOL.key`) and `PuTTY` (appendix C of its manual), not encrypted | the private fields |
//! | JWK (RFC 7517, RFC 7518) | `d`, `p`, `q`, `dp`, `dq`, `qi`, `k` |
//! | age | the 32 bytes behind `AGE-SECRET-KEY-1` (Bech32) |
//!
//! The rest of such a key, certificates and public keys are public: other files contain the same bytes.

mod der;
mod ssh;

use std::ops::Range;

use crate::{
    leaves,
    patterns::{decode, is_base64},
    zeroizing::ZeroizingBytes,
};

/// PEM blocks without secrets.
const PUBLIC: [&str; 11] = [
    "CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "X509 CERTIFICATE",
    "CERTIFICATE REQUEST",
    "NEW CERTIFICATE REQUEST",
    "X509 CRL",
    "PUBLIC KEY",
    "RSA PUBLIC KEY",
    "DH PARAMETERS",
    "EC PARAMETERS",
    "PKCS7",
];
/// The members of a JWK that are secret.
const JWK: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
const AGE: &str = "AGE-SECRET-KEY-1";
/// The alphabet of Bech32.
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// A shorter part is no key.
const MIN_PART: usize = 16;

/// The keys in a value.
#[derive(Default)]
pub(crate) struct Keys {
    /// The secret parts, as bytes.
    pub(crate) parts: Vec<ZeroizingBytes>,
    /// The ranges of the value that contain keys and certificates whose structure is known.
    known: Vec<Range<usize>>,
    /// The ranges of the value that encode secret parts.
    secret: Vec<Range<usize>>,
}

impl Keys {
    /// Finds the keys in a value.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut keys = Self::default();
        match str::from_utf8(value) {
            Ok(text) => {
                keys.add_pem(text);
                keys.add_putty(text);
                keys.add_age(text);
                keys.add_jwk(text);
            }
            Err(_) => {
                if let Some(parts) = der::private_key(value) {
                    keys.add_parts(value, &parts, |range| range);
                    keys.known.push(0..value.len());
                }
            }
        }
        keys
    }

    /// Returns whether a range of the value is secret as far as its structure is known.
    pub(crate) fn may_be_secret(&self, range: &Range<usize>) -> bool {
        let overlap = |other: &Range<usize>| range.start < other.end && other.start < range.end;
        let is_inside = |other: &Range<usize>| other.start <= range.start && range.end <= other.end;
        !self.known.iter().any(overlap) || self.secret.iter().any(is_inside)
    }

    /// Returns whether a line of the value encodes much of a secret part, or belongs to no key.
    pub(crate) fn may_be_secret_line(&self, line: &Range<usize>) -> bool {
        let overlap =
            |other: &Range<usize>| line.end.min(other.end).saturating_sub(line.start.max(other.start));
        self.known.iter().all(|known| overlap(known) == 0)
            || self.secret.iter().any(|secret| overlap(secret) >= MIN_PART)
    }

    /// Adds parts of `bytes`; `to_value` returns where a range of them is in the value.
    fn add_parts(
        &mut self,
        bytes: &[u8],
        parts: &[Range<usize>],
        to_value: impl Fn(Range<usize>) -> Range<usize>,
    ) {
        for part in parts {
            // A sign byte is not a part of the number.
            let zeros = bytes[part.clone()].iter().take_while(|byte| **byte == 0).count();
            let part = part.start + zeros..part.end;
            if part.len() >= MIN_PART {
                self.parts.push(bytes[part.clone()].into());
                self.secret.push(to_value(part));
            }
        }
    }

    /// Adds the part of the value between `start` and `end`, which is base64 with line breaks.
    fn add_base64(
        &mut self,
        text: &str,
        range: Range<usize>,
        parts: impl Fn(&[u8]) -> Option<Vec<Range<usize>>>,
    ) -> bool {
        let bytes = text.as_bytes();
        // In JSON, the letter after a backslash is a line break.
        let is_part = |at: &usize| is_base64(bytes[*at]) && bytes[at.saturating_sub(1)] != b'\\';
        let positions: Vec<usize> = range.filter(is_part).collect();
        let characters: ZeroizingBytes =
            positions.iter().fold(ZeroizingBytes::with_capacity(positions.len()), |mut all, at| {
                all.push(text.as_bytes()[*at]);
                all
            });
        let bytes = decode(&characters);
        let Some(parts) = parts(&bytes) else { return false };
        self.add_parts(&bytes, &parts, |part| {
            let (first, last) = ((part.start * 4).div_ceil(3), part.end * 4 / 3);
            let position = |index: usize| positions.get(index).copied().unwrap_or(text.len());
            position(first)..position(last)
        });
        true
    }

    fn add_pem(&mut self, text: &str) {
        const BEGIN: &str = "-----BEGIN ";
        for (start, _) in text.match_indices(BEGIN) {
            let rest = &text[start + BEGIN.len()..];
            let Some((label, body)) = rest.split_once("-----") else { continue };
            let body_start = text.len() - body.len();
            let Some(length) = body.find("-----END ") else { continue };
            let end = body_start + length;
            // Headers, which encrypted keys have.
            if body[..length].contains(':') {
                continue;
            }
            let is_known = PUBLIC.contains(&label)
                || self.add_base64(text, body_start..end, |bytes| match label {
                    "OPENSSH PRIVATE KEY" => ssh::openssh(bytes),
                    _ => der::private_key(bytes),
                });
            if is_known {
                let label_end = text[end..].find('\n').map_or(text.len(), |length| end + length);
                self.known.push(start..label_end);
            }
        }
    }

    fn add_putty(&mut self, text: &str) {
        if !text.starts_with("PuTTY-User-Key-File-") || !text.contains("\nEncryption: none") {
            return;
        }
        let Some(at) = text.find("\nPrivate-Lines: ") else { return };
        let Some(line) = text[at + 1..].find('\n') else { return };
        let start = at + 1 + line;
        let end = text[start..].find("\nPrivate-MAC").map_or(text.len(), |length| start + length);
        if self.add_base64(text, start..end, ssh::strings) {
            self.known.push(0..text.len());
        }
    }

    fn add_age(&mut self, text: &str) {
        for (start, _) in text.match_indices(AGE) {
            let data = &text[start + AGE.len()..];
            let length = data.bytes().take_while(u8::is_ascii_alphanumeric).count();
            // The last six characters are a checksum.
            let Some(data) = data[..length].len().checked_sub(6).map(|end| &data[..end]) else { continue };
            let (mut bytes, mut bits, mut count) = (ZeroizingBytes::with_capacity(40), 0_u32, 0);
            for c in data.bytes().map(|c| c.to_ascii_lowercase()) {
                let index = BECH32.iter().position(|known| *known == c).unwrap_or_default();
                bits = (bits << 5 | u32::try_from(index).unwrap_or_default()) & 0xfff;
                count += 5;
                if count >= 8 {
                    count -= 8;
                    bytes.push((bits >> count & 0xff) as u8);
                }
            }
            self.parts.push(bytes);
            self.parts.push(text.as_bytes()[start..start + AGE.len() + length].into());
        }
    }

    fn add_jwk(&mut self, text: &str) {
        if !text.contains("\"kty\"") {
            return;
        }
        leaves::for_each_json_string(text, |name, string| {
            if JWK.contains(&name) && string.len() >= MIN_PART {
                self.parts.push(decode(string.as_bytes()));
                self.parts.push(string.as_bytes().into());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test vector of RFC 8410 (section 10.3).
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";

    #[test]
    fn the_secret_part_of_a_pem_key_is_found_in_its_text() {
        let keys = Keys::of(ED25519.as_bytes());
        assert_eq!(keys.parts.len(), 1);
        assert_eq!(keys.parts[0].len(), 32);
        assert_eq!(keys.parts[0][..4], [0xd4, 0xee, 0x72, 0xdb]);
        let at = |text: &str| ED25519.find(text).map(|start| start..start + text.len()).unwrap();
        assert!(keys.may_be_secret(&at("5E1hK1bbY8fdp")));
        assert!(!keys.may_be_secret(&at("MC4CAQAwBQYDK2VwBCIEI")));
        assert!(!keys.may_be_secret(&at("BEGIN PRIVATE")));
        assert!(
            keys.may_be_secret_line(&at("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"))
        );
    }

    #[test]
    fn public_and_malformed_blocks_have_no_secret_parts() {
        let certificate =
            "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2k3\n-----END CERTIFICATE-----\n";
        let keys = Keys::of(certificate.as_bytes());
        assert!(keys.parts.is_empty() && !keys.may_be_secret(&(30..46)));
        for text in [
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "-----BEGIN ",
            "-----BEGIN X-----",
            AGE,
        ] {
            let keys = Keys::of(text.as_bytes());
            assert!(
                keys.parts.iter().all(|part| part.len() < MIN_PART) && keys.may_be_secret(&(0..1)),
                "{text}"
            );
        }
    }

    #[test]
    fn members_of_a_jwk_and_age_keys_are_decoded() {
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let keys = Keys::of(jwk.as_bytes());
        assert_eq!((keys.parts.len(), keys.parts[0].len(), keys.parts[0][0]), (2, 32, 0x9d));
        let age = format!(
            "# public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n{AGE}GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n"
        );
        let keys = Keys::of(age.as_bytes());
        assert_eq!((keys.parts[0].len(), keys.parts[1].len()), (32, 74));
    }
}
