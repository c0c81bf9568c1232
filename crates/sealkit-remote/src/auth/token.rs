//! The access token of a client.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// An access token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) access: Zeroizing<String>,
    /// The refresh token.
    pub(super) refresh: Option<Zeroizing<String>>,
    /// The expiry, in seconds since 1970.
    pub(super) expires_at: Option<u64>,
    /// The name of the header to send it in.
    pub(super) header: AsciiMetadataKey,
}

impl Token {
    /// Creates a token that is used until the server rejects it.
    pub(super) fn without_expiry(access: Zeroizing<String>) -> Self {
        Self {
            access,
            refresh: None,
            expires_at: None,
            header: AsciiMetadataKey::from_static("authorization"),
        }
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= unix_time())
    }

    /// Returns the value of the header.
    pub(super) fn header_value(&self) -> Result<AsciiMetadataValue> {
        bearer_value(&self.access)
    }
}

/// Returns the current time in seconds since 1970.
pub(super) fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Returns `Bearer TOKEN` as a sensitive header value.
pub(super) fn bearer_value(token: &str) -> Result<AsciiMetadataValue> {
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut value = AsciiMetadataValue::try_from(text.as_str()).map_err(|_| {
        Error::new(
            ErrorKind::Unauthenticated,
            "the token contains characters that are not allowed in a header",
        )
        .with_hint("use a token that is one line of printable ASCII")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
