//! The authorization code flow with PKCE (RFC 7636): the user logs in with the browser of this machine.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    Authenticator, Notice,
    callback::Callback,
    device::with_query,
    metadata::{AuthMetadata, check_url},
    token::Token,
    token_endpoint::request_token,
};
use crate::error::{Error, ErrorKind, Result};

/// How long the user may take to log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(300);

/// Opens the browser, and waits for the user to log in.
pub(super) async fn token(authenticator: &Authenticator, metadata: &AuthMetadata) -> Result<Token> {
    check_url(authenticator, "authorization endpoint", &metadata.authorization_endpoint)?;
    // Listen before the browser opens: it may redirect at once.
    let callback = Callback::listen(authenticator, &metadata.redirect_uri).await?;
    let (verifier, state) = (random_string::<64>()?, random_string::<32>()?);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut pairs = vec![
        ("client_id", metadata.client_id.as_str()),
        ("response_type", "code"),
        ("scope", metadata.scope.as_str()),
        ("redirect_uri", metadata.redirect_uri.as_str()),
        ("state", state.as_str()),
        ("audience", metadata.audience.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    let url = with_query(&metadata.authorization_endpoint, &pairs);
    (authenticator.notify)(Notice::OpenBrowser { url: &url });
    let code = timeout(LOGIN_TIMEOUT, callback.code(&state)).await.unwrap_or_else(|_| {
        let message = format!("login in the browser timed out after {} seconds", LOGIN_TIMEOUT.as_secs());
        Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("try again, or set `admin.authType: DeviceFlow` on a machine without a browser"))
    })?;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", verifier.as_str()),
        ("client_id", metadata.client_id.as_str()),
        ("redirect_uri", metadata.redirect_uri.as_str()),
    ];
    request_token(authenticator, metadata, &pairs, None)
        .await?
        .map_err(|error| error.into_error(&metadata.token_endpoint))
}

/// Returns `N` random bytes in Base64.
fn random_string<const N: usize>() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes)
        .map_err(|_| Error::new(ErrorKind::Local, "cannot generate random numbers"))?;
    Ok(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
}
