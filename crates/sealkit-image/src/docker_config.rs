//! Docker's configuration: the credentials of registries, in its file or in the programs that it names.

use std::{
    collections::BTreeMap,
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    credential_helper,
    credentials::Credentials,
    error::{Error, Result},
};

/// Docker's `config.json`. Other tools, such as `podman login --authfile`, write the same file.
pub struct DockerConfig {
    path: PathBuf,
    content: Content,
}

/// The fields that hold credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Zeroizing<String>,
    username: String,
    password: Zeroizing<String>,
    #[serde(rename = "identitytoken")]
    identity_token: Zeroizing<String>,
}

impl DockerConfig {
    /// Returns the path of the file: in the directory in `DOCKER_CONFIG`, or in `~/.docker`.
    ///
    /// # Errors
    ///
    /// Returns an error if neither `DOCKER_CONFIG` nor `HOME` is set.
    pub fn default_path() -> Result<PathBuf> {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let directory = match (variable("DOCKER_CONFIG"), variable("HOME")) {
            (Some(directory), _) => PathBuf::from(directory),
            (None, Some(home)) => Path::new(&home).join(".docker"),
            (None, None) => {
                return Err(Error::new("cannot find the configuration of Docker: HOME is not set")
                    .with_hint("set DOCKER_CONFIG to the directory of its `config.json`"));
            }
        };
        Ok(directory.join("config.json"))
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be read, or is not a configuration.
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_if_exists(path)?.ok_or_else(|| cannot_read(path, io::ErrorKind::NotFound.into()))
    }

    /// Reads the file at the default path; without one, there are no credentials.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be read, or is not a configuration.
    pub(crate) fn read_default() -> Result<Self> {
        let path = Self::default_path()?;
        let config = Self::read_if_exists(&path)?;
        Ok(config.unwrap_or(Self { path, content: Content::default() }))
    }

    fn read_if_exists(path: &Path) -> Result<Option<Self>> {
        let content = match fs::read(path) {
            Ok(content) => Zeroizing::new(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot_read(path, error)),
        };
        // The message of the parser could contain credentials.
        let content = serde_json::from_slice(&content).map_err(|error| {
            Error::new(format!(
                "`{}` is not a configuration file of Docker: invalid content in line {}",
                path.display(),
                error.line()
            ))
        })?;
        Ok(Some(Self { path: path.to_owned(), content }))
    }

    /// Returns the names of the registries in the file.
    pub fn registries(&self) -> Vec<String> {
        let Content { auths, cred_helpers, .. } = &self.content;
        let mut registries: Vec<String> = auths.keys().chain(cred_helpers.keys()).cloned().collect();
        registries.sort();
        registries.dedup();
        registries
    }

    /// Returns the credentials of `registry`, or `None` if there are none.
    ///
    /// If the registry has a credential helper, credentials in the file do not count, also if the helper has none: they are from before it
    /// was set up. The command of Docker and `go-containerregistry` 0.22.1 (`authn.DefaultKeychain`) do the same.
    ///
    /// # Errors
    ///
    /// Returns an error if the helper fails, or if the credentials in the file are invalid.
    pub fn credentials(&self, registry: &str) -> Result<Option<Credentials>> {
        let Content { auths, cred_helpers, creds_store } = &self.content;
        let store = creds_store.as_ref().filter(|store| !store.is_empty());
        if let Some(helper) = lookup(cred_helpers, registry).or(store) {
            return credential_helper::get(helper, registry);
        }
        let Some(entry) = lookup(auths, registry) else { return Ok(None) };
        let origin = self.path.display().to_string();
        if !entry.identity_token.is_empty() {
            return Ok(Some(Credentials::from_identity_token(entry.identity_token.clone(), origin)));
        }
        if !entry.auth.is_empty() {
            let invalid = || {
                Error::new(format!("`{origin}` has invalid credentials for `{registry}`"))
                    .with_login_hint(registry)
            };
            return Credentials::from_basic(&entry.auth, origin.clone()).ok_or_else(invalid).map(Some);
        }
        if entry.username.is_empty() {
            return Ok(None);
        }
        Ok(Some(Credentials::new(entry.username.clone(), entry.password.clone(), origin)))
    }
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerConfig").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Returns the entry of a registry. Its key may be a URL of the registry.
fn lookup<'a, T>(entries: &'a BTreeMap<String, T>, registry: &str) -> Option<&'a T> {
    let of_host = || {
        let host = host_of(registry)?;
        entries.iter().find(|(key, _)| host_of(key) == Some(host)).map(|(_, entry)| entry)
    };
    entries.get(registry).or_else(of_host)
}

/// Returns the registry that a key names, or `None` for the key of a repository, as `podman` writes it.
fn host_of(key: &str) -> Option<&str> {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    let host = if host == "docker.io" { "index.docker.io" } else { host };
    ["", "v1", "v1/", "v2", "v2/"].contains(&path).then_some(host)
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot read `{}`", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what the configuration says about a registry.
    fn look_up(content: &str, registry: &str) -> Result<Option<String>, String> {
        let config =
            DockerConfig { path: "config.json".into(), content: serde_json::from_str(content).unwrap() };
        let credentials = config.credentials(registry).map_err(|error| error.to_string())?;
        Ok(credentials.map(|credentials| {
            let secret = credentials.identity_token().cloned().unwrap_or_else(|| credentials.to_basic());
            format!("{credentials}: {}", *secret)
        }))
    }

    #[test]
    fn credentials_are_read_in_each_form() {
        // `base64.b64encode(b"user:pass")` in Python.
        let user = Ok(Some("user `user` from `config.json`: dXNlcjpwYXNz".to_owned()));
        let token = Ok(Some("the identity token from `config.json`: t0k3n".to_owned()));
        for (auth, expected) in [
            (r#"{"auth": "dXNlcjpwYXNz"}"#, &user),
            (r#"{"username": "user", "password": "pass"}"#, &user),
            (r#"{"auth": "dXNlcjo=", "identitytoken": "t0k3n"}"#, &token),
            ("{}", &Ok(None)),
            (r#"{"auth": "user"}"#, &Err("`config.json` has invalid credentials for `r.io`".to_owned())),
        ] {
            assert_eq!(look_up(&format!(r#"{{"auths": {{"r.io": {auth}}}}}"#), "r.io"), *expected, "{auth}");
        }
    }

    #[test]
    fn a_registry_may_be_named_by_a_url() {
        for (key, registry) in [
            ("https://r.io", "r.io"),
            ("https://r.io/v2/", "r.io"),
            ("r.io:5000", "r.io:5000"),
            ("https://index.docker.io/v1/", "https://index.docker.io/v1/"),
            ("docker.io", "https://index.docker.io/v1/"),
            ("r.io/team", "r.io/team"),
        ] {
            let config = format!(r#"{{"auths": {{"{key}": {{"auth": "dXNlcjpwYXNz"}}}}}}"#);
            assert!(look_up(&config, registry).unwrap().is_some(), "{key}");
            assert_eq!(look_up(&config, "other.io"), Ok(None));
            // Credentials of one repository are not those of another one.
            assert_eq!(look_up(&config, "other.io/team"), Ok(None));
        }
    }

    #[test]
    fn a_file_that_is_no_configuration_is_refused_without_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let missing = DockerConfig::read(&path).unwrap_err().to_string();
        assert!(missing.starts_with(&format!("cannot read `{}`: ", path.display())), "{missing}");
        fs::write(&path, r#"{"auths": {"a.io": {"auth": "hunter2", }}}"#).unwrap();
        let invalid = DockerConfig::read(&path).unwrap_err().to_string();
        assert!(invalid.contains("line 1") && !invalid.contains("hunter2"), "{invalid}");
    }
}
