//! The next token, by the one before.

use super::{Authenticator, grant::grant, metadata::Metadata, token::Token};
use crate::error::Result;

/// Asks for the token after `known`; `None` if it has to be allowed anew.
pub(super) async fn token(
    asker: &Authenticator,
    metadata: &Metadata,
    known: &Token,
) -> Result<Option<Token>> {
    let Some(refresh) = &known.refresh else { return Ok(None) };
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", metadata.client_id.as_str()),
    ];
    match grant(asker, metadata, &pairs, None).await? {
        // It may be used again if there is no other.
        Ok(token) => Ok(Some(Token { refresh: token.refresh.or_else(|| Some(refresh.clone())), ..token })),
        // Nobody is bothered because a server is busy.
        Err(refusal) if refusal.is_passing() => Err(refusal.into_error(&metadata.token_endpoint)),
        Err(_) => {
            if let Some(cache) = &asker.cache {
                cache.forget();
            }
            Ok(None)
        }
    }
}
