//! Selects the authentication method from the configured authentication type, client secret and command.

use std::path::Path;

use zeroize::Zeroizing;

use super::{AuthMethod, ClientSecret, file, settings::Settings, variables::Variables};
use crate::error::{Error, ErrorKind, Result, escape};

impl Settings {
    /// Returns the configured authentication method. In order of precedence: the option, a client secret, the setting of the file.
    pub(super) fn auth_method(
        &self,
        option: Option<&str>,
        variables: Variables<'_>,
        directory: &Path,
    ) -> Result<Option<AuthMethod>> {
        let auth_type = option.or(self.auth_type.as_deref()).map(AuthType::parse).transpose()?;
        if option.is_none() || auth_type == Some(AuthType::ClientSecret) {
            let is_required = auth_type.is_none_or(|auth_type| auth_type == AuthType::ClientSecret);
            if let Some(secret) = self.client_secret(variables, directory, is_required)? {
                let Some(client_id) = self.client_id.clone() else {
                    return Err(incomplete("cannot use the client secret: `admin.clientId` is not set"));
                };
                return Ok(Some(AuthMethod::ClientSecret { client_id, secret }));
            }
        }
        Ok(match auth_type {
            None => None,
            Some(AuthType::Pkce) => Some(AuthMethod::Pkce),
            Some(AuthType::DeviceFlow) => Some(AuthMethod::DeviceFlow),
            Some(AuthType::ClientSecret) => {
                return Err(incomplete(
                    "authentication type `ClientSecret` requires `admin.clientSecretLocation` or \
                     `admin.clientSecretEnvVar`",
                ));
            }
            Some(AuthType::ExternalCommand) if self.command.is_empty() => {
                return Err(incomplete(
                    "authentication type `ExternalCommand` requires `admin.command` or `FLYTE_AUTH_COMMAND`",
                ));
            }
            Some(AuthType::ExternalCommand) => Some(AuthMethod::ExternalCommand(self.command.clone())),
        })
    }

    /// Reads the client secret from the configured variable or file. If it `is_required`, an unset variable is an error.
    fn client_secret(
        &self,
        variables: Variables<'_>,
        directory: &Path,
        is_required: bool,
    ) -> Result<Option<ClientSecret>> {
        if let Some(name) = &self.secret_variable {
            if let Some(secret) = variables.text(&[name])? {
                return Ok(Some(ClientSecret(Zeroizing::new(secret))));
            }
            if is_required && self.secret.is_none() && self.secret_file.is_none() {
                let name = escape(name);
                return Err(incomplete(&format!(
                    "cannot read the client secret: variable `{name}` is not set"
                )));
            }
        }
        let Some(path) = &self.secret_file else { return Ok(self.secret.clone()) };
        let path = directory.join(path);
        let secret = file::read_bounded(&path).map_err(|reason| unreadable_secret(&path, &reason))?;
        let secret = Zeroizing::new(secret);
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(unreadable_secret(&path, "the file is empty"));
        }
        Ok(Some(ClientSecret(Zeroizing::new(secret.to_owned()))))
    }
}

fn unreadable_secret(path: &Path, reason: &str) -> Error {
    incomplete(&format!("cannot read the client secret from `{}`: {reason}", path.display()))
}

fn incomplete(message: &str) -> Error {
    Error::new(ErrorKind::Config, message).with_hint("log in with the browser instead: --auth-type pkce")
}

/// An authentication type, as `admin.authType` and `--auth-type` name it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthType {
    Pkce,
    DeviceFlow,
    ClientSecret,
    ExternalCommand,
}

impl AuthType {
    /// Parses any name that the official tools accept.
    pub(super) fn parse(name: &str) -> Result<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(|c| !"-_ ".contains(*c)).collect();
        Ok(match plain.as_str() {
            "pkce" | "standard" => Self::Pkce,
            "deviceflow" | "headless" => Self::DeviceFlow,
            "clientsecret" | "clientcredentials" | "basic" | "appcredential" | "appcredentials" => {
                Self::ClientSecret
            }
            "externalcommand" | "externalprocess" | "command" | "custom" => Self::ExternalCommand,
            "passthrough" => {
                let message =
                    format!("authentication type `Passthrough` is not supported: expected {AUTH_TYPES}");
                return Err(Error::new(ErrorKind::Config, message));
            }
            _ => {
                let name = escape(name);
                let message = format!("unknown authentication type `{name}`: expected {AUTH_TYPES}");
                return Err(Error::new(ErrorKind::Config, message));
            }
        })
    }
}

impl AuthType {
    /// Returns the name that the official tools write.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pkce => "Pkce",
            Self::DeviceFlow => "DeviceFlow",
            Self::ClientSecret => "ClientSecret",
            Self::ExternalCommand => "ExternalCommand",
        }
    }
}

const AUTH_TYPES: &str = "`Pkce`, `DeviceFlow`, `ClientSecret` or `ExternalCommand`";

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{super::file::ConfigFile, *};

    const SECRET: &str = "clientId: id, clientSecretEnvVar: S";

    fn auth_method(admin: &str, option: Option<&str>, secret: Option<&str>) -> Result<Option<AuthMethod>> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("secret"), " hunter2\n").unwrap();
        std::fs::write(directory.path().join("empty"), "\n").unwrap();
        let path = directory.path().join("x.yaml");
        std::fs::write(&path, format!("admin: {{{admin}}}")).unwrap();
        let variable = |name: &str| secret.filter(|_| name == "S").map(OsString::from);
        let variables = Variables(&variable);
        Settings::read(ConfigFile::read(&path)?, Some(&path), variables)?.auth_method(
            option,
            variables,
            directory.path(),
        )
    }

    fn client(secret: &str) -> AuthMethod {
        AuthMethod::ClientSecret {
            client_id: "id".to_owned(),
            secret: ClientSecret(Zeroizing::new(secret.to_owned())),
        }
    }

    #[test]
    fn an_authentication_type_has_several_names() {
        for (name, method) in [
            ("Pkce", AuthMethod::Pkce),
            ("pkce", AuthMethod::Pkce),
            ("DeviceFlow", AuthMethod::DeviceFlow),
            ("device_flow", AuthMethod::DeviceFlow),
            ("external_process", AuthMethod::ExternalCommand(vec!["x".to_owned()])),
            ("ExternalCommand", AuthMethod::ExternalCommand(vec!["x".to_owned()])),
        ] {
            assert_eq!(
                auth_method(&format!("authType: {name}, command: [x]"), None, None).unwrap(),
                Some(method),
                "{name}"
            );
        }
        for name in ["ClientSecret", "client_credentials", "basic"] {
            assert_eq!(
                auth_method(&format!("authType: {name}, {SECRET}"), None, Some("s")).unwrap(),
                Some(client("s"))
            );
        }
        assert_eq!(auth_method("", None, None).unwrap(), None);
    }

    #[test]
    fn a_client_secret_overrides_the_type_in_a_file_but_not_the_command_line() {
        let admin = format!("authType: Pkce, {SECRET}");
        assert_eq!(auth_method(&admin, None, Some("s")).unwrap(), Some(client("s")));
        assert_eq!(auth_method(&admin, None, None).unwrap(), Some(AuthMethod::Pkce));
        assert_eq!(
            auth_method(&admin, Some("device-flow"), Some("s")).unwrap(),
            Some(AuthMethod::DeviceFlow)
        );
        let both = format!("clientSecretLocation: secret, {SECRET}");
        assert_eq!(auth_method(&both, None, Some("s")).unwrap(), Some(client("s")));
        assert_eq!(auth_method(&both, None, None).unwrap(), Some(client("hunter2")));
    }

    #[test]
    fn an_error_names_the_missing_setting_and_contains_no_secret() {
        for (admin, secret, message) in [
            ("authType: Passthrough", None, "`Passthrough` is not supported"),
            (
                "authType: magic",
                None,
                "unknown authentication type `magic`: expected `Pkce`, `DeviceFlow`, `ClientSecret` or",
            ),
            ("authType: ClientSecret", None, "`ClientSecret` requires `admin.clientSecretLocation`"),
            ("authType: ExternalCommand", None, "`ExternalCommand` requires `admin.command`"),
            (
                "clientId: id, clientSecretEnvVar: S",
                None,
                "cannot read the client secret: variable `S` is not set",
            ),
            ("clientId: id, clientSecretLocation: nowhere", None, "nowhere`: No such file"),
            ("clientId: id, clientSecretLocation: empty", None, "empty`: the file is empty"),
            ("clientSecretLocation: secret", None, "`admin.clientId` is not set"),
            ("clientSecretEnvVar: S", Some("hunter2"), "`admin.clientId` is not set"),
        ] {
            let error = auth_method(admin, None, secret).expect_err(admin);
            assert!(error.to_string().contains(message), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error}");
        }
    }
}
