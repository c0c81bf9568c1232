//! API keys: an endpoint, a client ID and a client secret in one Base64 string.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::Zeroizing;

use super::ClientSecret;
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// A decoded API key.
pub(super) struct ApiKey {
    /// The endpoint, already validated.
    pub(super) endpoint: String,
    pub(super) client_id: String,
    pub(super) secret: ClientSecret,
    pub(super) org: Option<String>,
}

impl ApiKey {
    /// Decodes the API key in the variable `name`.
    pub(super) fn decode(name: &str, key: &str) -> Result<Self> {
        // The message contains no part of the key.
        Self::parse(key).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("invalid API key in `{name}`"))
                .with_hint(format!("copy the whole API key into `{name}` again, or unset it to use a file"))
        })
    }

    fn parse(key: &str) -> Option<Self> {
        // `flyte create api-key` prints URL-safe Base64, `union create api-key` standard Base64.
        let standard = |c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        };
        let key: Zeroizing<String> =
            Zeroizing::new(key.trim().trim_end_matches('=').chars().map(standard).collect());
        let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(key.as_bytes()).ok()?);
        let text = str::from_utf8(&bytes).ok()?;

        // Colons separate the parts, but the endpoint may contain colons too.
        let scheme = ["dns:///", "https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme));
        let start = scheme.map_or(0, str::len);
        let mut end = start + text[start..].find(':')?;
        if let Some((port, rest)) = text[end + 1..].split_once(':')
            && rest.matches(':').count() >= 2
            && port.bytes().all(|b| b.is_ascii_digit())
        {
            end += 1 + port.len();
        }
        let endpoint = &text[..end];
        Endpoint::parse(endpoint, false).ok()?;
        let mut parts = text[end + 1..].splitn(3, ':');
        let (client_id, secret, org) = (parts.next()?, parts.next()?, parts.next()?);
        if client_id.is_empty() || secret.is_empty() {
            return None;
        }
        // The official tool writes Python's `None` for no organization.
        let org = Some(org).filter(|org| !org.is_empty() && *org != "None");
        Some(Self {
            endpoint: endpoint.to_owned(),
            client_id: client_id.to_owned(),
            secret: ClientSecret(Zeroizing::new(secret.to_owned())),
            org: org.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    fn parts(key: &str) -> Option<[String; 4]> {
        let key = ApiKey::parse(key)?;
        Some([
            Endpoint::parse(&key.endpoint, false).unwrap().to_string(),
            key.client_id,
            key.secret.0.to_string(),
            key.org.unwrap_or_else(|| "-".to_owned()),
        ])
    }

    #[test]
    fn a_key_is_decoded_from_both_base64_alphabets_with_or_without_padding() {
        // The two alphabets encode the second secret differently.
        for secret in ["hunter2", "h\u{ff}?\u{ff}?>~~", "hunter22"] {
            let text = format!("acme.unionai.cloud:acme-id:{secret}:acme");
            let expected = ["https://acme.unionai.cloud", "acme-id", secret, "acme"].map(str::to_owned);
            assert_ne!(STANDARD.encode("\u{ff}?>~"), URL_SAFE.encode("\u{ff}?>~"));
            for key in [
                STANDARD.encode(&text),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                format!(" {}\n", STANDARD.encode(&text)),
            ] {
                assert_eq!(parts(&key), Some(expected.clone()), "{key}");
            }
        }
    }

    #[test]
    fn the_endpoint_of_a_key_may_have_a_scheme_and_a_port() {
        for (text, endpoint, org) in [
            ("flyte.acme.com:id:secret:", "https://flyte.acme.com", "-"),
            ("flyte.acme.com:id:secret:None", "https://flyte.acme.com", "-"),
            ("flyte.acme.com:id:secret:a:b", "https://flyte.acme.com", "a:b"),
            ("flyte.acme.com:8443:id:secret:org", "https://flyte.acme.com:8443", "org"),
            ("dns:///flyte.acme.com:id:secret:org", "https://flyte.acme.com", "org"),
            ("http://localhost:8090:id:secret:", "http://localhost:8090", "-"),
        ] {
            let expected = [endpoint, "id", "secret", org].map(str::to_owned);
            assert_eq!(parts(&STANDARD.encode(text)), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_invalid_key_is_not_repeated_in_the_error() {
        let invalid =
            ["", "::::", "host:hunter2:x", "host:id::org", "host::hunter2:org", "me@host:id:hunter2:org"];
        let mut keys: Vec<_> = invalid.map(|text| STANDARD.encode(text)).into();
        keys.extend(["hunter2".to_owned(), "hunter 2!".to_owned(), STANDARD.encode(b"host:id:\xff:org")]);
        for key in keys {
            let Err(error) = ApiKey::decode("FLYTE_API_KEY", &key) else { panic!("{key}") };
            let text = format!("{error} {error:?} {}", error.hint().unwrap());
            assert!(!text.contains("hunter") && !text.contains("id:"), "{text}");
            assert!(key.is_empty() || !text.contains(&key), "{text}");
            assert!(text.contains("`FLYTE_API_KEY`"), "{text}");
        }
    }
}
