//! Tokens for clients that have a secret.

use super::{Authenticator, grant::grant, metadata::Metadata, token::Token};
use crate::{config::ClientSecret, error::Result};

/// Asks for a token with the secret of the client.
pub(super) async fn token(
    asker: &Authenticator,
    metadata: &Metadata,
    client_id: &str,
    secret: &ClientSecret,
) -> Result<Token> {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", metadata.scope.as_str()),
        ("audience", metadata.audience.as_str()),
    ];
    let granted = grant(asker, metadata, &pairs, Some((client_id, secret))).await?;
    granted.map_err(|refusal| refusal.into_error(&metadata.token_endpoint))
}
