//! Ciphers that are derived from passphrases.

use argon2::{Algorithm, Argon2, Params, Version};

use crate::{
    cipher::{Cipher, random, zeroed_key},
    error::{Error, ErrorKind, Result},
    format,
};

/// OWASP recommends at least 19 MiB and two passes. These costs take about a tenth of a second.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// The highest accepted costs, so that a forged file cannot exhaust the memory or run for hours.
const MAX_MEMORY: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;

/// The parameters of a derivation, which the first line of a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// The memory in KiB.
    memory: u32,
    /// The number of passes.
    passes: u32,
    salt: [u8; 16],
}

impl Parameters {
    /// Returns the usual costs, with a random salt.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { memory: MEMORY, passes: PASSES, salt: random()? })
    }

    /// Formats `m=MEMORY t=PASSES salt=SALT`.
    pub(crate) fn format(&self) -> String {
        let Self { memory, passes, salt } = self;
        format!("m={memory} t={passes} salt={}", base16ct::lower::encode_string(salt))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parameters = text.split(' ');
        let mut parameter = |name: &str| parameters.next()?.strip_prefix(name)?.strip_prefix('=');
        let memory = format::parse_number(parameter("m")?)?.try_into().ok()?;
        let passes = format::parse_number(parameter("t")?)?.try_into().ok()?;
        let mut salt = [0; 16];
        format::decode_hex(parameter("salt")?, &mut salt).then_some(Self { memory, passes, salt })
    }

    /// Returns whether the costs are higher than any that this crate writes.
    pub(crate) fn exceed_limits(&self) -> bool {
        self.memory > MAX_MEMORY || self.passes > MAX_PASSES
    }

    /// Derives the cipher.
    pub(crate) fn cipher(&self, passphrase: &str) -> Result<Cipher> {
        let failed = |error: argon2::Error| {
            Error::new(ErrorKind::Key, format!("no key can be derived from the passphrase: {error}"))
        };
        let parameters = Params::new(self.memory, self.passes, 1, Some(32)).map_err(failed)?;
        let mut key = zeroed_key();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.as_bytes(), &self.salt, key.as_mut_slice())
            .map_err(failed)?;
        Ok(Cipher::from_key(key))
    }
}
