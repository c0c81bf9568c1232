//! Tokens that a person allows in a browser on this machine (RFC 7636).

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    Authenticator, Notice,
    callback::Callback,
    device::with_query,
    grant::grant,
    metadata::{Metadata, check_url},
    token::Token,
};
use crate::error::{Error, ErrorKind, Result};

/// How long a person may take.
const ANSWER: Duration = Duration::from_secs(300);

/// Opens a browser and waits until a person has allowed it.
pub(super) async fn token(asker: &Authenticator, metadata: &Metadata) -> Result<Token> {
    check_url(asker, "people are asked", &metadata.authorization_endpoint)?;
    // First the ear: the browser may be quick.
    let callback = Callback::listen(asker, &metadata.redirect_uri).await?;
    let (verifier, state) = (random::<64>()?, random::<32>()?);
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
    (asker.notify)(Notice::OpenBrowser { url: &url });
    let code = timeout(ANSWER, callback.code(&state)).await.unwrap_or_else(|_| {
        let message = format!("nobody allowed it in the browser within {} seconds", ANSWER.as_secs());
        Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("try again; where there is no browser, set `admin.authType: DeviceFlow`"))
    })?;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", verifier.as_str()),
        ("client_id", metadata.client_id.as_str()),
        ("redirect_uri", metadata.redirect_uri.as_str()),
    ];
    grant(asker, metadata, &pairs, None)
        .await?
        .map_err(|refusal| refusal.into_error(&metadata.token_endpoint))
}

/// What nobody can guess.
fn random<const N: usize>() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes)
        .map_err(|_| Error::new(ErrorKind::Local, "the system gives no random numbers"))?;
    Ok(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
}
