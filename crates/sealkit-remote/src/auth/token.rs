//! Tokens.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// What lets us in.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) access: Zeroizing<String>,
    /// What gets the next one.
    pub(super) refresh: Option<Zeroizing<String>>,
    /// In seconds since 1970.
    pub(super) expires_at: Option<u64>,
    /// The header that carries it.
    pub(super) header: AsciiMetadataKey,
}

impl Token {
    /// A token that is good until a server says otherwise.
    pub(super) fn forever(access: Zeroizing<String>) -> Self {
        Self {
            access,
            refresh: None,
            expires_at: None,
            header: AsciiMetadataKey::from_static("authorization"),
        }
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= now())
    }

    /// The value of the header.
    pub(super) fn value(&self) -> Result<AsciiMetadataValue> {
        bearer(&self.access)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The value of a header that carries `token`.
pub(super) fn bearer(token: &str) -> Result<AsciiMetadataValue> {
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut value = AsciiMetadataValue::try_from(text.as_str()).map_err(|_| {
        Error::new(ErrorKind::Unauthenticated, "the token has characters that no header can carry")
            .with_hint("a token is one line of printable ASCII")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
