//! HTTP proxies that tunnel connections with `CONNECT`.

use std::{env, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zeroize::Zeroizing;

use super::error::ConnectionError;
use crate::{
    config::Config,
    endpoint::{Endpoint, is_loopback, strip_brackets},
    error::{Error, ErrorKind, Result},
};

const HINT: &str = "use `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`";

/// The proxy of the configuration or of the environment, and the servers to bypass it for.
pub(super) struct ProxySettings {
    /// An invalid URL in the environment is an error only for servers that need the proxy.
    proxy: Option<Result<Proxy, String>>,
    /// Whether the proxy comes from the environment. Such a proxy applies only to remote servers with TLS.
    is_from_environment: bool,
    /// The value of `NO_PROXY`.
    no_proxy: String,
}

/// A proxy.
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<Zeroizing<String>>,
    /// The variable or file that the URL comes from.
    origin: String,
}

impl ProxySettings {
    /// Reads the proxy from the configuration or else from the environment.
    pub(super) fn new(config: &Config) -> Result<Self> {
        let Some(url) = &config.http_proxy else { return Ok(Self::from_environment()) };
        let proxy = Proxy::parse(url, &config.origin);
        let proxy = proxy.map_err(|message| Error::new(ErrorKind::Config, message).with_hint(HINT))?;
        Ok(Self { proxy: Some(Ok(proxy)), is_from_environment: false, no_proxy: String::new() })
    }

    /// Reads the proxy from the environment.
    pub(super) fn from_environment() -> Self {
        let no_proxy = first_variable(["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default();
        Self::from_variables(first_variable(["HTTPS_PROXY", "https_proxy"]), no_proxy)
    }

    fn from_variables(variable: Option<(&str, String)>, no_proxy: String) -> Self {
        let proxy = variable.map(|(origin, url)| Proxy::parse(&url, origin));
        Self { proxy, is_from_environment: true, no_proxy }
    }

    /// Returns the proxy for connections to `server`, if any.
    pub(super) fn for_server(&self, server: &Endpoint) -> Result<Option<&Proxy>, ConnectionError> {
        let host = strip_brackets(&server.host);
        let is_bypassed = || server.insecure || is_loopback(host) || matches_no_proxy(&self.no_proxy, server);
        match &self.proxy {
            None => Ok(None),
            Some(_) if self.is_from_environment && is_bypassed() => Ok(None),
            Some(Ok(proxy)) => Ok(Some(proxy)),
            Some(Err(message)) => Err(ConnectionError::new(ErrorKind::Config, message, HINT)),
        }
    }
}

fn first_variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| {
        env::var(name).ok().filter(|value| !value.trim().is_empty()).map(|value| (name, value))
    })
}

/// Returns whether `no_proxy` contains a host, its network or one of its parent domains.
fn matches_no_proxy(no_proxy: &str, server: &Endpoint) -> bool {
    // `*.example.com` is a usual spelling of `.example.com`, and the matcher knows only the latter.
    let matcher = Matcher::builder().all("proxy").no(no_proxy.replace("*.", ".")).build();
    let uri = Uri::builder().scheme("https").authority(server.host.as_str()).path_and_query("/").build();
    uri.is_ok_and(|uri| matcher.intercept(&uri).is_none())
}

impl Proxy {
    /// Parses the URL of a proxy. The error message does not contain the URL, which may contain a password.
    fn parse(url: &str, origin: &str) -> Result<Self, String> {
        let invalid = |reason: &str| format!("invalid proxy URL (from `{origin}`): {reason}");
        let url = url.trim();
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = Zeroizing::new(full).parse().map_err(|_| invalid("not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(invalid("only `http://` proxies are supported"));
        }
        let authority = uri.authority().ok_or_else(|| invalid("no host"))?;
        let authorization = authority.as_str().rsplit_once('@').map(|(user, _)| {
            let user = Zeroizing::new(percent_encoding::percent_decode_str(user).collect::<Vec<u8>>());
            Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(&user)))
        });
        let host = strip_brackets(authority.host()).to_owned();
        if host.is_empty() {
            return Err(invalid("no host"));
        }
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), authorization, origin: origin.to_owned() })
    }

    /// Asks the proxy to connect to `server`.
    pub(super) async fn tunnel(
        &self,
        mut stream: TcpStream,
        server: &Endpoint,
    ) -> Result<TcpStream, ConnectionError> {
        let Endpoint { host, port, .. } = server;
        let mut request =
            Zeroizing::new(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"));
        if let Some(authorization) = &self.authorization {
            *request = format!("{}Proxy-Authorization: {}\r\n", *request, **authorization);
        }
        request.push_str("\r\n");
        let failed = |error: std::io::Error| ConnectionError::from_io(&error).at_proxy(self);
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut head = Vec::new();
        // Reads single bytes, because the bytes after the head belong to the tunnelled connection.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= 8 << 10 {
                return Err(ConnectionError::not_an_http_proxy(self));
            }
            head.push(stream.read_u8().await.map_err(failed)?);
        }
        let head = String::from_utf8_lossy(&head);
        let line = head.lines().next().unwrap_or_default();
        let Some((version, status)) = line.split_once(' ') else {
            return Err(ConnectionError::not_an_http_proxy(self));
        };
        match status.get(..3).and_then(|status| status.parse().ok()) {
            Some(200..300) => Ok(stream),
            Some(status @ 100..600) if version.starts_with("HTTP/1.") => {
                Err(ConnectionError::rejected_by_proxy(self, status))
            }
            _ => Err(ConnectionError::not_an_http_proxy(self)),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy `{}:{}` (from `{}`)", self.host, self.port, self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::AuthMethod, test_server::config};

    #[test]
    fn a_proxy_from_the_environment_applies_to_remote_servers_with_tls() {
        let proxy_for = |configured: Option<&str>, url: &str, no_proxy: &str| {
            let (insecure, rest) = (url.starts_with("http:"), url.split_once("//").unwrap().1);
            let to = Endpoint { insecure, host: rest.into(), port: 1 };
            let variable = Some(("HTTPS_PROXY", "http://environment:3128".to_owned()));
            let mut config = config(&to, AuthMethod::None);
            config.http_proxy = configured.map(str::to_owned);
            let proxies = match configured {
                Some(_) => ProxySettings::new(&config).unwrap(),
                None => ProxySettings::from_variables(variable, no_proxy.into()),
            };
            proxies.for_server(&to).unwrap().map(|proxy| format!("{}:{}", proxy.host, proxy.port))
        };
        let expected = Some("environment:3128".to_owned());
        assert_eq!(proxy_for(None, "https://a.example.com", ""), expected);
        assert_eq!(proxy_for(None, "https://a.example.com", "ample.com, b.example.com"), expected);
        assert_eq!(proxy_for(None, "https://a.example.com", "x,EXAMPLE.com"), None);
        assert_eq!(proxy_for(None, "https://a.example.com", ".example.com"), None);
        assert_eq!(proxy_for(None, "https://a.example.com", "x, *.example.com"), None);
        assert_eq!(proxy_for(None, "https://a.example.com", "*"), None);
        assert_eq!(proxy_for(None, "https://10.1.2.3", "10.1.0.0/16"), None);
        assert_eq!(proxy_for(None, "https://[fd00::1]", "fd00::/8"), None);
        assert_eq!(proxy_for(None, "https://10.1.2.3", "10.2.0.0/16,fd00::/8"), expected);
        for bypassed in ["http://a.example.com", "https://localhost", "https://127.0.0.1", "https://[::1]"] {
            assert_eq!(proxy_for(None, bypassed, ""), None, "{bypassed}");
            assert_eq!(proxy_for(Some("proxy"), bypassed, "*"), Some("proxy:80".into()), "{bypassed}");
        }
        assert_eq!(proxy_for(Some("http://[::2]:9/"), "https://h", ""), Some("::2:9".into()));
        // An invalid proxy URL matters only for servers that need the proxy.
        let to = |insecure| Endpoint { insecure, host: "h".into(), port: 1 };
        let variable = Some(("HTTPS_PROXY", "socks5://h".to_owned()));
        let proxies = ProxySettings::from_variables(variable, String::new());
        assert!(proxies.for_server(&to(true)).unwrap().is_none());
        let error = proxies.for_server(&to(false)).err().unwrap();
        assert!(error.to_string().ends_with("only `http://` proxies are supported"), "{error}");
    }

    #[test]
    fn an_invalid_proxy_url_is_not_repeated_in_the_error() {
        for url in
            ["", "http://", "https://me:s3cret@h", "http://me:s3cret@", "socks5://h", "http://me:s3 cret@h"]
        {
            let text = Proxy::parse(url, "HTTPS_PROXY").err().unwrap();
            assert!(
                text.starts_with("invalid proxy URL (from `HTTPS_PROXY`): ") && !text.contains("s3"),
                "{text}"
            );
        }
    }
}
