//! Credentials of container registries, from the configuration of Docker or from a user name and a password.
//!
//! The result is the content of a Kubernetes image pull secret: `{"auths": {"REGISTRY": {"auth": "..."}}}`.

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::CommandError;

/// The fields of Docker's `config.json` that hold credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
struct Auth {
    #[serde(default)]
    auth: String,
}

impl Drop for Auth {
    fn drop(&mut self) {
        self.auth.zeroize();
    }
}

#[derive(Serialize)]
struct Auths {
    auths: BTreeMap<String, Auth>,
}

/// The output of a Docker credential helper.
#[derive(Deserialize)]
struct Credentials {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Zeroizing<String>,
}

/// Returns the credentials of `registries`, or of all registries in the configuration of Docker.
pub(crate) fn from_config(
    path: Option<&Path>,
    registries: &[String],
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let path = path.map_or_else(default_path, |path| Ok(path.to_owned()))?;
    let display = path.display();
    let content = Zeroizing::new(fs::read(&path).map_err(|error| {
        CommandError::failure(format!("cannot read `{display}`: {}", sealkit_names::io_reason(&error)))
    })?);
    // The message of the parser could contain credentials.
    let config: Config = serde_json::from_slice(&content).map_err(|error| {
        CommandError::failure(format!(
            "`{display}` is not a configuration file of Docker: invalid content in line {}",
            error.line()
        ))
    })?;
    let all = || config.auths.keys().chain(config.cred_helpers.keys()).cloned().collect();
    let registries: Vec<String> = if registries.is_empty() { all() } else { registries.to_vec() };
    if registries.is_empty() {
        return Err(CommandError::failure(format!("`{display}` has no registries"))
            .with_hint("log in first: docker login REGISTRY"));
    }
    let mut auths = BTreeMap::new();
    for registry in registries {
        let stored = config.auths.get(&registry).filter(|stored| !stored.auth.is_empty());
        let helper = config.cred_helpers.get(&registry).or(config.creds_store.as_ref());
        let auth = match (stored, helper) {
            (Some(stored), _) => Auth { auth: stored.auth.clone() },
            (None, Some(helper)) => run_credential_helper(helper, &registry)?,
            (None, None) => {
                return Err(CommandError::failure(format!(
                    "`{display}` has no credentials for `{registry}`"
                ))
                .with_hint(format!("log in first: docker login {registry}")));
            }
        };
        auths.insert(registry, auth);
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
    to_json(BTreeMap::from([(registry.to_owned(), basic_auth(username, password))]))
}

fn default_path() -> Result<PathBuf, CommandError> {
    let directory = match (env::var_os("DOCKER_CONFIG"), env::var_os("HOME")) {
        (Some(directory), _) => PathBuf::from(directory),
        (None, Some(home)) => Path::new(&home).join(".docker"),
        (None, None) => {
            return Err(CommandError::failure("cannot find the configuration of Docker: HOME is not set")
                .with_hint("set its path: --docker-config-path PATH"));
        }
    };
    Ok(directory.join("config.json"))
}

/// Returns the credentials that a Docker credential helper stores for `registry`.
fn run_credential_helper(helper: &str, registry: &str) -> Result<Auth, CommandError> {
    let name = format!("docker-credential-{helper}");
    // A name with `/` would be run as a path instead of being searched for in `PATH`.
    if helper.contains('/') {
        return Err(CommandError::failure(format!(
            "invalid name of a credential helper: `{}`",
            helper.escape_debug()
        )));
    }
    let helper_error = |reason: &str| {
        CommandError::failure(format!("`{name}` returned no credentials for `{registry}`: {reason}"))
            .with_hint(format!("log in first: docker login {registry}"))
    };
    let mut command = Command::new(&name);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = command.spawn().map_err(|error| helper_error(&sealkit_names::io_reason(&error)))?;
    if let Some(mut stdin) = program.stdin.take() {
        // If the helper exits without reading, its exit code is reported below.
        let _ = stdin.write_all(registry.as_bytes());
    }
    let output =
        program.wait_with_output().map_err(|error| helper_error(&sealkit_names::io_reason(&error)))?;
    let stdout = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(helper_error(&output.status.to_string()));
    }
    let credentials: Credentials =
        serde_json::from_slice(&stdout).map_err(|_| helper_error("invalid output"))?;
    Ok(basic_auth(&credentials.username, credentials.secret.as_bytes()))
}

fn basic_auth(username: &str, password: &[u8]) -> Auth {
    let mut pair = Zeroizing::new(Vec::with_capacity(username.len() + 1 + password.len()));
    pair.extend_from_slice(username.as_bytes());
    pair.push(b':');
    pair.extend_from_slice(password);
    Auth { auth: Base64::encode_string(&pair) }
}

fn to_json(auths: BTreeMap<String, Auth>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let json = serde_json::to_vec(&Auths { auths });
    json.map(Zeroizing::new).map_err(|error| CommandError::failure(error.to_string()))
}

#[cfg(test)]
mod tests {
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
    }

    #[test]
    fn only_the_requested_registries_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let content = r#"{"auths": {"a.io": {"auth": "QQ=="}, "b.io": {}}, "HttpHeaders": {}}"#;
        fs::write(&path, content).unwrap();
        let only = ["a.io".to_owned()];
        assert_eq!(text(from_config(Some(&path), &only)).unwrap(), r#"{"auths":{"a.io":{"auth":"QQ=="}}}"#);
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        assert_eq!(message, format!("`{}` has no credentials for `b.io`", path.display()));
        fs::write(&path, r#"{"auths": {"a.io": {"auth": "hunter2", }}}"#).unwrap();
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        assert!(message.contains("line 1") && !message.contains("hunter2"), "{message}");
    }
}
