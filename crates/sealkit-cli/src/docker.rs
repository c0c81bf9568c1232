//! The credentials of container registries: from docker's own configuration, or from a name and a password.
//!
//! What comes out is what Kubernetes wants of a secret that pulls images: `{"auths": {"REGISTRY": {"auth": "..."}}}`.

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

use crate::fault::Fault;

/// `config.json` of docker, as far as it matters.
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

/// What a credential helper of docker answers.
#[derive(Deserialize)]
struct Credentials {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Zeroizing<String>,
}

/// The credentials of `registries`, or of all that docker knows.
pub(crate) fn from_config(path: Option<&Path>, registries: &[String]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let path = path.map_or_else(usual_path, |path| Ok(path.to_owned()))?;
    let shown = path.display();
    let content = Zeroizing::new(
        fs::read(&path)
            .map_err(|error| Fault::failure(format!("docker's configuration `{shown}`: {error}")))?,
    );
    // The parser's own words would repeat what is there.
    let config: Config = serde_json::from_slice(&content).map_err(|error| {
        let line = error.line();
        Fault::failure(format!(
            "`{shown}` is no configuration of docker: line {line} is not what it should be"
        ))
    })?;
    let known = || config.auths.keys().chain(config.cred_helpers.keys()).cloned().collect();
    let wanted: Vec<String> = if registries.is_empty() { known() } else { registries.to_vec() };
    if wanted.is_empty() {
        return Err(Fault::failure(format!("`{shown}` knows no registry"))
            .with_hint("log in first: docker login REGISTRY"));
    }
    let mut auths = BTreeMap::new();
    for registry in wanted {
        let kept = config.auths.get(&registry).filter(|kept| !kept.auth.is_empty());
        let helper = config.cred_helpers.get(&registry).or(config.creds_store.as_ref());
        let auth = match (kept, helper) {
            (Some(kept), _) => Auth { auth: kept.auth.clone() },
            (None, Some(helper)) => ask(helper, &registry)?,
            (None, None) => {
                return Err(Fault::failure(format!("`{shown}` has no credentials of `{registry}`"))
                    .with_hint(format!("log in first: docker login {registry}")));
            }
        };
        auths.insert(registry, auth);
    }
    json(auths)
}

/// The credentials of one registry, from a name and a password.
pub(crate) fn from_password(
    registry: &str,
    username: &str,
    password: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if username.contains(':') {
        return Err(Fault::usage("a user of a registry has no `:` in the name"));
    }
    json(BTreeMap::from([(registry.to_owned(), basic(username, password))]))
}

fn usual_path() -> Result<PathBuf, Fault> {
    let directory = match (env::var_os("DOCKER_CONFIG"), env::var_os("HOME")) {
        (Some(directory), _) => PathBuf::from(directory),
        (None, Some(home)) => Path::new(&home).join(".docker"),
        (None, None) => {
            return Err(Fault::failure("docker's configuration was not found: $HOME is not set")
                .with_hint("name it: --docker-config-path PATH"));
        }
    };
    Ok(directory.join("config.json"))
}

/// Asks the program that keeps docker's credentials.
fn ask(helper: &str, registry: &str) -> Result<Auth, Fault> {
    let name = format!("docker-credential-{helper}");
    // A name is looked for in the path; anything else is no name.
    if helper.contains('/') {
        return Err(Fault::failure(format!(
            "`{}` is the name of no credential helper",
            helper.escape_debug()
        )));
    }
    let failed = |why: &str| {
        Fault::failure(format!("`{name}` gives no credentials of `{registry}`: {why}"))
            .with_hint(format!("log in first: docker login {registry}"))
    };
    let mut command = Command::new(&name);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = command.spawn().map_err(|error| failed(&error.to_string()))?;
    if let Some(mut stdin) = program.stdin.take() {
        // A program that does not read has a reason, which its exit code tells.
        let _ = stdin.write_all(registry.as_bytes());
    }
    let output = program.wait_with_output().map_err(|error| failed(&error.to_string()))?;
    let said = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(&output.status.to_string()));
    }
    let credentials: Credentials =
        serde_json::from_slice(&said).map_err(|_| failed("its answer is not what it should be"))?;
    Ok(basic(&credentials.username, credentials.secret.as_bytes()))
}

fn basic(username: &str, password: &[u8]) -> Auth {
    let mut pair = Zeroizing::new(Vec::with_capacity(username.len() + 1 + password.len()));
    pair.extend_from_slice(username.as_bytes());
    pair.push(b':');
    pair.extend_from_slice(password);
    Auth { auth: Base64::encode_string(&pair) }
}

fn json(auths: BTreeMap<String, Auth>) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let json = serde_json::to_vec(&Auths { auths });
    json.map(Zeroizing::new).map_err(|error| Fault::failure(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(made: Result<Zeroizing<Vec<u8>>, Fault>) -> Result<String, String> {
        made.map(|made| String::from_utf8(made.to_vec()).unwrap()).map_err(|fault| fault.message().to_owned())
    }

    #[test]
    fn a_name_and_a_password_are_what_kubernetes_wants() {
        // As `base64.b64encode(b"user:pass")` of Python.
        let made = text(from_password("ghcr.io", "user", b"pass"));
        assert_eq!(made.unwrap(), r#"{"auths":{"ghcr.io":{"auth":"dXNlcjpwYXNz"}}}"#);
        assert!(from_password("ghcr.io", "us:er", b"pass").is_err());
    }

    #[test]
    fn what_docker_knows_is_taken_and_no_other_registry() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        let content = r#"{"auths": {"a.io": {"auth": "QQ=="}, "b.io": {}}, "HttpHeaders": {}}"#;
        fs::write(&path, content).unwrap();
        let only = ["a.io".to_owned()];
        assert_eq!(text(from_config(Some(&path), &only)).unwrap(), r#"{"auths":{"a.io":{"auth":"QQ=="}}}"#);
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        assert_eq!(message, format!("`{}` has no credentials of `b.io`", path.display()));
        fs::write(&path, r#"{"auths": {"a.io": {"auth": "hunter2", }}}"#).unwrap();
        let message = text(from_config(Some(&path), &[])).unwrap_err();
        assert!(message.contains("line 1") && !message.contains("hunter2"), "{message}");
    }
}
