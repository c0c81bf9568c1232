//! The settings of a configuration file, overridden by environment variables.

use std::path::Path;

use zeroize::Zeroizing;

use super::{
    AuthMethod, ClientSecret, Config, Tls,
    console::parse_console_url,
    file::{BASE_IMAGE_NAME, ConfigFile},
    values::{CommandLine, Flag, LineSyntax, List, Scopes},
    variables::{AUTH_TYPE, BASE_IMAGE, DOMAIN, ORG, PROJECT, REGISTRY, Variables},
};
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// The settings of a file and the environment.
pub(super) struct Settings {
    /// Where the endpoint is configured, and the endpoint.
    pub(super) endpoint: Option<(String, String)>,
    pub(super) insecure: bool,
    pub(super) skip_verify: bool,
    ca_cert: Option<String>,
    http_proxy: Option<String>,
    pub(super) auth_type: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) secret: Option<ClientSecret>,
    pub(super) secret_file: Option<String>,
    pub(super) secret_variable: Option<String>,
    scopes: Vec<String>,
    pub(super) command: Vec<String>,
    proxy_command: Vec<String>,
    pub(super) org: Option<String>,
    pub(super) project: Option<String>,
    pub(super) domain: Option<String>,
    console: Option<String>,
    registry: Option<String>,
    base_image: Option<String>,
}

impl Settings {
    /// Reads the settings of `file` at `path` and of the environment. Variables of Flyte 2 override those of Flyte 1.
    pub(super) fn read(file: ConfigFile, path: Option<&Path>, variables: Variables<'_>) -> Result<Self> {
        let ConfigFile { admin, task, console, mut image } = file;
        // Empty text counts as unset.
        let text = |names: &[&str], in_file: Option<String>| {
            Ok::<_, Error>(variables.text(names)?.or(in_file.filter(|text| !text.is_empty())))
        };
        let flag = |names: &[&str], in_file: Option<Flag>| {
            Ok::<_, Error>(variables.flag(names)?.or(in_file.map(|flag| flag.0)).unwrap_or_default())
        };
        let endpoint = variables.first(&["FLYTE_ADMIN_ENDPOINT", "FLYTE_PLATFORM_URL"])?;
        let endpoint = endpoint.map(|(name, text)| (name.to_owned(), text)).or_else(|| {
            let text = admin.endpoint.filter(|text| !text.is_empty())?;
            Some((path?.display().to_string(), text))
        });
        let secret = variables.text(&["FLYTE_CREDENTIALS_CLIENT_SECRET"])?;
        Ok(Self {
            endpoint,
            insecure: flag(&["FLYTE_ADMIN_INSECURE", "FLYTE_PLATFORM_INSECURE"], admin.insecure)?,
            skip_verify: flag(
                &["FLYTE_ADMIN_INSECURESKIPVERIFY", "FLYTE_PLATFORM_INSECURE_SKIP_VERIFY"],
                admin.insecure_skip_verify,
            )?,
            ca_cert: text(
                &["FLYTE_ADMIN_CACERTFILEPATH", "FLYTE_PLATFORM_CA_CERT_FILE_PATH"],
                admin.ca_cert_file_path,
            )?,
            http_proxy: text(
                &["FLYTE_ADMIN_HTTPPROXYURL", "FLYTE_PLATFORM_HTTP_PROXY_URL"],
                admin.http_proxy_url,
            )?,
            auth_type: text(&AUTH_TYPE, admin.auth_type)?,
            client_id: text(&["FLYTE_ADMIN_CLIENTID", "FLYTE_CREDENTIALS_CLIENT_ID"], admin.client_id)?,
            secret: secret.map(|secret| ClientSecret(Zeroizing::new(secret))),
            secret_file: text(
                &["FLYTE_ADMIN_CLIENTSECRETLOCATION", "FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION"],
                admin.client_secret_location,
            )?,
            secret_variable: text(
                &["FLYTE_ADMIN_CLIENTSECRETENVVAR", "FLYTE_CREDENTIALS_CLIENT_SECRET_ENV_VAR"],
                admin.client_secret_env_var,
            )?,
            scopes: list::<Scopes>(
                variables,
                &["FLYTE_ADMIN_SCOPES", "FLYTE_CREDENTIALS_SCOPES"],
                admin.scopes,
            )?,
            command: list::<CommandLine>(
                variables,
                &["FLYTE_AUTH_COMMAND", "FLYTE_ADMIN_COMMAND"],
                admin.command,
            )?,
            proxy_command: list::<CommandLine>(
                variables,
                &["FLYTE_AUTH_PROXY_COMMAND", "FLYTE_ADMIN_PROXYCOMMAND"],
                admin.proxy_command,
            )?,
            org: text(&ORG, task.org)?,
            project: text(&PROJECT, task.project)?,
            domain: text(&DOMAIN, task.domain)?,
            console: text(&["FLYTE_CONSOLE_ENDPOINT", "FLYTE_PLATFORM_CONSOLE_ENDPOINT"], console.endpoint)?,
            registry: text(&REGISTRY, image.registry)?,
            base_image: text(&BASE_IMAGE, image.image_refs.remove(BASE_IMAGE_NAME))?,
        })
    }

    /// Combines the settings with the values that depend on the context.
    pub(super) fn into_config(
        self,
        origin: String,
        endpoint: Endpoint,
        auth: AuthMethod,
        org: Option<String>,
        directory: &Path,
    ) -> Result<Config> {
        let console =
            self.console.map(|console| parse_console_url(&console, endpoint.insecure)).transpose()?;
        let ca_cert = self.ca_cert.map(|path| directory.join(path));
        Ok(Config {
            origin,
            // A configured certificate is always verified.
            tls: Tls { skip_verify: self.skip_verify && ca_cert.is_none(), ca_cert },
            endpoint,
            http_proxy: self.http_proxy,
            auth,
            scopes: self.scopes,
            proxy_command: self.proxy_command,
            org: org.unwrap_or_default(),
            project: self.project,
            domain: self.domain,
            console,
            registry: self.registry,
            base_image: self.base_image,
        })
    }
}

/// Reads a list from the first of `names` that is set, or else from the file.
fn list<Syntax: LineSyntax>(
    variables: Variables<'_>,
    names: &[&str],
    in_file: Option<List<Syntax>>,
) -> Result<Vec<String>> {
    let Some((name, line)) = variables.first(names)? else {
        return Ok(in_file.map(|list| list.items).unwrap_or_default());
    };
    let list = List::<Syntax>::from_line(&line)
        .ok_or_else(|| Error::new(ErrorKind::Config, format!("unclosed quotation mark in `{name}`")))?;
    Ok(list.items)
}
