//! The configuration of the cluster that the current pod runs on.

use std::{ffi::OsString, path::Path};

use sealkit_names::variables::EXECUTION_SCOPE;
use zeroize::Zeroizing;

use super::{
    AuthMethod, Config, api_key::ApiKey, file::ConfigFile, settings::Settings, variables::Variables,
};
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// The variables that contain the API key of a pod.
const API_KEYS: [&str; 2] = ["_UNION_EAGER_API_KEY", "EAGER_API_KEY"];
/// The variable with the endpoint of the control plane for pods.
const ENDPOINT: &str = "_U_EP_OVERRIDE";
/// The default of [`ENDPOINT`]: the control plane of a sandbox.
const SANDBOX: &str = "host.docker.internal:8090";

impl Config {
    /// Reads the configuration from the environment of a pod of Flyte 2 or Union.
    ///
    /// In order of precedence: the file in `UCTL_CONFIG` or `FLYTECTL_CONFIG`, if it is set; `FLYTE_AUTH_TYPE`; the API key in
    /// `_UNION_EAGER_API_KEY` or `EAGER_API_KEY`. Without an API key, the endpoint comes from `_U_EP_OVERRIDE` or from the
    /// configuration as in [`Config::discover`], and defaults to that of a sandbox. `_U_INSECURE` and an endpoint on the
    /// same machine disable TLS. `_U_INSECURE_SKIP_VERIFY`, `_U_ORG_NAME` and the variables of executions set the rest.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration is invalid or cannot be read, or requires an interactive login.
    pub fn in_pod(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        let variables = Variables(variable);
        let directory = Path::new("");
        let path = variables.path("UCTL_CONFIG").or_else(|| variables.path("FLYTECTL_CONFIG"));
        let file = path.as_deref().map(ConfigFile::read).transpose()?.unwrap_or_default();
        let mut settings = Settings::read(file, path.as_deref(), variables)?;
        let key = match (&path, &settings.auth_type) {
            (None, None) => variables.first(&API_KEYS)?.map(|(name, key)| (name, Zeroizing::new(key))),
            _ => None,
        };

        let (origin, endpoint, auth, org) = if let Some((name, key)) = key {
            let key = ApiKey::decode(name, &key)?;
            // Without TLS, no secret is sent.
            let endpoint = Endpoint::parse(&key.endpoint, false)?;
            let auth = if endpoint.insecure {
                AuthMethod::None
            } else {
                AuthMethod::ClientSecret { client_id: key.client_id, secret: key.secret }
            };
            (name.to_owned(), endpoint, auth, key.org)
        } else {
            let endpoint = variables.first(&[ENDPOINT])?.map(|(name, text)| (name.to_owned(), text));
            let (origin, text) = endpoint
                .or(settings.endpoint.take())
                .unwrap_or_else(|| (ENDPOINT.to_owned(), SANDBOX.to_owned()));
            let parse =
                |insecure| Endpoint::parse(&text, insecure).map_err(|error| error.with_origin(&origin));
            let insecure = settings.insecure || flag(variables, "_U_INSECURE")? || parse(false)?.is_local();
            let endpoint = parse(insecure)?;
            let auth =
                if endpoint.insecure { None } else { settings.auth_method(None, variables, directory)? };
            if matches!(auth, Some(AuthMethod::Pkce | AuthMethod::DeviceFlow)) {
                let message = "cannot log in interactively in a pod";
                return Err(Error::new(ErrorKind::Config, message)
                    .with_hint("set `FLYTE_AUTH_TYPE` to `ClientSecret` or `ExternalCommand` in the pod"));
            }
            (origin, endpoint, auth.unwrap_or(AuthMethod::None), None)
        };

        settings.skip_verify |= flag(variables, "_U_INSECURE_SKIP_VERIFY")?;
        let org = variables.text(&["_U_ORG_NAME"])?.or(org).or(settings.org.take());
        let [domain, project] = EXECUTION_SCOPE;
        settings.domain = variables.text(&[domain])?.or(settings.domain);
        settings.project = variables.text(&[project])?.or(settings.project);
        settings.into_config(origin, endpoint, auth, org, directory)
    }
}

fn flag(variables: Variables<'_>, name: &str) -> Result<bool> {
    Ok(variables.flag(&[name])?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn in_pod(variables: &[(&str, &str)]) -> Result<Config> {
        Config::in_pod(&|name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_pod_reads_its_endpoint_from_the_environment() {
        for (variables, endpoint) in [
            (&[][..], "http://host.docker.internal:8090"),
            (
                &[("_U_EP_OVERRIDE", "flyte-http.flyte:8090"), ("_U_INSECURE", "true")],
                "http://flyte-http.flyte:8090",
            ),
            (&[("_U_EP_OVERRIDE", "dns:///flyte.acme.com")], "https://flyte.acme.com"),
            (&[("_U_EP_OVERRIDE", "localhost:8090")], "http://localhost:8090"),
            (&[("FLYTE_ADMIN_ENDPOINT", "flyte.acme.com")], "https://flyte.acme.com"),
        ] {
            let config = in_pod(variables).unwrap();
            assert_eq!((config.endpoint.to_string().as_str(), config.auth), (endpoint, AuthMethod::None));
        }
    }

    #[test]
    fn a_pod_authenticates_with_its_api_key() {
        let key = STANDARD.encode("acme.unionai.cloud:id:hunter2:None");
        let config = in_pod(&[
            ("EAGER_API_KEY", &key),
            ("_U_EP_OVERRIDE", "other:1"),
            ("_U_ORG_NAME", "acme"),
            ("_U_INSECURE_SKIP_VERIFY", "1"),
            ("FLYTE_INTERNAL_EXECUTION_PROJECT", "p"),
            ("FLYTE_INTERNAL_EXECUTION_DOMAIN", "d"),
        ])
        .unwrap();
        assert_eq!(config.endpoint.to_string(), "https://acme.unionai.cloud");
        assert!(matches!(&config.auth, AuthMethod::ClientSecret { client_id, .. } if client_id == "id"));
        assert_eq!((config.org.as_str(), config.tls.skip_verify), ("acme", true));
        assert_eq!((config.project.as_deref(), config.domain.as_deref()), (Some("p"), Some("d")));
    }

    #[test]
    fn a_configured_authentication_type_overrides_the_api_key() {
        let key = STANDARD.encode("acme.unionai.cloud:id:hunter2:");
        let shared = [("EAGER_API_KEY", key.as_str()), ("_U_EP_OVERRIDE", "flyte.acme.com")];
        let command =
            [("FLYTE_AUTH_TYPE", "ExternalCommand"), ("FLYTE_AUTH_COMMAND", "mint --audience 'a b'")];
        let config = in_pod(&[&shared[..], &command].concat()).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://flyte.acme.com");
        assert_eq!(
            config.auth,
            AuthMethod::ExternalCommand(["mint", "--audience", "a b"].map(str::to_owned).into())
        );
        let error = in_pod(&[&shared[..], &[("FLYTE_AUTH_TYPE", "Pkce")]].concat()).unwrap_err();
        assert!(error.to_string().contains("interactively in a pod"), "{error}");
    }
}
