//! HTTP proxies that are asked to connect.

use std::{env, fmt, net::IpAddr};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::Uri;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zeroize::Zeroizing;

use super::{dial::bare, failure::Failure};
use crate::{
    config::Config,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

const URL: &str = "it looks like `http://HOST:PORT`, or `http://USER:PASSWORD@HOST:PORT`";

/// Which proxy is asked, if any.
pub(super) struct Proxies {
    /// One of the environment that makes no sense matters only to who needs it.
    proxy: Option<Result<Proxy, String>>,
    /// Whether it is from the environment, which means servers with TLS on other machines only.
    ambient: bool,
    /// `NO_PROXY`.
    except: String,
}

/// A proxy.
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// What it is told about who asks.
    authorization: Option<Zeroizing<String>>,
    /// Where it was read.
    origin: String,
}

impl Proxies {
    /// The proxy of the configuration, or else the one that other programs of this machine use.
    pub(super) fn new(config: &Config) -> Result<Self> {
        let except = variable(["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default();
        Self::of_all(config, variable(["HTTPS_PROXY", "https_proxy"]), except)
    }

    fn of_all(config: &Config, ambient: Option<(&str, String)>, except: String) -> Result<Self> {
        if let Some(url) = &config.http_proxy {
            let proxy = Proxy::parse(url, &config.origin);
            let proxy = proxy.map_err(|what| Error::new(ErrorKind::Config, what).with_hint(URL))?;
            return Ok(Self { proxy: Some(Ok(proxy)), ambient: false, except: String::new() });
        }
        let proxy = ambient.map(|(origin, url)| Proxy::parse(&url, origin));
        Ok(Self { proxy, ambient: true, except })
    }

    /// The proxy that is asked to connect to `to`.
    pub(super) fn of(&self, to: &Endpoint) -> Result<Option<&Proxy>, Failure> {
        let host = bare(&to.host);
        let spared = || to.insecure || is_here(host) || is_excepted(&self.except, host);
        match &self.proxy {
            None => Ok(None),
            Some(_) if self.ambient && spared() => Ok(None),
            Some(Ok(proxy)) => Ok(Some(proxy)),
            Some(Err(what)) => Err(Failure::new(ErrorKind::Config, what, URL)),
        }
    }
}

fn variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| {
        env::var(name).ok().filter(|value| !value.trim().is_empty()).map(|value| (name, value))
    })
}

/// Whether a host is this machine.
pub(crate) fn is_here(host: &str) -> bool {
    let host = bare(host);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether `NO_PROXY` names a host, or a domain that it is in.
fn is_excepted(except: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    except.split(',').map(|name| name.trim().to_ascii_lowercase()).any(|name| {
        let name = name.strip_prefix('*').unwrap_or(&name);
        let domain = name.strip_prefix('.').unwrap_or(name);
        // Nothing but `*` is every host.
        match host.strip_suffix(domain) {
            Some(_) if domain.is_empty() => except.contains('*') && name.is_empty(),
            Some(rest) => rest.is_empty() || rest.ends_with('.'),
            None => false,
        }
    })
}

impl Proxy {
    /// The error may be shown: the URL, which may have a password, is never repeated.
    fn parse(url: &str, origin: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("the URL of the proxy, of `{origin}`, {what}");
        let url = url.trim();
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let uri: Uri = Zeroizing::new(full).parse().map_err(|_| wrong("makes no sense"))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong("is not of a proxy that speaks HTTP"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        let authorization = authority.as_str().rsplit_once('@').map(|(who, _)| {
            let who = Zeroizing::new(percent_encoding::percent_decode_str(who).collect::<Vec<u8>>());
            Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(&who)))
        });
        let host = bare(authority.host()).to_owned();
        if host.is_empty() {
            return Err(wrong("has no host"));
        }
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), authorization, origin: origin.to_owned() })
    }

    /// Asks the proxy to connect.
    pub(super) async fn tunnel(&self, mut stream: TcpStream, to: &Endpoint) -> Result<TcpStream, Failure> {
        let Endpoint { host, port, .. } = to;
        let mut request =
            Zeroizing::new(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"));
        if let Some(authorization) = &self.authorization {
            *request = format!("{}Proxy-Authorization: {}\r\n", *request, **authorization);
        }
        request.push_str("\r\n");
        let broken = |error: std::io::Error| Failure::io(&error).at(self);
        stream.write_all(request.as_bytes()).await.map_err(broken)?;
        let mut head = Vec::new();
        // Byte for byte: what follows the answer is the server's already.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= 8 << 10 {
                return Err(Failure::not_http(self));
            }
            head.push(stream.read_u8().await.map_err(broken)?);
        }
        let head = String::from_utf8_lossy(&head);
        let line = head.lines().next().unwrap_or_default();
        let Some((version, status)) = line.split_once(' ') else { return Err(Failure::not_http(self)) };
        match status.get(..3).and_then(|status| status.parse().ok()) {
            Some(200..300) => Ok(stream),
            Some(status @ 100..600) if version.starts_with("HTTP/1.") => Err(Failure::refused(self, status)),
            _ => Err(Failure::not_http(self)),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy `{}:{}` (of `{}`)", self.host, self.port, self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Auth, fake::config};

    #[test]
    fn a_proxy_of_the_environment_is_for_servers_elsewhere_with_tls() {
        let of = |configured: Option<&str>, url: &str, except: &str| {
            let (insecure, rest) = (url.starts_with("http:"), url.split_once("//").unwrap().1);
            let to = Endpoint { insecure, host: rest.into(), port: 1 };
            let mut config = config(&to, Auth::None);
            config.http_proxy = configured.map(str::to_owned);
            let ambient = Some(("HTTPS_PROXY", "http://ambient:3128".to_owned()));
            let proxies = Proxies::of_all(&config, ambient, except.into()).unwrap();
            proxies.of(&to).unwrap().map(|proxy| format!("{}:{}", proxy.host, proxy.port))
        };
        let ambient = Some("ambient:3128".to_owned());
        assert_eq!(of(None, "https://a.example.com", ""), ambient);
        assert_eq!(of(None, "https://a.example.com", "ample.com, b.example.com"), ambient);
        assert_eq!(of(None, "https://a.example.com", "x,EXAMPLE.com"), None);
        assert_eq!(of(None, "https://a.example.com", ".example.com"), None);
        assert_eq!(of(None, "https://a.example.com", "*"), None);
        for here in ["http://a.example.com", "https://localhost", "https://127.0.0.1", "https://[::1]"] {
            assert_eq!(of(None, here, ""), None, "{here}");
            assert_eq!(of(Some("proxy"), here, "*"), Some("proxy:80".into()), "{here}");
        }
        assert_eq!(of(Some("http://[::2]:9/"), "https://h", ""), Some("::2:9".into()));
        // One that makes no sense keeps nobody from what is here.
        let to = |insecure| Endpoint { insecure, host: "h".into(), port: 1 };
        let ambient = Some(("HTTPS_PROXY", "socks5://h".to_owned()));
        let proxies = Proxies::of_all(&config(&to(true), Auth::None), ambient, String::new()).unwrap();
        assert!(proxies.of(&to(true)).unwrap().is_none());
        let failure = proxies.of(&to(false)).err().unwrap();
        assert!(failure.to_string().ends_with("is not of a proxy that speaks HTTP"), "{failure}");
    }

    #[test]
    fn the_url_of_a_proxy_that_makes_no_sense_is_not_repeated() {
        for url in
            ["", "http://", "https://me:s3cret@h", "http://me:s3cret@", "socks5://h", "http://me:s3 cret@h"]
        {
            let text = Proxy::parse(url, "HTTPS_PROXY").err().unwrap();
            assert!(
                text.starts_with("the URL of the proxy, of `HTTPS_PROXY`, ") && !text.contains("s3"),
                "{text}"
            );
        }
    }
}
