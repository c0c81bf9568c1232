//! A custom provider: a vault that leases a new password for every lookup.
//!
//! ```text
//! cargo run --bin own_provider -- run report
//! cargo run --bin own_provider -- run elsewhere
//! ```

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
};

use sealkit::{Error, ProvidedValue, Provider, Result, Secret, SecretBytes, Session, current_context, task};

/// A vault that leases passwords for databases.
#[derive(Debug, Default)]
struct Vault {
    leases: AtomicU64,
}

impl Provider for Vault {
    fn name(&self) -> String {
        "the vault".to_owned()
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        match secret.group_name() {
            Some("database") => {
                let lease = self.leases.fetch_add(1, Ordering::Relaxed);
                let password = format!("{}-lease-{lease}", secret.key());
                Ok(Some(SecretBytes::new(password.into_bytes()).into()))
            }
            // The vault has the secret but cannot answer: the read fails, and no other provider is asked.
            Some("sealed") => {
                Err(Error::provider("the vault is sealed").with_hint("unseal it: vault operator unseal"))
            }
            // The vault does not have the secret: the next provider is asked.
            _ => Ok(None),
        }
    }
}

/// Reads a password twice. Each read is a new lease.
#[task(secret_requests = [Secret(key = "orders", group = "database")])]
fn report() -> Result<bool> {
    let secrets = current_context().secrets();
    let (first, second) = (secrets.get("orders")?, secrets.get("orders")?);
    Ok(first.expose() != second.expose())
}

/// Requests a secret that no provider has.
#[task(secret_requests = [Secret(key = "api_key", group = "elsewhere")])]
fn elsewhere() -> Result<()> {
    current_context().secrets().get("api_key").map(drop)
}

/// Requests a secret from a part of the vault that is sealed.
#[task(secret_requests = [Secret(key = "root", group = "sealed")])]
fn sealed() -> Result<()> {
    current_context().secrets().get("root").map(drop)
}

fn main() -> ExitCode {
    Session::new().provider(Vault::default()).main()
}
