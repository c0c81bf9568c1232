//! The refresh flow: obtains a token with a refresh token.

use super::{Authenticator, metadata::AuthMetadata, token::Token, token_endpoint::request_token};
use crate::error::Result;

/// Requests a token in place of `expired`. Returns `None` if the user has to log in again.
pub(super) async fn token(
    authenticator: &Authenticator,
    metadata: &AuthMetadata,
    expired: &Token,
) -> Result<Option<Token>> {
    let Some(refresh) = &expired.refresh else { return Ok(None) };
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", metadata.client_id.as_str()),
    ];
    match request_token(authenticator, metadata, &pairs, None).await? {
        // Without a new refresh token, the old one stays valid.
        Ok(token) => Ok(Some(Token { refresh: token.refresh.or_else(|| Some(refresh.clone())), ..token })),
        // A busy server is no reason to ask the user.
        Err(error) if error.is_retryable() => Err(error.into_error(&metadata.token_endpoint)),
        Err(_) => {
            if let Some(cache) = &authenticator.cache {
                cache.remove();
            }
            Ok(None)
        }
    }
}
