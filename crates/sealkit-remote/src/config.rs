//! Where the cluster is and how one is let in, as the official tools have it written down.

use std::{fmt, path::PathBuf};

use zeroize::Zeroizing;

use crate::endpoint::Endpoint;

/// Where the cluster is and how one is let in.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it was read: a file, or a variable.
    pub origin: String,
    /// The control plane.
    pub endpoint: Endpoint,
    /// How the server proves who it is.
    pub tls: Tls,
    /// The URL of an HTTP proxy that is asked to connect, if there is one.
    pub http_proxy: Option<String>,
    /// How one is let in.
    pub auth: Auth,
    /// What is asked for beyond what the server suggests.
    pub scopes: Vec<String>,
    /// A command that prints a token for a proxy before the server.
    pub proxy_command: Vec<String>,
    /// The organization; empty if there is none.
    pub org: String,
    /// The project of runs.
    pub project: Option<String>,
    /// The domain of runs.
    pub domain: Option<String>,
    /// Where the console is, if not at the endpoint.
    pub console: Option<String>,
}

/// How a server proves who it is.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// It need not: whoever answers is trusted.
    pub skip_verify: bool,
    /// By a certificate of this PEM file, instead of those of the system.
    pub ca_cert: Option<PathBuf>,
}

/// How one is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// Everybody is.
    None,
    /// A person allows it in a browser on this machine.
    Pkce,
    /// A person allows it in a browser anywhere.
    DeviceFlow,
    /// By a secret of the client's.
    ClientSecret {
        /// Who the client is.
        client_id: String,
        /// Its secret.
        secret: ClientSecret,
    },
    /// By a token that a command prints.
    ExternalCommand(Vec<String>),
}

/// The secret of a client, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub(crate) Zeroizing<String>);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}
