//! The configuration of a cluster, as the official tools read it: endpoint, authentication, project and domain.

mod api_key;
mod auth_type;
mod console;
mod discovery;
mod file;
mod in_pod;
mod new_file;
mod report;
mod settings;
mod values;
mod variables;

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

pub use report::{ConfigReport, SettingReport};

use self::{api_key::ApiKey, settings::Settings, variables::Variables};
use crate::{endpoint::Endpoint, error::Result};

/// Options of the command line, which override all other configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigOverrides {
    /// The configuration file to read.
    pub config: Option<PathBuf>,
    /// The endpoint of the control plane.
    pub endpoint: Option<String>,
    /// Whether to connect without TLS.
    pub insecure: bool,
    /// The authentication type.
    pub auth_type: Option<String>,
    /// The organization.
    pub org: Option<String>,
    /// The project of runs.
    pub project: Option<String>,
    /// The domain of runs.
    pub domain: Option<String>,
}

/// The configuration of a cluster.
#[derive(Clone)]
pub struct Config {
    /// Where the endpoint is configured: the name of a file, a variable or an option.
    pub origin: String,
    /// The endpoint of the control plane.
    pub endpoint: Endpoint,
    /// How to verify the certificate of the server.
    pub tls: Tls,
    /// The URL of an HTTP proxy to connect through.
    pub http_proxy: Option<String>,
    /// The authentication method.
    pub auth: AuthMethod,
    /// The scopes to request. If empty, the scopes that the server suggests are requested.
    pub scopes: Vec<String>,
    /// A command that prints a token for an authenticating proxy in front of the server.
    pub proxy_command: Vec<String>,
    /// The organization, or an empty string.
    pub org: String,
    /// The project of runs.
    pub project: Option<String>,
    /// The domain of runs.
    pub domain: Option<String>,
    /// The URL of the console, if it is not at the endpoint.
    pub console: Option<String>,
    /// The registry that images of programs are pushed to: `image.registry`.
    pub registry: Option<String>,
    /// The image that runs uploaded programs: `image.image_refs.sealkit`.
    pub base_image: Option<String>,
}

impl Config {
    /// Reads the configuration from the command line, the environment and the files of the official tools.
    ///
    /// `variable` looks up an environment variable, and `directory` is the absolute working directory. In order of precedence:
    ///
    /// 1. `overrides`. `--endpoint` leaves the rest of the configuration in effect.
    /// 2. An API key in `FLYTE_API_KEY`, `UNION_API_KEY`, `UNION_SERVERLESS_API_KEY` or
    ///    `UNIONAI_SERVERLESS_API_KEY`: its endpoint and its client. The TLS settings of a file (`insecure`,
    ///    `insecureSkipVerify`) do not apply to the endpoint of an API key.
    /// 3. Environment variables: `FLYTE_` and the key in a file, such as `FLYTE_ADMIN_ENDPOINT`, `FLYTE_ADMIN_INSECURE` or
    ///    `FLYTE_TASK_PROJECT`; `FLYTE_AUTH_TYPE`, `FLYTE_AUTH_COMMAND`, `FLYTE_AUTH_PROXY_COMMAND`; then those of
    ///    Flyte 1, such as `FLYTE_PLATFORM_URL` and `FLYTE_CREDENTIALS_CLIENT_ID`. They also apply without a file. Empty
    ///    variables are ignored.
    /// 4. The first file that exists: the one that `overrides` names, `config.yaml` and `.flyte/config.yaml` in
    ///    `directory`, `.flyte/config.yaml` at the root of its git repository, the one in `UCTL_CONFIG`,
    ///    `FLYTECTL_CONFIG`, `UNION_CONFIG` or `UNIONAI_CONFIG`, and `.union/config.yaml`, `.flyte/config.yaml` and
    ///    `.uctl/config.yaml` in the home directory. Many programs have a `config.yaml`: one without settings below `admin`
    ///    or `task` is skipped.
    ///
    /// Relative paths are relative to `directory`.
    ///
    /// # Errors
    ///
    /// Returns an error if no endpoint is configured, or the configuration is invalid or cannot be read.
    pub fn discover(
        overrides: &ConfigOverrides,
        variable: &dyn Fn(&str) -> Option<OsString>,
        directory: &Path,
    ) -> Result<Self> {
        let variables = Variables(variable);
        let mut found = discovery::find(overrides.config.as_deref(), variables, directory)?;
        let key = variables.first(&variables::API_KEYS)?;
        let key = key.map(|(name, key)| (name, Zeroizing::new(key)));
        let decode = |(name, key): (_, _)| ApiKey::decode(name, key).map(|decoded| (name, decoded));
        let key = key.as_ref().map(|(name, key)| decode((*name, key))).transpose()?;
        if key.is_some() && overrides.endpoint.is_none() {
            (found.file.admin.insecure, found.file.admin.insecure_skip_verify) = (None, None);
        }
        let path = found.path.take();
        let mut settings = Settings::read(std::mem::take(&mut found.file), path.as_deref(), variables)?;

        let insecure = overrides.insecure || settings.insecure;
        let (origin, endpoint) = match (&overrides.endpoint, &key, settings.endpoint.take()) {
            (Some(text), ..) => ("--endpoint".to_owned(), Endpoint::parse(text, insecure)?),
            (None, Some((name, key)), _) => ((*name).to_owned(), Endpoint::parse(&key.endpoint, insecure)?),
            (None, None, Some((origin, text))) => {
                let endpoint = Endpoint::parse(&text, insecure);
                let endpoint = endpoint.map_err(|error| error.with_origin(&origin))?;
                (origin, endpoint)
            }
            (None, None, None) => return Err(found.no_endpoint_error(path.as_deref())),
        };

        let key = key.map(|(_, key)| key);
        let org = overrides.org.clone().or_else(|| key.as_ref()?.org.clone());
        let auth = match key {
            // Without TLS, no secret is sent.
            _ if endpoint.insecure => AuthMethod::None,
            Some(key) => AuthMethod::ClientSecret { client_id: key.client_id, secret: key.secret },
            None => settings
                .auth_method(overrides.auth_type.as_deref(), variables, directory)?
                .unwrap_or(AuthMethod::Pkce),
        };
        // On Union, the first label of the host name is the organization.
        let org = org.or(settings.org.take()).or_else(|| endpoint.tenant().map(str::to_owned));
        settings.project = overrides.project.clone().or(settings.project);
        settings.domain = overrides.domain.clone().or(settings.domain);
        settings.into_config(origin, endpoint, auth, org, directory)
    }
}

/// Leaves out the arguments of commands and the URL of the proxy, which may contain secrets.
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
            .field("registry", &self.registry)
            .field("base_image", &self.base_image)
            .finish()
    }
}

/// How to verify the certificate of the server.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Skip the verification.
    pub skip_verify: bool,
    /// The PEM file of root certificates that replaces those of the system.
    pub ca_cert: Option<PathBuf>,
}

/// The authentication method.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// No authentication.
    None,
    /// The user logs in with the browser of this machine (PKCE).
    Pkce,
    /// The user logs in with a browser on any machine (device flow).
    DeviceFlow,
    /// The client authenticates with a client secret.
    ClientSecret {
        /// The client ID.
        client_id: String,
        /// The client secret.
        secret: ClientSecret,
    },
    /// An external command prints a token.
    ExternalCommand(Vec<String>),
}

impl fmt::Debug for AuthMethod {
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

/// A client secret. Its `Debug` output is redacted.
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

    fn discover(overrides: &ConfigOverrides, variables: &[(&str, &str)], file: &str) -> Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.yaml"), file).unwrap();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Config::discover(overrides, &variable, directory.path())
    }

    const FILE: &str =
        "admin:\n  endpoint: dns:///file.acme.com\n  insecure: true\ntask: {project: p, domain: d}\n";

    #[test]
    fn the_command_line_overrides_api_keys_then_variables_then_files() {
        let key = key("key.acme.com:id:hunter2:");
        let variable = ("FLYTE_ADMIN_ENDPOINT", "variable.acme.com");
        let endpoint = |option: Option<&str>, variables: &[(&str, &str)]| {
            let overrides =
                ConfigOverrides { endpoint: option.map(str::to_owned), ..ConfigOverrides::default() };
            let config = discover(&overrides, variables, FILE).unwrap();
            assert_eq!((config.project.as_deref(), config.domain.as_deref()), (Some("p"), Some("d")));
            config.endpoint.to_string()
        };
        assert_eq!(endpoint(None, &[]), "http://file.acme.com");
        assert_eq!(endpoint(None, &[variable]), "http://variable.acme.com");
        // The TLS settings of the file do not apply to the endpoint of an API key.
        assert_eq!(endpoint(None, &[variable, ("UNION_API_KEY", &key)]), "https://key.acme.com");
        assert_eq!(
            endpoint(Some("option.acme.com"), &[variable, ("UNION_API_KEY", &key)]),
            "http://option.acme.com"
        );
    }

    #[test]
    fn variables_apply_without_a_file() {
        let variables = [("FLYTE_ADMIN_ENDPOINT", "localhost:30080"), ("FLYTE_PLATFORM_INSECURE", "yes")];
        let config = discover(&ConfigOverrides::default(), &variables, "").unwrap();
        assert_eq!(config.endpoint.to_string(), "http://localhost:30080");
        assert_eq!((config.origin.as_str(), &config.auth), ("FLYTE_ADMIN_ENDPOINT", &AuthMethod::None));
    }

    #[test]
    fn the_organization_comes_from_the_command_line_the_api_key_the_file_or_the_host_name() {
        let org = |option: Option<&str>, in_key: Option<&str>, file: &str| {
            let overrides = ConfigOverrides { org: option.map(str::to_owned), ..ConfigOverrides::default() };
            let key = in_key.map(key);
            let variables: Vec<_> = key.iter().map(|key| ("FLYTE_API_KEY", key.as_str())).collect();
            discover(&overrides, &variables, file).unwrap().org
        };
        let file = "admin: {endpoint: acme.unionai.cloud}\ntask: {org: file}\n";
        assert_eq!(org(Some("option"), Some("key.acme.com:id:s:in-key"), file), "option");
        assert_eq!(org(None, Some("key.acme.com:id:s:in-key"), file), "in-key");
        assert_eq!(org(None, Some("key.acme.com:id:s:None"), file), "file");
        assert_eq!(org(None, None, "admin: {endpoint: acme.unionai.cloud}"), "acme");
        assert_eq!(org(None, None, "admin: {endpoint: localhost}"), "");
    }

    #[test]
    fn debug_output_contains_no_secrets() {
        let key = key("key.acme.com:id:hunter2:org");
        let file = "admin:\n  httpProxyURL: http://me:hunter2@proxy:3128\n  proxyCommand: [print, hunter2]\n";
        let config = discover(&ConfigOverrides::default(), &[("FLYTE_API_KEY", &key)], file).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        let auth = AuthMethod::ExternalCommand(vec!["print".to_owned(), "hunter2".to_owned()]);
        assert!(!format!("{auth:?}").contains("hunter2"), "{auth:?}");
    }
}
