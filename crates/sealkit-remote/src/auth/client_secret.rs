//! The client credentials flow: obtains a token with a client secret.

use super::{Authenticator, metadata::AuthMetadata, token::Token, token_endpoint::request_token};
use crate::{config::ClientSecret, error::Result};

/// Requests a token with the client secret.
pub(super) async fn token(
    authenticator: &Authenticator,
    metadata: &AuthMetadata,
    client_id: &str,
    secret: &ClientSecret,
) -> Result<Token> {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", metadata.scope.as_str()),
        ("audience", metadata.audience.as_str()),
    ];
    let response = request_token(authenticator, metadata, &pairs, Some((client_id, secret))).await?;
    response.map_err(|error| error.into_error(&metadata.token_endpoint))
}
