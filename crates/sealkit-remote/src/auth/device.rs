//! The device flow (RFC 8628): the user logs in with a browser on any machine.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout_at};
use zeroize::Zeroizing;

use super::{
    Authenticator, Notice,
    metadata::{AuthMetadata, check_url, invalid_metadata},
    token::Token,
    token_endpoint::{OAuthError, Seconds, parse, post, request_token},
};
use crate::error::{Error, ErrorKind, Result, needs_escape};

/// The longest time to wait for the user, in seconds, whatever the server allows.
const MAX_WAIT: u64 = 3600;

/// The response of the device authorization endpoint.
#[derive(Deserialize)]
struct DeviceAuthorization {
    device_code: Zeroizing<String>,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: Seconds,
    interval: Option<Seconds>,
}

/// Asks the user to log in, and polls for the token.
pub(super) async fn token(authenticator: &Authenticator, metadata: &AuthMetadata) -> Result<Token> {
    let url = &metadata.device_endpoint;
    if url.is_empty() {
        let message = format!("`{}` does not support the device flow", authenticator.config.endpoint);
        return Err(Error::new(ErrorKind::Unimplemented, message).with_hint("set `admin.authType: Pkce`"));
    }
    check_url(authenticator, "device authorization endpoint", url)?;
    let (client, scope, audience) = (&metadata.client_id, &metadata.scope, &metadata.audience);
    let pairs = [("client_id", client.as_str()), ("scope", scope.as_str()), ("audience", audience.as_str())];
    let response = post(authenticator, url, &pairs, None).await?;
    if !response.status.is_success() {
        return Err(OAuthError::from_response(&response).into_error(url));
    }
    let authorization: DeviceAuthorization = parse(url, &response)?;
    let seconds = authorization.expires_in.get().filter(|&seconds| seconds > 0);
    let seconds = seconds.ok_or_else(|| invalid_metadata(authenticator, "the device code has expired"))?;
    let seconds = seconds.min(MAX_WAIT);
    let end = Instant::now() + Duration::from_secs(seconds);
    notify_user(authenticator, &authorization)?;
    let interval = authorization.interval.as_ref().and_then(Seconds::get).unwrap_or(5).clamp(1, 60);
    let pairs = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", authorization.device_code.as_str()),
        pairs[0],
        pairs[1],
        pairs[2],
    ];
    let polling = poll(authenticator, metadata, &pairs, Duration::from_secs(interval));
    timeout_at(end, polling).await.unwrap_or_else(|_| {
        let message = format!("login timed out after {seconds} seconds");
        Err(Error::new(ErrorKind::Unauthenticated, message).with_hint("try again"))
    })
}

fn notify_user(authenticator: &Authenticator, authorization: &DeviceAuthorization) -> Result<()> {
    let code = authorization.user_code.as_str();
    if code.is_empty() || code.len() > 100 || code.chars().any(needs_escape) {
        return Err(invalid_metadata(authenticator, "the user code is not printable"));
    }
    let url = match authorization.verification_uri_complete.as_ref().filter(|url| !url.is_empty()) {
        Some(url) => url.clone(),
        None => with_query(&authorization.verification_uri, &[("user_code", code)]),
    };
    check_url(authenticator, "verification URI", &url)?;
    (authenticator.notify)(Notice::EnterCode { url: &url, code });
    Ok(())
}

/// Adds parameters to the query of a URL, before its fragment.
pub(super) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{url}{separator}{query}{fragment}")
}

async fn poll(
    authenticator: &Authenticator,
    metadata: &AuthMetadata,
    pairs: &[(&str, &str)],
    mut interval: Duration,
) -> Result<Token> {
    loop {
        sleep(interval).await;
        match request_token(authenticator, metadata, pairs, None).await {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(error)) => match next_interval(interval, &error) {
                Some(next) => interval = next,
                None => return Err(error.into_error(&metadata.token_endpoint)),
            },
            // The user may still log in while the network is down.
            Err(error) if error.kind() == ErrorKind::Unreachable => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the interval before the next poll, or `None` if polling cannot succeed.
fn next_interval(interval: Duration, error: &OAuthError) -> Option<Duration> {
    match error.code.as_str() {
        "authorization_pending" => Some(interval),
        "slow_down" => Some(interval + Duration::from_secs(5)),
        "access_denied" | "expired_token" => None,
        _ => error.is_retryable().then_some(interval),
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;
    use crate::connection::FormResponse;

    #[test]
    fn polling_continues_while_the_login_is_pending_and_slows_down_on_request() {
        let interval = |status: u16, body: &str| {
            let response = FormResponse {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.as_bytes().to_vec().into(),
            };
            next_interval(Duration::from_secs(5), &OAuthError::from_response(&response))
                .map(|interval| interval.as_secs())
        };
        assert_eq!(interval(400, r#"{"error":"authorization_pending"}"#), Some(5));
        assert_eq!(interval(400, r#"{"error":"slow_down"}"#), Some(10));
        assert_eq!(interval(503, "<html>busy</html>"), Some(5));
        assert_eq!(interval(429, ""), Some(5));
        assert_eq!(interval(400, r#"{"error":"expired_token"}"#), None);
        assert_eq!(interval(403, r#"{"error":"access_denied"}"#), None);
        assert_eq!(interval(400, r#"{"error":"whatever"}"#), None);
        assert_eq!(interval(404, "<html>nothing</html>"), None);
    }

    #[test]
    fn parameters_are_added_to_the_query_of_a_url() {
        let add = |url| with_query(url, &[("user_code", "A&B")]);
        assert_eq!(add("https://h/d"), "https://h/d?user_code=A%26B");
        assert_eq!(add("https://h/d?x=1#top"), "https://h/d?x=1&user_code=A%26B#top");
        assert_eq!(add("https://h/d?"), "https://h/d?user_code=A%26B");
    }
}
