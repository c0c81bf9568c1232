//! The content of image pull secrets, from the configuration of Docker or from a user name and a password.
//!
//! It is the JSON of a Kubernetes image pull secret: `{"auths": {"REGISTRY": {"auth": "..."}}}`.

use std::{collections::BTreeMap, path::Path};

use sealkit_image::{Credentials, DockerConfig};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::CommandError;

#[derive(Serialize)]
struct Auths {
    auths: BTreeMap<String, Auth>,
}

#[derive(Serialize)]
struct Auth {
    auth: Zeroizing<String>,
}

/// Returns the credentials of `registries`, or of all registries in the configuration of Docker.
pub(crate) fn from_config(
    path: Option<&Path>,
    registries: &[String],
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let path = path.map_or_else(DockerConfig::default_path, |path| Ok(path.to_owned()))?;
    let display = path.display();
    let config = DockerConfig::read(&path)?;
    let registries = if registries.is_empty() { config.registries() } else { registries.to_vec() };
    if registries.is_empty() {
        return Err(CommandError::failure(format!("`{display}` has no registries"))
            .with_hint("log in first: docker login REGISTRY"));
    }
    let mut auths = BTreeMap::new();
    for registry in registries {
        let Some(credentials) = config.credentials(&registry)? else {
            return Err(CommandError::failure(format!("`{display}` has no credentials for `{registry}`"))
                .with_hint(format!("log in first: docker login {registry}")));
        };
        if credentials.identity_token().is_some() {
            return Err(CommandError::failure(format!(
                "an image pull secret cannot hold {credentials} for `{registry}`"
            ))
            .with_hint(format!(
                "create it from a password: sealkit create secret NAME --registry {registry} --username USER"
            )));
        }
        if credentials.is_empty() {
            return Err(CommandError::failure(format!(
                "{credentials} has an empty password for `{registry}`"
            ))
            .with_hint(format!("log in again: docker login {registry}")));
        }
        auths.insert(registry, Auth { auth: credentials.to_basic() });
    }
    to_json(auths)
}

/// Returns the credentials of one registry, from a user name and a password.
pub(crate) fn from_password(
    registry: &str,
    username: &str,
    password: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    if username.contains(':') {
        return Err(CommandError::usage("the user name of a registry cannot contain `:`"));
    }
    if password.is_empty() {
        return Err(CommandError::usage("the password of a registry cannot be empty"));
    }
    let password = str::from_utf8(password).map_err(|_| {
        CommandError::usage("the password of a registry cannot contain other bytes than text")
    })?;
    let password = Zeroizing::new(password.to_owned());
    let credentials = Credentials::new(username.to_owned(), password, String::new());
    to_json(BTreeMap::from([(registry.to_owned(), Auth { auth: credentials.to_basic() })]))
}

fn to_json(auths: BTreeMap<String, Auth>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let json = serde_json::to_vec(&Auths { auths });
    json.map(Zeroizing::new).map_err(|error| CommandError::failure(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn text(made: Result<Zeroizing<Vec<u8>>, CommandError>) -> Result<String, String> {
        made.map(|made| String::from_utf8(made.to_vec()).unwrap()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_user_name_and_a_password_become_an_image_pull_secret() {
        // `base64.b64encode(b"user:pass")` in Python.
        let made = text(from_password("ghcr.io", "user", b"pass"));
        assert_eq!(made.unwrap(), r#"{"auths":{"ghcr.io":{"auth":"dXNlcjpwYXNz"}}}"#);
        assert!(from_password("ghcr.io", "us:er", b"pass").is_err());
        assert!(from_password("ghcr.io", "user", b"").is_err());
        assert!(from_password("ghcr.io", "user", b"\xff").is_err());
    }

    #[test]
    fn only_the_requested_registries_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let content = r#"{"auths": {"a.io": {"auth": "dXNlcjpwYXNz"}, "b.io": {}}, "HttpHeaders": {}}"#;
        fs::write(&path, content).unwrap();
        let only = ["a.io".to_owned()];
        let expected = r#"{"auths":{"a.io":{"auth":"dXNlcjpwYXNz"}}}"#;
        assert_eq!(text(from_config(Some(&path), &only)).unwrap(), expected);
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        assert_eq!(message, format!("`{}` has no credentials for `b.io`", path.display()));
    }

    #[test]
    fn an_identity_token_is_no_image_pull_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        fs::write(&path, r#"{"auths": {"a.io": {"auth": "dTo=", "identitytoken": "hunter2"}}}"#).unwrap();
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        let path = path.display();
        let expected =
            format!("an image pull secret cannot hold the identity token from `{path}` for `a.io`");
        assert_eq!(message, expected);
    }
}
