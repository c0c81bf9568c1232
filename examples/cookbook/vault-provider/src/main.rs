//! Reads secrets from a `HashiCorp` Vault server (KV version 2).
//!
//! ```text
//! export VAULT_ADDR=https://vault.example.com:8200 VAULT_TOKEN=...
//! cargo run -- run report
//! ```
//!
//! A program asks its providers if it runs its tasks itself, as above, and when `sealkit run` starts a task. Clusters mount the
//! secrets of pods instead, and pods do not ask providers.

use std::{env, fmt, process::ExitCode, time::Duration};

use sealkit::{Error, ProvidedValue, Provider, Result, Secret, SecretBytes, Session, current_context, task};
use serde_json::Value;

/// A Vault server: the group of a secret is a path in the mount `secret`, its key a field there.
struct Vault {
    address: String,
    token: SecretBytes,
}

impl Vault {
    /// Returns the server that `VAULT_ADDR` and `VAULT_TOKEN` name, as for the `vault` command.
    fn from_env() -> Option<Self> {
        let token = SecretBytes::new(env::var("VAULT_TOKEN").ok()?.into_bytes());
        Some(Self { address: env::var("VAULT_ADDR").ok()?, token })
    }

    /// Reads all fields of a path; `None` if there is no such path.
    fn read(&self, path: &str) -> Result<Option<Value>> {
        let token =
            str::from_utf8(self.token.expose()).map_err(|_| Error::provider("VAULT_TOKEN is not text"))?;
        let failed = |error: ureq::Error| {
            Error::provider(format!("cannot read `{path}` from {}: {error}", self.address))
        };
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
        match agent
            .get(format!("{}/v1/secret/data/{path}", self.address))
            .header("X-Vault-Token", token)
            .call()
        {
            Ok(mut response) => response.body_mut().read_json().map(Some).map_err(failed),
            Err(ureq::Error::StatusCode(404)) => Ok(None),
            Err(error @ ureq::Error::StatusCode(403)) => {
                Err(failed(error).with_hint("log in again: vault login"))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// The address alone: the token must not be printed.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Provider for Vault {
    fn name(&self) -> String {
        format!("Vault at {}", self.address)
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        let Some(path) = secret.group_name() else { return Ok(None) };
        let Some(response) = self.read(path)? else { return Ok(None) };
        let value = response["data"]["data"][secret.key()].as_str();
        Ok(value.map(|value| SecretBytes::new(value.as_bytes().to_vec()).into()))
    }

    fn create_command(&self, secret: &Secret) -> Option<String> {
        Some(format!("vault kv patch -mount=secret {} {}=-", secret.group_name()?, secret.key()))
    }
}

/// Returns the length of the password of the database `orders`.
#[task(secret_requests = [Secret(key = "password", group = "orders")])]
fn report() -> Result<usize> {
    Ok(current_context().secrets().group("orders").get("password")?.expose().len())
}

fn main() -> ExitCode {
    let session = Session::new();
    match Vault::from_env() {
        Some(vault) => session.provider(vault).main(),
        // In a pod there is no Vault: the secrets are mounted.
        None => session.main(),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        thread,
    };

    use sealkit::ErrorKind;

    use super::*;

    /// Starts a server for one request, and returns a client of it.
    fn vault(status: &'static str, body: &'static str) -> Vault {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            assert_eq!(lines.next().unwrap(), "GET /v1/secret/data/orders HTTP/1.1");
            let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            assert!(headers.iter().any(|line| line.eq_ignore_ascii_case("x-vault-token: s.example")));
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        });
        Vault { address, token: SecretBytes::new(b"s.example".to_vec()) }
    }

    #[test]
    fn a_field_of_a_path_is_a_secret() {
        let vault = vault("200 OK", r#"{"data": {"data": {"password": "hunter2"}}}"#);
        assert_eq!(Session::isolated().provider(vault).run(report).unwrap(), 7);
    }

    #[test]
    fn an_absent_path_is_an_absent_secret() {
        let vault = vault("404 Not Found", r#"{"errors": []}"#);
        let error = Session::isolated().provider(vault).run(report).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            error.hint().unwrap().contains("vault kv patch -mount=secret orders password=-"),
            "{error:?}"
        );
    }

    #[test]
    fn a_denied_token_is_not_an_absent_secret() {
        let vault = vault("403 Forbidden", r#"{"errors": ["permission denied"]}"#);
        let error = Session::isolated().provider(vault).run(report).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Provider);
        assert_eq!(error.hint(), Some("log in again: vault login"));
    }
}
