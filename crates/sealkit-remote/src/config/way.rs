//! How one is let in, out of all that is configured about it.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Auth, ClientSecret, file, settings::Settings, variables::Variables};
use crate::error::{Error, ErrorKind, Result, shown};

impl Settings {
    /// How one is let in, if anything says so: what is `given`; a secret, if there is one; or the type of it.
    pub(super) fn auth(
        &self,
        given: Option<&str>,
        variables: Variables<'_>,
        directory: &Path,
    ) -> Result<Option<Auth>> {
        let named = given.or(self.auth_type.as_deref()).map(Way::named).transpose()?;
        if given.is_none() || named == Some(Way::ClientSecret) {
            let must = named.is_none_or(|way| way == Way::ClientSecret);
            if let Some(secret) = self.client_secret(variables, directory, must)? {
                let Some(client_id) = self.client_id.clone() else {
                    return Err(missing("a client secret is configured, but no `admin.clientId`"));
                };
                return Ok(Some(Auth::ClientSecret { client_id, secret }));
            }
        }
        Ok(match named {
            None => None,
            Some(Way::Pkce) => Some(Auth::Pkce),
            Some(Way::DeviceFlow) => Some(Auth::DeviceFlow),
            Some(Way::ClientSecret) => {
                return Err(missing(
                    "the client is to show its secret, but neither `admin.clientSecretLocation` nor \
                     `admin.clientSecretEnvVar` says where it is",
                ));
            }
            Some(Way::ExternalCommand) if self.command.is_empty() => {
                return Err(missing(
                    "a command is to print a token, but neither `admin.command` nor \
                                    `FLYTE_AUTH_COMMAND` says which",
                ));
            }
            Some(Way::ExternalCommand) => Some(Auth::ExternalCommand(self.command.clone())),
        })
    }

    /// The secret of the client, wherever it is; `must` it be where it is said to be?
    fn client_secret(
        &self,
        variables: Variables<'_>,
        directory: &Path,
        must: bool,
    ) -> Result<Option<ClientSecret>> {
        if let Some(name) = &self.secret_variable {
            if let Some(secret) = variables.text(&[name])? {
                return Ok(Some(ClientSecret(Zeroizing::new(secret))));
            }
            if must && self.secret.is_none() && self.secret_file.is_none() {
                let message = format!("`{}`, in which the client secret should be, is not set", shown(name));
                return Err(missing(&message));
            }
        }
        let Some(path) = &self.secret_file else { return Ok(self.secret.clone()) };
        let path = directory.join(path);
        let secret = file::read_bounded(&path).map_err(|why| {
            missing(&format!(
                "`{}`, in which the client secret should be, cannot be read: {why}",
                path.display()
            ))
        })?;
        let secret = Zeroizing::new(secret);
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(missing(&format!(
                "`{}`, in which the client secret should be, is empty",
                path.display()
            )));
        }
        Ok(Some(ClientSecret(Zeroizing::new(secret.to_owned()))))
    }
}

fn missing(message: &str) -> Error {
    Error::new(ErrorKind::Config, message).with_hint("`--auth-type pkce` asks a person in a browser instead")
}

/// What is written for how one is let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Pkce,
    DeviceFlow,
    ClientSecret,
    ExternalCommand,
}

impl Way {
    /// All that the official tools call it.
    fn named(name: &str) -> Result<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(|c| !"-_ ".contains(*c)).collect();
        Ok(match plain.as_str() {
            "pkce" | "standard" => Self::Pkce,
            "deviceflow" | "headless" => Self::DeviceFlow,
            "clientsecret" | "clientcredentials" | "basic" | "appcredential" | "appcredentials" => {
                Self::ClientSecret
            }
            "externalcommand" | "externalprocess" | "command" | "custom" => Self::ExternalCommand,
            "passthrough" => {
                let message = "`Passthrough` hands on what a caller sends, which nobody does here";
                return Err(Error::new(ErrorKind::Config, message).with_hint(WAYS));
            }
            _ => {
                let message = format!("`{}` is no way to be let in", shown(name));
                return Err(Error::new(ErrorKind::Config, message).with_hint(WAYS));
            }
        })
    }
}

const WAYS: &str = "`Pkce`, `DeviceFlow`, `ClientSecret` and `ExternalCommand` are";

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{super::file::File, *};

    const SECRET: &str = "clientId: id, clientSecretEnvVar: S";

    fn auth(admin: &str, given: Option<&str>, secret: Option<&str>) -> Result<Option<Auth>> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("secret"), " hunter2\n").unwrap();
        std::fs::write(directory.path().join("empty"), "\n").unwrap();
        let path = directory.path().join("x.yaml");
        std::fs::write(&path, format!("admin: {{{admin}}}")).unwrap();
        let variable = |name: &str| secret.filter(|_| name == "S").map(OsString::from);
        let variables = Variables(&variable);
        Settings::read(File::read(&path)?, Some(&path), variables)?.auth(given, variables, directory.path())
    }

    fn client(secret: &str) -> Auth {
        Auth::ClientSecret {
            client_id: "id".to_owned(),
            secret: ClientSecret(Zeroizing::new(secret.to_owned())),
        }
    }

    #[test]
    fn ways_to_be_let_in_have_many_names() {
        for (name, way) in [
            ("Pkce", Auth::Pkce),
            ("pkce", Auth::Pkce),
            ("DeviceFlow", Auth::DeviceFlow),
            ("device_flow", Auth::DeviceFlow),
            ("external_process", Auth::ExternalCommand(vec!["x".to_owned()])),
            ("ExternalCommand", Auth::ExternalCommand(vec!["x".to_owned()])),
        ] {
            assert_eq!(
                auth(&format!("authType: {name}, command: [x]"), None, None).unwrap(),
                Some(way),
                "{name}"
            );
        }
        for name in ["ClientSecret", "client_credentials", "basic"] {
            assert_eq!(
                auth(&format!("authType: {name}, {SECRET}"), None, Some("s")).unwrap(),
                Some(client("s"))
            );
        }
        assert_eq!(auth("", None, None).unwrap(), None);
    }

    #[test]
    fn a_secret_beats_the_type_in_a_file_but_not_the_command_line() {
        let admin = format!("authType: Pkce, {SECRET}");
        assert_eq!(auth(&admin, None, Some("s")).unwrap(), Some(client("s")));
        assert_eq!(auth(&admin, None, None).unwrap(), Some(Auth::Pkce));
        assert_eq!(auth(&admin, Some("device-flow"), Some("s")).unwrap(), Some(Auth::DeviceFlow));
        let both = format!("clientSecretLocation: secret, {SECRET}");
        assert_eq!(auth(&both, None, Some("s")).unwrap(), Some(client("s")));
        assert_eq!(auth(&both, None, None).unwrap(), Some(client("hunter2")));
    }

    #[test]
    fn what_is_missing_is_said_and_no_secret_is() {
        for (admin, secret, message) in [
            ("authType: Passthrough", None, "which nobody does here"),
            ("authType: magic", None, "`magic` is no way to be let in"),
            ("authType: ClientSecret", None, "neither `admin.clientSecretLocation`"),
            ("authType: ExternalCommand", None, "neither `admin.command`"),
            (
                "clientId: id, clientSecretEnvVar: S",
                None,
                "`S`, in which the client secret should be, is not set",
            ),
            ("clientId: id, clientSecretLocation: nowhere", None, "cannot be read"),
            ("clientId: id, clientSecretLocation: empty", None, "is empty"),
            ("clientSecretLocation: secret", None, "no `admin.clientId`"),
            ("clientSecretEnvVar: S", Some("hunter2"), "no `admin.clientId`"),
        ] {
            let error = auth(admin, None, secret).expect_err(admin);
            assert!(error.to_string().contains(message) && error.hint().is_some(), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error}");
        }
    }
}
