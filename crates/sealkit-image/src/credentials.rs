//! The credentials of one registry.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

/// The user name that stands for an identity token, in Docker's protocol of credential helpers.
const IDENTITY_TOKEN_USER: &str = "<token>";

/// The credentials of a registry, and where they were found: a user name and a password, or an identity token.
pub struct Credentials {
    username: String,
    secret: Zeroizing<String>,
    origin: String,
}

impl Credentials {
    /// Creates credentials; `origin` names the file or the program that they come from.
    pub fn new(username: String, secret: Zeroizing<String>, origin: String) -> Self {
        Self { username, secret, origin }
    }

    /// Creates credentials that are an identity token.
    pub(crate) fn from_identity_token(token: Zeroizing<String>, origin: String) -> Self {
        Self::new(IDENTITY_TOKEN_USER.to_owned(), token, origin)
    }

    /// Decodes the user name and the password of Basic authentication.
    pub(crate) fn from_basic(encoded: &str, origin: String) -> Option<Self> {
        let pair = Zeroizing::new(Base64::decode_vec(encoded.trim()).ok()?);
        let (username, password) = str::from_utf8(&pair).ok()?.split_once(':')?;
        // Old versions of Docker pad passwords.
        let password = Zeroizing::new(password.trim_end_matches('\0').to_owned());
        Some(Self::new(username.to_owned(), password, origin))
    }

    /// Returns the identity token, if these credentials are one.
    pub fn identity_token(&self) -> Option<&Zeroizing<String>> {
        (self.username == IDENTITY_TOKEN_USER).then_some(&self.secret)
    }

    /// Returns whether the password or the token is empty: no registry accepts it.
    pub fn is_empty(&self) -> bool {
        self.secret.is_empty()
    }

    /// Encodes the user name and the password for Basic authentication.
    pub fn to_basic(&self) -> Zeroizing<String> {
        let Self { username, secret, .. } = self;
        let mut pair = Zeroizing::new(String::with_capacity(username.len() + 1 + secret.len()));
        pair.extend([username, ":", secret.as_str()]);
        Zeroizing::new(Base64::encode_string(pair.as_bytes()))
    }
}

/// Displays the user and the origin, without the secret.
impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.identity_token().is_some() {
            write!(f, "the identity token from `{}`", self.origin)
        } else {
            write!(f, "user `{}` from `{}`", sealkit_names::escape(&self.username), self.origin)
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, origin, .. } = self;
        f.debug_struct("Credentials")
            .field("username", username)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_authentication_is_encoded_and_decoded() {
        // `base64.b64encode(b"user:pa:ss")` in Python.
        let credentials = Credentials::from_basic("dXNlcjpwYTpzcw==", "file".to_owned()).unwrap();
        assert_eq!((&*credentials.username, &**credentials.secret), ("user", "pa:ss"));
        assert_eq!(*credentials.to_basic(), "dXNlcjpwYTpzcw==");
        for invalid in ["", "dXNlcg==", "not base64", "/w=="] {
            assert!(Credentials::from_basic(invalid, String::new()).is_none(), "{invalid}");
        }
    }

    #[test]
    fn credentials_are_displayed_without_the_secret() {
        let secret = || Zeroizing::new("hunter2".to_owned());
        let user = Credentials::new("me".to_owned(), secret(), "file".to_owned());
        assert_eq!(user.to_string(), "user `me` from `file`");
        assert!(user.identity_token().is_none() && !format!("{user:?}").contains("hunter2"));
        let token = Credentials::from_identity_token(secret(), "file".to_owned());
        assert_eq!(token.to_string(), "the identity token from `file`");
        assert!(token.identity_token().is_some() && !format!("{token:?}").contains("hunter2"));
    }
}
