//! Where the cluster is and how one is let in, as the official tools have it written down.

mod api_key;
mod console;
mod discovery;
mod file;
mod in_pod;
mod settings;
mod variables;
mod way;
mod words;

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use self::{api_key::ApiKey, settings::Settings, variables::Variables};
use crate::{endpoint::Endpoint, error::Result};

/// What the command line says, which counts more than anything else.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The file to read.
    pub config: Option<PathBuf>,
    /// The control plane.
    pub endpoint: Option<String>,
    /// Whether it is spoken to in the clear.
    pub insecure: bool,
    /// How one is let in.
    pub auth_type: Option<String>,
    /// The organization.
    pub org: Option<String>,
    /// The project of runs.
    pub project: Option<String>,
    /// The domain of runs.
    pub domain: Option<String>,
}

/// Where the cluster is and how one is let in.
#[derive(Clone)]
pub struct Config {
    /// What names the control plane: a file, a variable or an option.
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

impl Config {
    /// The configuration that the command line, the environment and the files of the official tools make up.
    ///
    /// `variable` looks up a variable, `directory` is the absolute working directory. What comes first counts:
    ///
    /// 1. What is `given`. `--endpoint` keeps whatever else is configured.
    /// 2. An API key, in `FLYTE_API_KEY`, `UNION_API_KEY`, `UNION_SERVERLESS_API_KEY` or
    ///    `UNIONAI_SERVERLESS_API_KEY`: its endpoint and its client. What a file says of the safety of its own
    ///    endpoint (`insecure`, `insecureSkipVerify`) does not count for this one.
    /// 3. Variables: `FLYTE_` and the key in a file, such as `FLYTE_ADMIN_ENDPOINT`, `FLYTE_ADMIN_INSECURE` or
    ///    `FLYTE_TASK_PROJECT`; `FLYTE_AUTH_TYPE`, `FLYTE_AUTH_COMMAND`, `FLYTE_AUTH_PROXY_COMMAND`; then those of
    ///    Flyte 1, such as `FLYTE_PLATFORM_URL` and `FLYTE_CREDENTIALS_CLIENT_ID`. They count without any
    ///    file, too. An empty one is not set.
    /// 4. One file, the first there is: the one that is given, `config.yaml` and `.flyte/config.yaml` in
    ///    `directory`, `.flyte/config.yaml` at the root of its git repository, the one in `UCTL_CONFIG`,
    ///    `FLYTECTL_CONFIG`, `UNION_CONFIG` or `UNIONAI_CONFIG`, and `.union/config.yaml`, `.flyte/config.yaml` and
    ///    `.uctl/config.yaml` in the home directory. Many programs have a `config.yaml`: one that says nothing
    ///    below `admin` or `task` is passed over.
    ///
    /// Relative paths start in `directory`.
    ///
    /// # Errors
    ///
    /// When no endpoint is named anywhere, or what is configured is wrong or cannot be read.
    pub fn discover(
        given: &Given,
        variable: &dyn Fn(&str) -> Option<OsString>,
        directory: &Path,
    ) -> Result<Self> {
        let variables = Variables(variable);
        let mut found = discovery::find(given.config.as_deref(), variables, directory)?;
        let key = variables.first(&variables::API_KEYS)?;
        let key = key.map(|(name, key)| (name, Zeroizing::new(key)));
        let decoded = |(name, key): (_, _)| ApiKey::decode(name, key).map(|decoded| (name, decoded));
        let key = key.as_ref().map(|(name, key)| decoded((*name, key))).transpose()?;
        if key.is_some() && given.endpoint.is_none() {
            (found.file.admin.insecure, found.file.admin.insecure_skip_verify) = (None, None);
        }
        let path = found.path.take();
        let mut settings = Settings::read(std::mem::take(&mut found.file), path.as_deref(), variables)?;

        let insecure = given.insecure || settings.insecure;
        let (origin, endpoint) = match (&given.endpoint, &key, settings.endpoint.take()) {
            (Some(text), ..) => ("--endpoint".to_owned(), Endpoint::parse(text, insecure)?),
            (None, Some((name, key)), _) => ((*name).to_owned(), Endpoint::parse(&key.endpoint, insecure)?),
            (None, None, Some((origin, text))) => {
                let endpoint = Endpoint::parse(&text, insecure);
                let endpoint = endpoint.map_err(|error| error.of(&origin))?;
                (origin, endpoint)
            }
            (None, None, None) => return Err(found.no_endpoint(path.as_deref())),
        };

        let key = key.map(|(_, key)| key);
        let org = given.org.clone().or_else(|| key.as_ref()?.org.clone());
        let auth = match key {
            // Nothing secret is sent in the clear.
            _ if endpoint.insecure => Auth::None,
            Some(key) => Auth::ClientSecret { client_id: key.client_id, secret: key.secret },
            None => settings.auth(given.auth_type.as_deref(), variables, directory)?.unwrap_or(Auth::Pkce),
        };
        // Union's tenants are called after their organizations.
        let org = org.or(settings.org.take()).or_else(|| endpoint.tenant().map(str::to_owned));
        settings.project = given.project.clone().or(settings.project);
        settings.domain = given.domain.clone().or(settings.domain);
        settings.into_config(origin, endpoint, auth, org, directory)
    }
}

/// Neither the arguments of commands nor the user of a proxy are shown: they can be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("origin", &self.origin)
            .field("endpoint", &self.endpoint)
            .field("tls", &self.tls)
            .field("has_http_proxy", &self.http_proxy.is_some())
            .field("auth", &self.auth)
            .field("scopes", &self.scopes)
            .field("proxy_command", &self.proxy_command.first())
            .field("org", &self.org)
            .field("project", &self.project)
            .field("domain", &self.domain)
            .field("console", &self.console)
            .finish()
    }
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
#[derive(Clone, PartialEq, Eq)]
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

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Pkce => f.write_str("Pkce"),
            Self::DeviceFlow => f.write_str("DeviceFlow"),
            Self::ClientSecret { client_id, secret } => {
                f.debug_struct("ClientSecret").field("client_id", client_id).field("secret", secret).finish()
            }
            Self::ExternalCommand(command) => {
                f.debug_tuple("ExternalCommand").field(&command.first()).finish()
            }
        }
    }
}

/// The secret of a client, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub(crate) Zeroizing<String>);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn key(text: &str) -> String {
        STANDARD.encode(text)
    }

    fn discover(given: &Given, variables: &[(&str, &str)], file: &str) -> Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.yaml"), file).unwrap();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Config::discover(given, &variable, directory.path())
    }

    const FILE: &str =
        "admin:\n  endpoint: dns:///file.acme.com\n  insecure: true\ntask: {project: p, domain: d}\n";

    #[test]
    fn the_command_line_beats_keys_which_beat_variables_which_beat_files() {
        let key = key("key.acme.com:id:hunter2:");
        let variable = ("FLYTE_ADMIN_ENDPOINT", "variable.acme.com");
        let with = |given: Option<&str>, variables: &[(&str, &str)]| {
            let given = Given { endpoint: given.map(str::to_owned), ..Given::default() };
            let config = discover(&given, variables, FILE).unwrap();
            assert_eq!((config.project.as_deref(), config.domain.as_deref()), (Some("p"), Some("d")));
            config.endpoint.to_string()
        };
        assert_eq!(with(None, &[]), "http://file.acme.com");
        assert_eq!(with(None, &[variable]), "http://variable.acme.com");
        // The file does not say how safe the endpoint of a key is.
        assert_eq!(with(None, &[variable, ("UNION_API_KEY", &key)]), "https://key.acme.com");
        assert_eq!(
            with(Some("given.acme.com"), &[variable, ("UNION_API_KEY", &key)]),
            "http://given.acme.com"
        );
    }

    #[test]
    fn variables_count_without_a_file() {
        let variables = [("FLYTE_ADMIN_ENDPOINT", "localhost:30080"), ("FLYTE_PLATFORM_INSECURE", "yes")];
        let config = discover(&Given::default(), &variables, "").unwrap();
        assert_eq!(config.endpoint.to_string(), "http://localhost:30080");
        assert_eq!((config.origin.as_str(), &config.auth), ("FLYTE_ADMIN_ENDPOINT", &Auth::None));
    }

    #[test]
    fn an_organization_is_given_or_in_the_key_or_in_the_file_or_in_the_name_of_the_host() {
        let org = |given: Option<&str>, key_says: Option<&str>, file_says: &str| {
            let given = Given { org: given.map(str::to_owned), ..Given::default() };
            let key = key_says.map(key);
            let variables: Vec<_> = key.iter().map(|key| ("FLYTE_API_KEY", key.as_str())).collect();
            discover(&given, &variables, file_says).unwrap().org
        };
        let file = "admin: {endpoint: acme.unionai.cloud}\ntask: {org: file}\n";
        assert_eq!(org(Some("given"), Some("key.acme.com:id:s:in-key"), file), "given");
        assert_eq!(org(None, Some("key.acme.com:id:s:in-key"), file), "in-key");
        assert_eq!(org(None, Some("key.acme.com:id:s:None"), file), "file");
        assert_eq!(org(None, None, "admin: {endpoint: acme.unionai.cloud}"), "acme");
        assert_eq!(org(None, None, "admin: {endpoint: localhost}"), "");
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = key("key.acme.com:id:hunter2:org");
        let file = "admin:\n  httpProxyURL: http://me:hunter2@proxy:3128\n  proxyCommand: [print, hunter2]\n";
        let config = discover(&Given::default(), &[("FLYTE_API_KEY", &key)], file).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        let auth = Auth::ExternalCommand(vec!["print".to_owned(), "hunter2".to_owned()]);
        assert!(!format!("{auth:?}").contains("hunter2"), "{auth:?}");
    }
}
