//! Names of images: `REGISTRY/NAME[:TAG]`.

use std::{fmt, str::FromStr};

use sealkit_remote::is_loopback;

use crate::{
    digest::Digest,
    error::{Error, Result},
};

/// The name of an image in a registry: `REGISTRY/NAME[:TAG]`.
///
/// A registry on this machine is plain HTTP, and so is one after `http://`; all others are HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    name: String,
    tag: Option<String>,
    is_plain: bool,
}

impl Reference {
    /// Returns the registry, as in the reference.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the host of the registry, without its port.
    pub(crate) fn host(&self) -> &str {
        host_of(&self.registry).unwrap_or(&self.registry)
    }

    /// Returns the tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the reference to one image by its digest.
    pub fn pinned(&self, digest: Digest) -> String {
        format!("{}/{}@{digest}", self.registry, self.name)
    }

    /// Returns the reference with another tag.
    #[must_use]
    pub(crate) fn with_tag(&self, tag: String) -> Self {
        Self { tag: Some(tag), ..self.clone() }
    }

    /// Returns the repository, as the registry names it.
    pub(crate) fn repository(&self) -> String {
        // Docker Hub stores official images in `library`.
        let is_official = self.is_docker_hub() && !self.name.contains('/');
        if is_official { format!("library/{}", self.name) } else { self.name.clone() }
    }

    /// Returns the scheme, the host and the port of the registry's API.
    pub(crate) fn origin(&self) -> String {
        let host = if self.is_docker_hub() { "registry-1.docker.io" } else { &self.registry };
        let scheme = if self.is_plain { "http" } else { "https" };
        format!("{scheme}://{host}")
    }

    /// Returns the URL of the registry's API for the repository.
    pub(crate) fn url(&self) -> String {
        format!("{}/v2/{}", self.origin(), self.repository())
    }

    /// Returns whether the registry is plain HTTP.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Returns the name of the registry in Docker's configuration.
    pub(crate) fn credentials_key(&self) -> &str {
        if self.is_docker_hub() { "https://index.docker.io/v1/" } else { &self.registry }
    }

    fn is_docker_hub(&self) -> bool {
        ["docker.io", "index.docker.io"].contains(&&*self.registry)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.name)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = |reason: &str| {
            Error::usage(format!("invalid name of an image: `{}`: {reason}", sealkit_names::escape(text)))
                .with_hint("write REGISTRY/NAME or REGISTRY/NAME:TAG, such as ghcr.io/me/app:1")
        };
        let (scheme, rest) =
            text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
        // The text before `@` may be a password, so the message does not repeat it.
        if rest.split('/').next().is_some_and(|registry| registry.contains('@')) {
            return Err(Error::usage("invalid name of an image: `@` is not allowed in the registry")
                .with_hint("log in to the registry: docker login REGISTRY"));
        }
        if !matches!(scheme, None | Some("http" | "https")) {
            return Err(invalid("the scheme is neither `http` nor `https`"));
        }
        let (registry, path) = rest.split_once('/').ok_or_else(|| invalid("it names no registry"))?;
        let host = host_of(registry).ok_or_else(|| invalid("the registry is not a host and a port"))?;
        if host != "localhost" && !registry.contains(['.', ':']) {
            return Err(
                invalid("it names no registry").with_hint(format!("for Docker Hub: docker.io/{rest}"))
            );
        }
        if path.contains('@') {
            return Err(invalid("the digest follows from the content"));
        }
        let (name, tag) = path.split_once(':').map_or((path, None), |(name, tag)| (name, Some(tag)));
        if !name.split('/').all(is_name) {
            return Err(invalid(
                "the name is not lower case letters and digits, with `.`, `_`, `-` or `/` between them",
            ));
        }
        if !tag.is_none_or(is_tag) {
            return Err(invalid("the tag is not 1 to 128 letters, digits, `.`, `_` or `-`"));
        }
        let is_plain = scheme.map_or_else(|| is_loopback(host), |scheme| scheme == "http");
        Ok(Self {
            registry: registry.to_owned(),
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            is_plain,
        })
    }
}

/// Returns the host of `HOST` or `HOST:PORT`, with the brackets of an IPv6 address.
fn host_of(registry: &str) -> Option<&str> {
    let end = registry.find(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match registry[end..].split_once(':') {
        Some((host, port)) => (&registry[..end + host.len()], Some(port)),
        None => (registry, None),
    };
    let is_address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match is_address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        }
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    (is_host && is_port).then_some(host)
}

/// Returns whether this is a component of a name: lower case letters and digits, with separators between them.
fn is_name(component: &str) -> bool {
    let is_separator = |c: char| "._-".contains(c);
    !component.is_empty()
        && !component.starts_with(is_separator)
        && !component.ends_with(is_separator)
        && component.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || is_separator(c))
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn a_reference_names_a_registry_a_repository_and_a_tag() {
        let reference = parse("ghcr.io/me/app:v1.2");
        assert_eq!(reference.url(), "https://ghcr.io/v2/me/app");
        assert_eq!((reference.credentials_key(), reference.tag()), ("ghcr.io", Some("v1.2")));
        assert_eq!(reference.to_string(), "ghcr.io/me/app:v1.2");
        let digest = Digest::of(b"");
        assert_eq!(reference.pinned(digest), format!("ghcr.io/me/app@{digest}"));
        assert_eq!(parse("my.registry:5000/app").tag(), None);
    }

    #[test]
    fn registries_on_this_machine_and_those_after_http_are_plain() {
        for (text, url) in [
            ("localhost:5000/app", "http://localhost:5000/v2/app"),
            ("127.0.0.1:5000/app", "http://127.0.0.1:5000/v2/app"),
            ("[::1]:5000/app", "http://[::1]:5000/v2/app"),
            ("http://registry.lan/app", "http://registry.lan/v2/app"),
            ("https://localhost/app", "https://localhost/v2/app"),
            ("localhost.example.com/app", "https://localhost.example.com/v2/app"),
        ] {
            assert_eq!(parse(text).url(), url, "{text}");
        }
    }

    #[test]
    fn docker_hub_has_other_names_for_itself() {
        let reference = parse("docker.io/app");
        assert_eq!(reference.url(), "https://registry-1.docker.io/v2/library/app");
        assert_eq!(reference.credentials_key(), "https://index.docker.io/v1/");
        assert_eq!(reference.to_string(), "docker.io/app");
    }

    #[test]
    fn invalid_references_are_refused() {
        for text in [
            "",
            "app",
            "me/app",
            "ghcr.io/",
            "ghcr.io/Me/app",
            "ghcr.io/me//app",
            "ghcr.io/../app",
            "ghcr.io/app:",
            "ghcr.io/app:a b",
            "ghcr.io/app:-",
            "ghcr.io:x/app",
            "ghcr.io:0/app",
            "user@ghcr.io/app",
            "ghcr.io/app@sha256:00",
            "ftp://ghcr.io/app",
            "[::g]:1/app",
            "gh\ncr.io/app",
            "]:1/app",
        ] {
            assert!(text.parse::<Reference>().unwrap_err().is_usage(), "{text}");
        }
        let error = "me:s3cret@ghcr.io/app".parse::<Reference>().unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert_eq!(
            "me/app".parse::<Reference>().unwrap_err().hint(),
            Some("for Docker Hub: docker.io/me/app")
        );
    }
}
