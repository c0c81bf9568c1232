//! The authentication that a registry requires, in the header `WWW-Authenticate` of its response.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// The authentication scheme that a registry requires.
#[derive(Debug, PartialEq)]
pub(crate) enum Challenge {
    /// With the user name and the password, in each request.
    Basic,
    /// With a token of another server.
    Bearer {
        /// The URL of that server.
        realm: String,
        /// The name of the registry there.
        service: Option<String>,
    },
}

impl Challenge {
    /// Returns the challenge that the headers contain; a token is preferred to a password.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<Self> = values.filter_map(parse).collect();
        let bearer = challenges.iter().position(|challenge| *challenge != Self::Basic);
        challenges.into_iter().nth(bearer.unwrap_or(0))
    }
}

fn parse(value: &str) -> Option<Challenge> {
    let (scheme, parameters) = value.trim().split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service) = (None, None);
    let mut rest = parameters;
    while let Some((name, value, next)) = parameter(rest) {
        match name.to_ascii_lowercase().as_str() {
            "realm" => realm = Some(value),
            "service" => service = Some(value),
            _ => {}
        }
        rest = next;
    }
    Some(Challenge::Bearer { realm: realm?, service })
}

/// Splits `NAME=VALUE` or `NAME="VALUE"` off the front of a list.
fn parameter(list: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = list.trim_start_matches([' ', ',', '\t']).split_once('=')?;
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, rest) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
        return Some((name.trim(), value.trim().to_owned(), rest));
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            '"' if !is_escaped => return Some((name.trim(), value, &quoted[at + 1..])),
            c => {
                is_escaped = false;
                value.push(c);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn challenge(values: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        Challenge::from_headers(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn a_challenge_names_the_scheme_the_realm_and_the_service() {
        let ghcr =
            r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:me/app:pull,push""#;
        assert_eq!(challenge(&[ghcr]), Some(bearer("https://ghcr.io/token", Some("ghcr.io"))));
        assert_eq!(
            challenge(&["Basic realm=\"r\"", ghcr]),
            Some(bearer("https://ghcr.io/token", Some("ghcr.io")))
        );
        assert_eq!(challenge(&["bearer Realm = x , service=y"]), Some(bearer("x", Some("y"))));
        assert_eq!(challenge(&[r#"Bearer realm="a\"b,c""#]), Some(bearer("a\"b,c", None)));
        assert_eq!(challenge(&["Basic realm=\"Registry\""]), Some(Challenge::Basic));
        assert_eq!(challenge(&["BASIC"]), Some(Challenge::Basic));
        for other in ["", "Negotiate", "Bearer", "Bearer realm", "Bearer service=x", "Bearer realm=\"open"] {
            assert_eq!(challenge(&[other]), None, "{other}");
        }
    }
}
