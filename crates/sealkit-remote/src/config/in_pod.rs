//! Where the cluster is that one is a pod of.

use std::{ffi::OsString, path::Path};

use sealkit_names::variables::EXECUTION_SCOPE;
use zeroize::Zeroizing;

use super::{Auth, Config, api_key::ApiKey, file::File, settings::Settings, variables::Variables};
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// API keys of pods.
const API_KEYS: [&str; 2] = ["_UNION_EAGER_API_KEY", "EAGER_API_KEY"];
/// The control plane, as a pod sees it.
const ENDPOINT: &str = "_U_EP_OVERRIDE";
/// [`ENDPOINT`] where it is not set.
const SANDBOX: &str = "host.docker.internal:8090";

impl Config {
    /// The configuration that a pod of Flyte 2 or Union is given.
    ///
    /// What comes first counts: the file in `UCTL_CONFIG` or `FLYTECTL_CONFIG`, if there is one; what
    /// `FLYTE_AUTH_TYPE` says; the API key in `_UNION_EAGER_API_KEY` or `EAGER_API_KEY`. Without a key the endpoint is
    /// in `_U_EP_OVERRIDE`, or configured as for [`Config::discover`], or that of a sandbox; `_U_INSECURE` or
    /// an endpoint on the same machine means in the clear. `_U_INSECURE_SKIP_VERIFY`, `_U_ORG_NAME` and the
    /// variables of executions say the rest.
    ///
    /// # Errors
    ///
    /// When any of it is wrong or cannot be read, or somebody would have to log in.
    pub fn in_pod(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        let variables = Variables(variable);
        let directory = Path::new("");
        let path = variables.path("UCTL_CONFIG").or_else(|| variables.path("FLYTECTL_CONFIG"));
        let file = path.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let mut settings = Settings::read(file, path.as_deref(), variables)?;
        let key = match (&path, &settings.auth_type) {
            (None, None) => variables.first(&API_KEYS)?.map(|(name, key)| (name, Zeroizing::new(key))),
            _ => None,
        };

        let (origin, endpoint, auth, org) = if let Some((name, key)) = key {
            let key = ApiKey::decode(name, &key)?;
            // Nothing secret is sent in the clear.
            let endpoint = Endpoint::parse(&key.endpoint, false)?;
            let auth = if endpoint.insecure {
                Auth::None
            } else {
                Auth::ClientSecret { client_id: key.client_id, secret: key.secret }
            };
            (name.to_owned(), endpoint, auth, key.org)
        } else {
            let named = variables.first(&[ENDPOINT])?.map(|(name, text)| (name.to_owned(), text));
            let (origin, text) = named
                .or(settings.endpoint.take())
                .unwrap_or_else(|| (ENDPOINT.to_owned(), SANDBOX.to_owned()));
            let parse = |insecure| Endpoint::parse(&text, insecure).map_err(|error| error.of(&origin));
            let insecure =
                settings.insecure || says_yes(variables, "_U_INSECURE")? || parse(false)?.is_local();
            let endpoint = parse(insecure)?;
            let auth = if endpoint.insecure { None } else { settings.auth(None, variables, directory)? };
            if matches!(auth, Some(Auth::Pkce | Auth::DeviceFlow)) {
                let message = "a person is to let this pod in, but there is none in a pod";
                return Err(Error::new(ErrorKind::Config, message)
                    .with_hint("set `FLYTE_AUTH_TYPE` to `ClientSecret` or `ExternalCommand` in the pod"));
            }
            (origin, endpoint, auth.unwrap_or(Auth::None), None)
        };

        settings.skip_verify |= says_yes(variables, "_U_INSECURE_SKIP_VERIFY")?;
        let org = variables.text(&["_U_ORG_NAME"])?.or(org).or(settings.org.take());
        let [domain, project] = EXECUTION_SCOPE;
        settings.domain = variables.text(&[domain])?.or(settings.domain);
        settings.project = variables.text(&[project])?.or(settings.project);
        settings.into_config(origin, endpoint, auth, org, directory)
    }
}

fn says_yes(variables: Variables<'_>, name: &str) -> Result<bool> {
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
    fn a_pod_knows_its_cluster_from_its_variables() {
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
            assert_eq!((config.endpoint.to_string().as_str(), config.auth), (endpoint, Auth::None));
        }
    }

    #[test]
    fn the_key_of_a_pod_says_where_and_who() {
        let key = STANDARD.encode("acme.unionai.cloud:id:hunter2:None");
        let config = in_pod(&[
            ("EAGER_API_KEY", &key),
            ("_U_EP_OVERRIDE", "elsewhere:1"),
            ("_U_ORG_NAME", "acme"),
            ("_U_INSECURE_SKIP_VERIFY", "1"),
            ("FLYTE_INTERNAL_EXECUTION_PROJECT", "p"),
            ("FLYTE_INTERNAL_EXECUTION_DOMAIN", "d"),
        ])
        .unwrap();
        assert_eq!(config.endpoint.to_string(), "https://acme.unionai.cloud");
        assert!(matches!(&config.auth, Auth::ClientSecret { client_id, .. } if client_id == "id"));
        assert_eq!((config.org.as_str(), config.tls.skip_verify), ("acme", true));
        assert_eq!((config.project.as_deref(), config.domain.as_deref()), (Some("p"), Some("d")));
    }

    #[test]
    fn a_way_to_be_let_in_that_is_configured_beats_the_key() {
        let key = STANDARD.encode("acme.unionai.cloud:id:hunter2:");
        let shared = [("EAGER_API_KEY", key.as_str()), ("_U_EP_OVERRIDE", "flyte.acme.com")];
        let command =
            [("FLYTE_AUTH_TYPE", "ExternalCommand"), ("FLYTE_AUTH_COMMAND", "mint --audience 'a b'")];
        let config = in_pod(&[&shared[..], &command].concat()).unwrap();
        assert_eq!(config.endpoint.to_string(), "https://flyte.acme.com");
        assert_eq!(
            config.auth,
            Auth::ExternalCommand(["mint", "--audience", "a b"].map(str::to_owned).into())
        );
        let error = in_pod(&[&shared[..], &[("FLYTE_AUTH_TYPE", "Pkce")]].concat()).unwrap_err();
        assert!(error.to_string().contains("none in a pod"), "{error}");
    }
}
