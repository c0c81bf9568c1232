//! Where a server is: `dns:///host`, `https://host:port` or just `host`.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::error::{Error, ErrorKind, Result, shown};

const HINT: &str = "write `dns:///flyte.example.com`, `https://flyte.example.com:8443` or `localhost:30080`";

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Whether it is spoken to in the clear.
    pub insecure: bool,
    /// The name or address of the host; an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    /// The endpoint that `text` names: a host, with or without a port, with or without `dns:///`, `http://` or
    /// `https://` before it.
    ///
    /// `insecure` counts only where neither `http` nor `https` is written.
    ///
    /// # Errors
    ///
    /// When it is none, or has more to it: a user, a path, a query.
    pub fn parse(text: &str, insecure: bool) -> Result<Self> {
        let text = text.trim();
        // There might be a password before it.
        if text.contains('@') {
            return Err(bad("an endpoint has an `@` in it, but knows no users".to_owned()));
        }
        let refuse = |why: &str| bad(format!("`{}` is no endpoint: {why}", shown(text)));
        let (insecure, authority) = match text.split_once("://") {
            None => (insecure, text),
            Some((scheme, rest)) => match (scheme.to_ascii_lowercase().as_str(), rest) {
                ("http", rest) => (true, rest),
                ("https", rest) => (false, rest),
                ("dns", rest) => {
                    let rest = rest.strip_prefix('/').ok_or_else(|| refuse("`dns:` has three slashes"))?;
                    (insecure, rest)
                }
                _ => return Err(refuse("it starts with none of `dns:///`, `https://` and `http://`")),
            },
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if authority.contains(['/', '?', '#']) {
            return Err(refuse("nothing can follow its port, not even a path"));
        }
        let (host, port) =
            split(authority).ok_or_else(|| refuse("an IPv6 address is written in brackets"))?;
        if !is_host(host) {
            return Err(refuse("its host is neither a name nor an address"));
        }
        let port = match port {
            None if insecure => 80,
            None => 443,
            Some(port) => number(port).ok_or_else(|| refuse("its port is no number from 1 to 65535"))?,
        };
        Ok(Self { insecure, host: host.to_owned(), port })
    }

    /// Whether it is this machine, or the one that runs this container.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        let loopback = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        loopback || host == "localhost" || host == "[::1]" || host.ends_with(".docker.internal")
    }

    /// The organization whose tenant it is on Union: the first part of a name of three or more.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let is_address = self.host.starts_with('[') || self.host.parse::<Ipv4Addr>().is_ok();
        let (tenant, rest) = self.host.split_once('.')?;
        (!is_address && rest.contains('.')).then_some(tenant)
    }
}

/// The host and the port, as they are written.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
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

fn number(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    port.parse().ok().filter(|&number| digits && number != 0)
}

fn bad(message: String) -> Error {
    Error::new(ErrorKind::Config, message).with_hint(HINT)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.insecure { ("http", 80) } else { ("https", 443) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str, insecure: bool) -> String {
        Endpoint::parse(text, insecure)
            .map_or_else(|error| error.to_string(), |endpoint| endpoint.to_string())
    }

    #[test]
    fn endpoints_are_written_in_many_ways() {
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
            assert_eq!(shows(text, false), secure);
            assert_eq!(shows(text, true), insecure);
        }
    }

    #[test]
    fn an_endpoint_is_a_host_and_a_port_and_nothing_else() {
        for (text, why) in [
            ("", "neither a name nor an address"),
            ("dns:///", "neither a name nor an address"),
            ("dns://flyte.example.com", "three slashes"),
            ("ftp://flyte.example.com", "starts with none of"),
            ("https://flyte.example.com/console", "nothing can follow"),
            ("https://flyte.example.com//", "nothing can follow"),
            ("flyte.example.com?x=1", "nothing can follow"),
            ("flyte.example.com#x", "nothing can follow"),
            ("flyte.example.com:", "its port"),
            ("flyte.example.com:0", "its port"),
            ("flyte.example.com:65536", "its port"),
            ("flyte.example.com:+80", "its port"),
            ("::1", "in brackets"),
            ("[::1", "in brackets"),
            ("[::1]x", "in brackets"),
            ("[flyte]", "neither a name nor an address"),
            ("flyte example.com", "neither a name nor an address"),
            ("flyte..example.com", "neither a name nor an address"),
            ("flyte.example.com\r\nx: y", "neither a name nor an address"),
            ("flÿte.example.com", "neither a name nor an address"),
        ] {
            let error = Endpoint::parse(text, false).expect_err(text);
            assert!(error.to_string().contains(why), "{text}: {error}");
            assert!(!error.to_string().contains('\n') && error.hint().is_some());
        }
    }

    #[test]
    fn a_password_in_an_endpoint_is_refused_and_not_repeated() {
        for text in ["https://me:hunter2@flyte.example.com", "hunter2@flyte.example.com"] {
            let message = shows(text, false);
            assert!(message.contains("`@`") && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_tenant_is_the_first_part_of_a_long_name() {
        let tenant = |text| Endpoint::parse(text, false).unwrap().tenant().map(str::to_owned);
        assert_eq!(tenant("acme.hosted.unionai.cloud").as_deref(), Some("acme"));
        for text in ["example.com", "localhost:30080", "10.0.0.7", "[fe80::1]"] {
            assert_eq!(tenant(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        let is_local = |text| Endpoint::parse(text, false).unwrap().is_local();
        for text in ["localhost:1", "127.0.0.1", "127.1.2.3", "[::1]", "host.docker.internal:8090"] {
            assert!(is_local(text), "{text}");
        }
        for text in ["localhost.example.com", "docker.example.com", "10.0.0.7", "registry.docker.com"] {
            assert!(!is_local(text), "{text}");
        }
    }
}
