//! The endpoint of a server: `dns:///host`, `https://host:port` or just `host`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::error::{Error, ErrorKind, Result, escape};

const HINT: &str = "use `dns:///flyte.example.com`, `https://flyte.example.com:8443` or `localhost:30080`";

/// The endpoint of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Whether to connect without TLS.
    pub insecure: bool,
    /// The host name or IP address. An IPv6 address is in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    /// Returns whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Parses an endpoint: a host with an optional port and an optional scheme `dns:///`, `http://` or `https://`.
    ///
    /// `insecure` applies only if the scheme is neither `http` nor `https`.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is not an endpoint, or also contains a user, a path or a query.
    pub fn parse(text: &str, insecure: bool) -> Result<Self> {
        let text = text.trim();
        // The text before `@` may contain a password, so the message does not repeat it.
        if text.contains('@') {
            return Err(Error::new(ErrorKind::Config, "invalid endpoint: `@` is not allowed").with_hint(HINT));
        }
        let invalid = |reason| invalid_endpoint(text, reason);
        let (insecure, authority) = match text.split_once("://") {
            None => (insecure, text),
            Some((scheme, rest)) => match (scheme.to_ascii_lowercase().as_str(), rest) {
                ("http", rest) => (true, rest),
                ("https", rest) => (false, rest),
                ("dns", rest) => {
                    let rest =
                        rest.strip_prefix('/').ok_or_else(|| invalid("`dns:` requires three slashes"))?;
                    (insecure, rest)
                }
                _ => return Err(invalid("the scheme must be `dns:///`, `https://` or `http://`")),
            },
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if authority.contains(['/', '?', '#']) {
            return Err(invalid("a path, query or fragment is not allowed"));
        }
        let (host, port) =
            split_port(authority).ok_or_else(|| invalid("an IPv6 address must be in brackets"))?;
        if !is_host(host) {
            return Err(invalid("the host must be a name or an IP address"));
        }
        let port = match port {
            None if insecure => 80,
            None => 443,
            Some(port) => {
                parse_port(port).ok_or_else(|| invalid("the port must be a number from 1 to 65535"))?
            }
        };
        Ok(Self { insecure, host: host.to_owned(), port })
    }

    /// Returns whether the host is this machine or, in a container, its Docker host.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        let loopback = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        loopback || host == "localhost" || host == "[::1]" || host.ends_with(".docker.internal")
    }

    /// Returns the Union organization: the first label of a host name with three or more labels.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let is_address = self.host.starts_with('[') || self.host.parse::<Ipv4Addr>().is_ok();
        let (tenant, rest) = self.host.split_once('.')?;
        (!is_address && rest.contains('.')).then_some(tenant)
    }
}

/// Splits an authority into the host and the port.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(end);
    match rest.strip_prefix(':') {
        Some(port) if port.contains(':') => None,
        Some(port) => Some((host, Some(port))),
        None => rest.is_empty().then_some((host, None)),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

fn parse_port(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    port.parse().ok().filter(|&number| digits && number != 0)
}

fn invalid_endpoint(text: &str, reason: &str) -> Error {
    let message = format!("invalid endpoint `{}`: {reason}", escape(text));
    Error::new(ErrorKind::Config, message).with_hint(HINT)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default_port) = if self.insecure { ("http", 80) } else { ("https", 443) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default_port { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Strips the brackets of an IPv6 address.
pub(crate) fn strip_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Returns whether a host is `localhost` or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let host = strip_brackets(host);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, insecure: bool) -> String {
        Endpoint::parse(text, insecure)
            .map_or_else(|error| error.to_string(), |endpoint| endpoint.to_string())
    }

    #[test]
    fn an_endpoint_has_an_optional_scheme_and_port() {
        for (text, secure, insecure) in [
            ("dns:///flyte.example.com", "https://flyte.example.com", "http://flyte.example.com"),
            (" dns:///localhost:30080/ ", "https://localhost:30080", "http://localhost:30080"),
            ("flyte.example.com:443", "https://flyte.example.com", "http://flyte.example.com:443"),
            ("HTTPS://Flyte.example.com/", "https://Flyte.example.com", "https://Flyte.example.com"),
            ("http://flyte-http.flyte:8090", "http://flyte-http.flyte:8090", "http://flyte-http.flyte:8090"),
            ("10.0.0.7:80", "https://10.0.0.7:80", "http://10.0.0.7"),
            ("[::1]:8090", "https://[::1]:8090", "http://[::1]:8090"),
            ("dns:///[fe80::1]", "https://[fe80::1]", "http://[fe80::1]"),
        ] {
            assert_eq!(parsed(text, false), secure);
            assert_eq!(parsed(text, true), insecure);
        }
    }

    #[test]
    fn an_invalid_endpoint_is_rejected() {
        for (text, reason) in [
            ("", "a name or an IP address"),
            ("dns:///", "a name or an IP address"),
            ("dns://flyte.example.com", "three slashes"),
            ("ftp://flyte.example.com", "the scheme must be"),
            ("https://flyte.example.com/console", "is not allowed"),
            ("https://flyte.example.com//", "is not allowed"),
            ("flyte.example.com?x=1", "is not allowed"),
            ("flyte.example.com#x", "is not allowed"),
            ("flyte.example.com:", "the port must be"),
            ("flyte.example.com:0", "the port must be"),
            ("flyte.example.com:65536", "the port must be"),
            ("flyte.example.com:+80", "the port must be"),
            ("::1", "in brackets"),
            ("[::1", "in brackets"),
            ("[::1]x", "in brackets"),
            ("[flyte]", "a name or an IP address"),
            ("flyte example.com", "a name or an IP address"),
            ("flyte..example.com", "a name or an IP address"),
            ("flyte.example.com\r\nx: y", "a name or an IP address"),
            ("flÿte.example.com", "a name or an IP address"),
        ] {
            let error = Endpoint::parse(text, false).expect_err(text);
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert!(!error.to_string().contains('\n') && error.hint().is_some());
        }
    }

    #[test]
    fn a_password_in_an_endpoint_is_rejected_and_not_repeated() {
        for text in ["https://me:hunter2@flyte.example.com", "hunter2@flyte.example.com"] {
            let message = parsed(text, false);
            assert!(message.contains("`@`") && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn the_tenant_is_the_first_label_of_a_host_name_with_three_labels() {
        let tenant = |text| Endpoint::parse(text, false).unwrap().tenant().map(str::to_owned);
        assert_eq!(tenant("acme.hosted.unionai.cloud").as_deref(), Some("acme"));
        for text in ["example.com", "localhost:30080", "10.0.0.7", "[fe80::1]"] {
            assert_eq!(tenant(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_addresses_and_docker_hosts_are_local() {
        let is_local = |text| Endpoint::parse(text, false).unwrap().is_local();
        for text in ["localhost:1", "127.0.0.1", "127.1.2.3", "[::1]", "host.docker.internal:8090"] {
            assert!(is_local(text), "{text}");
        }
        for text in ["localhost.example.com", "docker.example.com", "10.0.0.7", "registry.docker.com"] {
            assert!(!is_local(text), "{text}");
        }
    }
}
