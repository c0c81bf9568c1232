//! Tokens that a person allows in a browser anywhere (RFC 8628).

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout_at};
use zeroize::Zeroizing;

use super::{
    Authenticator, Notice,
    grant::{Refusal, Seconds, grant, parse, post},
    metadata::{Metadata, check_url, wrong},
    token::Token,
};
use crate::error::{Error, ErrorKind, Result, is_obeyed};

/// How long a person may take, whatever the server says.
const LONGEST: u64 = 3600;

/// What a person enters where.
#[derive(Deserialize)]
struct Codes {
    device_code: Zeroizing<String>,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: Seconds,
    interval: Option<Seconds>,
}

/// Shows a code and waits until a person has allowed it.
pub(super) async fn token(asker: &Authenticator, metadata: &Metadata) -> Result<Token> {
    let url = &metadata.device_endpoint;
    if url.is_empty() {
        let what = format!("`{}` does not let anybody in by device", asker.config.endpoint);
        return Err(Error::new(ErrorKind::Unimplemented, what).with_hint("set `admin.authType: Pkce`"));
    }
    check_url(asker, "devices begin", url)?;
    let (client, scope, audience) = (&metadata.client_id, &metadata.scope, &metadata.audience);
    let pairs = [("client_id", client.as_str()), ("scope", scope.as_str()), ("audience", audience.as_str())];
    let reply = post(asker, url, &pairs, None).await?;
    if !reply.status.is_success() {
        return Err(Refusal::of(&reply).into_error(url));
    }
    let codes: Codes = parse(url, &reply)?;
    let seconds = codes.expires_in.get().filter(|&seconds| seconds > 0);
    let seconds = seconds.ok_or_else(|| wrong(asker, "the code for a device has no time left"))?;
    let end = Instant::now() + Duration::from_secs(seconds.min(LONGEST));
    show(asker, &codes)?;
    let interval = codes.interval.as_ref().and_then(Seconds::get).unwrap_or(5).clamp(1, 60);
    let pairs = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", codes.device_code.as_str()),
        pairs[0],
        pairs[1],
        pairs[2],
    ];
    timeout_at(end, poll(asker, metadata, &pairs, Duration::from_secs(interval))).await.unwrap_or_else(|_| {
        let message = format!("nobody allowed it within {} seconds", seconds.min(LONGEST));
        Err(Error::new(ErrorKind::Unauthenticated, message).with_hint("try again"))
    })
}

fn show(asker: &Authenticator, codes: &Codes) -> Result<()> {
    let code = codes.user_code.as_str();
    if code.is_empty() || code.len() > 100 || code.chars().any(is_obeyed) {
        return Err(wrong(asker, "a code has to be entered that nobody can read"));
    }
    let url = match codes.verification_uri_complete.as_ref().filter(|url| !url.is_empty()) {
        Some(url) => url.clone(),
        None => with_query(&codes.verification_uri, &[("user_code", code)]),
    };
    check_url(asker, "the code is entered", &url)?;
    (asker.notify)(Notice::EnterCode { url: &url, code });
    Ok(())
}

/// A URL with more in its query, before what stands for a place in its page.
pub(super) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let between = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{url}{between}{query}{fragment}")
}

async fn poll(
    asker: &Authenticator,
    metadata: &Metadata,
    pairs: &[(&str, &str)],
    mut interval: Duration,
) -> Result<Token> {
    loop {
        sleep(interval).await;
        match grant(asker, metadata, pairs, None).await {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(refusal)) => match next(interval, &refusal) {
                Some(longer) => interval = longer,
                None => return Err(refusal.into_error(&metadata.token_endpoint)),
            },
            // The person has not changed their mind because the network is down.
            Err(error) if error.kind() == ErrorKind::Unreachable => {}
            Err(error) => return Err(error),
        }
    }
}

/// How long to wait before asking again, if that may help.
fn next(interval: Duration, refusal: &Refusal) -> Option<Duration> {
    match refusal.code.as_str() {
        "authorization_pending" => Some(interval),
        "slow_down" => Some(interval + Duration::from_secs(5)),
        "access_denied" | "expired_token" => None,
        _ => refusal.is_passing().then_some(interval),
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;
    use crate::connection::Reply;

    #[test]
    fn it_is_asked_again_more_slowly_if_the_server_says_so() {
        let next = |status: u16, body: &str| {
            let reply = Reply {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.as_bytes().to_vec().into(),
            };
            next(Duration::from_secs(5), &Refusal::of(&reply)).map(|interval| interval.as_secs())
        };
        assert_eq!(next(400, r#"{"error":"authorization_pending"}"#), Some(5));
        assert_eq!(next(400, r#"{"error":"slow_down"}"#), Some(10));
        assert_eq!(next(503, "<html>busy</html>"), Some(5));
        assert_eq!(next(429, ""), Some(5));
        assert_eq!(next(400, r#"{"error":"expired_token"}"#), None);
        assert_eq!(next(403, r#"{"error":"access_denied"}"#), None);
        assert_eq!(next(400, r#"{"error":"whatever"}"#), None);
        assert_eq!(next(404, "<html>nothing</html>"), None);
    }

    #[test]
    fn a_code_is_added_to_the_query_of_a_url() {
        let add = |url| with_query(url, &[("user_code", "A&B")]);
        assert_eq!(add("https://h/d"), "https://h/d?user_code=A%26B");
        assert_eq!(add("https://h/d?x=1#top"), "https://h/d?x=1&user_code=A%26B#top");
        assert_eq!(add("https://h/d?"), "https://h/d?user_code=A%26B");
    }
}
