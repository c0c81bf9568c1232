//! The secret and the public parts of keys.
//!
//! The documentation of the crate lists the kinds of keys, and what is secret in each.
//!
//! The rest of such a key, certificates and public keys are public: other files contain the same bytes.

mod der;
mod ssh;

use std::ops::Range;

use crate::{
    leaves::{AGE_RECIPIENT, Class, SECRET_JWK, for_each_json_string, from_hexadecimal},
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
const BEGIN: &str = "-----BEGIN ";
const OPENVPN: &str = "-----BEGIN OpenVPN Static key";
const AGE: &str = "AGE-SECRET-KEY-1";
/// The alphabet of Bech32.
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// The length of what the PEM blocks of one kind share: the `BEGIN` line, and a first line that encodes the algorithm.
const MAX_PEM_HEADER: usize = 110;
/// A shorter part is no key.
const MIN_PART: usize = 16;

/// The keys in a value.
#[derive(Default)]
pub(crate) struct Keys {
    /// The secret parts, as bytes.
    pub(crate) parts: Vec<ZeroizingBytes>,
    /// The ranges of the value that are public, except for its secret ranges: keys and certificates whose structure is known, and the
    /// headers of other PEM blocks.
    public: Vec<Range<usize>>,
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
                keys.add_der(text);
                keys.add_age(text);
                keys.add_jwk(text);
            }
            Err(_) => {
                if let Some(parts) = der::private_key(value) {
                    keys.add_parts(value, &parts, |range| range);
                    keys.public.push(0..value.len());
                }
            }
        }
        keys
    }

    /// Adds texts of the value that are public.
    pub(crate) fn add_public(&mut self, value: &[u8], texts: &[ZeroizingBytes]) {
        let Ok(value) = str::from_utf8(value) else { return };
        for text in texts.iter().filter_map(|text| str::from_utf8(text).ok()) {
            self.public.extend(value.match_indices(text).map(|(start, _)| start..start + text.len()));
        }
    }

    /// Returns whether a leaf of the value is secret as far as the structure of its keys is known.
    pub(crate) fn may_be_secret_leaf(&self, value: &[u8], leaf: &[u8]) -> bool {
        let find = || str::from_utf8(value).ok()?.find(str::from_utf8(leaf).ok()?);
        self.public.is_empty() || find().is_none_or(|start| self.may_be_secret(&(start..start + leaf.len())))
    }

    /// Returns whether a range of the value is secret as far as its structure is known.
    pub(crate) fn may_be_secret(&self, range: &Range<usize>) -> bool {
        let overlap = |other: &Range<usize>| range.start < other.end && other.start < range.end;
        let is_inside = |other: &Range<usize>| other.start <= range.start && range.end <= other.end;
        !self.public.iter().any(overlap) || self.secret.iter().any(is_inside)
    }

    /// Returns whether a line of the value encodes much of a secret part, or belongs to no key.
    pub(crate) fn may_be_secret_line(&self, line: &Range<usize>) -> bool {
        let overlap =
            |other: &Range<usize>| line.end.min(other.end).saturating_sub(line.start.max(other.start));
        self.public.iter().all(|public| overlap(public) == 0)
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

    /// Adds the `parts` of what a range of the value encodes in base64, with line breaks. Returns `false` if it has none.
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
                all.push(bytes[*at]);
                all
            });
        let decoded = decode(&characters);
        let Some(parts) = parts(&decoded) else { return false };
        self.add_parts(&decoded, &parts, |part| {
            let (first, last) = ((part.start * 4).div_ceil(3), part.end * 4 / 3);
            let position = |index: usize| positions.get(index).copied().unwrap_or(text.len());
            // Behind the last character: the next one may be that of another block.
            position(first)..position(last.saturating_sub(1)) + 1
        });
        true
    }

    fn add_pem(&mut self, text: &str) {
        for (start, _) in text.match_indices(BEGIN) {
            let public = self.add_pem_block(text, start).unwrap_or_else(|| {
                // The first line of other keys is random.
                let lines = usize::from(!text[start..].starts_with(OPENVPN));
                let second_line =
                    text[start..].match_indices('\n').nth(lines).map_or(text.len(), |(end, _)| end);
                start..text.len().min(start + second_line.min(MAX_PEM_HEADER))
            });
            self.public.push(public);
        }
    }

    /// Adds the parts of the PEM block at `start`. Returns where the block is, or `None` if its structure is not known.
    fn add_pem_block(&mut self, text: &str, start: usize) -> Option<Range<usize>> {
        let (label, body) = text[start + BEGIN.len()..].split_once("-----")?;
        let from = text.len() - body.len();
        let to = from + body.find("-----END ")?;
        // Encrypted keys have headers.
        let is_encrypted = text[from..to].contains(':');
        let parts = |bytes: &[u8]| match label {
            "OPENSSH PRIVATE KEY" => ssh::openssh(bytes),
            _ => der::private_key(bytes),
        };
        let is_known = PUBLIC.contains(&label) || !is_encrypted && self.add_base64(text, from..to, parts);
        let end = text[to..].find('\n').map_or(text.len(), |length| to + length);
        is_known.then_some(start..end)
    }

    /// Adds the parts of a key in DER that is all of a text, in base64 or in hexadecimal.
    fn add_der(&mut self, text: &str) {
        let digits = ZeroizingBytes::filtered(text.as_bytes(), |byte| !byte.is_ascii_whitespace());
        if digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit) {
            let bytes = from_hexadecimal(&digits);
            let Some(parts) = der::private_key(&bytes) else { return };
            let positions: Vec<usize> =
                (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_hexdigit()).collect();
            self.add_parts(&bytes, &parts, |part| positions[2 * part.start]..positions[2 * part.end - 1] + 1);
            self.public.push(0..text.len());
        } else if digits.iter().all(|byte| is_base64(*byte) || *byte == b'=')
            && self.add_base64(text, 0..text.len(), der::private_key)
        {
            self.public.push(0..text.len());
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
            self.public.push(0..text.len());
        }
    }

    fn add_age(&mut self, text: &str) {
        for (start, _) in text.match_indices(AGE) {
            let data = &text[start + AGE.len()..];
            let length = data.bytes().take_while(u8::is_ascii_alphanumeric).count();
            // The last six characters are a checksum.
            let Some(end) = length.checked_sub(6) else { continue };
            let (mut bytes, mut bits, mut count) = (ZeroizingBytes::with_capacity(40), 0_u32, 0);
            for c in data[..end].bytes().map(|c| c.to_ascii_lowercase()) {
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
        for (start, _) in text.match_indices(AGE_RECIPIENT) {
            let length = text[start..].bytes().take_while(u8::is_ascii_alphanumeric).count();
            self.public.push(start..start + length);
        }
    }

    fn add_jwk(&mut self, text: &str) {
        if !text.contains("\"kty\"") {
            return;
        }
        for_each_json_string(text, Class::Neutral, |name, _, string| {
            if SECRET_JWK.contains(&name) && string.len() >= MIN_PART {
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
    fn the_public_parts_of_a_key_in_der_are_public() {
        // Of `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -outform DER`.
        let der = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b020101042007ad3761035c6256734aaa836b5dc83d9a690acdc38fbefc8b4ea726b944093aa14403420004660f3df1d5b5384ef2eb6f79c8a6ea1421e6a3be7aa9313d7947f7664baad58db7ea60d8fbf703129eab6dfbd86c3030efbae1ea5ce467f02ed3feab294b4c1e";
        let base64 = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB603YQNcYlZzSqqDa13IPZppCs3Dj778i06nJrlECTqhRANCAARmDz3x1bU4TvLrb3nIpuoUIeajvnqpMT15R/dmS6rVjbfqYNj79wMSnqtt+9hsMDDvuuHqXORn8C7T/qspS0we";
        let (public, private) = (&der[der.len() - 130..], &der[70..140]);
        // As `xxd -p` writes it.
        let lines: Vec<&str> = der.as_bytes().chunks(60).map(|line| str::from_utf8(line).unwrap()).collect();
        for value in [der, base64, &lines.join("\n")] {
            let guard = crate::Guard::new([("key", value)]);
            assert_eq!(guard.check(public.as_bytes()), []);
            assert_eq!(guard.check(private.as_bytes()).len(), 1);
            assert_eq!(guard.check(value.as_bytes()).len(), 1);
        }
    }

    #[test]
    fn a_certificate_behind_a_key_is_public() {
        let certificate =
            "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIBAgITBmyf1XSX\n-----END CERTIFICATE-----\n";
        let both = format!("{ED25519}{certificate}");
        let keys = Keys::of(both.as_bytes());
        let at = |text: &str| both.find(text).map(|start| start..start + text.len()).unwrap();
        assert!(keys.may_be_secret(&at("5E1hK1bbY8fdp")));
        assert!(!keys.may_be_secret(&at("MIIBtjCCAVugAwIB")));
    }

    #[test]
    fn public_and_malformed_blocks_have_no_secret_parts() {
        let certificate =
            "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2k3\n-----END CERTIFICATE-----\n";
        let keys = Keys::of(certificate.as_bytes());
        assert!(keys.parts.is_empty() && !keys.may_be_secret(&(30..46)));
        let malformed = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----";
        let keys = Keys::of(malformed.as_bytes());
        let at = |text: &str| malformed.find(text).map(|start| start..start + text.len()).unwrap();
        assert!(keys.parts.is_empty());
        // The first line of a key is the same in many keys.
        assert!(!keys.may_be_secret(&at("AAAA")) && !keys.may_be_secret_line(&at("AAAA")));
        assert!(keys.may_be_secret(&at("BBBB")) && keys.may_be_secret_line(&at("BBBB")));
        for text in ["-----BEGIN ", "-----BEGIN X-----", AGE, "text"] {
            assert!(Keys::of(text.as_bytes()).parts.is_empty(), "{text}");
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

    #[test]
    fn the_public_part_of_an_encrypted_openssh_key_is_public() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\n\
        b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCspNlSYB\n\
        G1OpbjpJWE5Wz+AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAINm3O7/yhAz7B9JM\n\
        69O4MxngBrf0F72CWOx7UzekdKxIAAAAkM2vLRC/UiLQaXf61wMQTE3NjnU/QA7Smw6M7n\n\
        SMb3VnowyTK/S762DPE0HFimJXK2y+GGhRlJpgsu/7jmCs4FKuyFkKzy9HqZW5tuy2HF71\n\
        Yd2RqsKt/yR7SeLpMw7eAG8YTEtjP4xI2Yv8/hDsmp36yPUB0azJkwdozedp7riDh1onik\n\
        GcVej1bIzVpDS8UQ==\n\
        -----END OPENSSH PRIVATE KEY-----\n";
        let keys = Keys::of(key.as_bytes());
        let range = |line: &str| key.find(line).map(|at| at..at + line.len()).unwrap();
        let lines: Vec<bool> = key.lines().map(|line| keys.may_be_secret_line(&range(line))).collect();
        // The public key ends in the third line of the body.
        let count = lines.len();
        assert_eq!(lines[..3], [false, false, false]);
        assert_eq!(lines[4..count - 2], vec![true; count - 6]);
        let other =
            b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7Zk3v0xq2m9bYw5R1tHcUe8sLfGdN4aPoXiV6yTzQr other@host";
        assert_eq!(crate::Guard::new([("key", key)]).check(other), []);
    }
}
