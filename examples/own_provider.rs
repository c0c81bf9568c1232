//! A provider of your own: here one that makes a new password for every lookup, as a vault does.
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
        let request = secret.request();
        match request.group {
            Some("database") => {
                let lease = self.leases.fetch_add(1, Ordering::Relaxed);
                let password = format!("{}-lease-{lease}", request.key);
                Ok(Some(SecretBytes::new(password.into_bytes()).into()))
            }
            // There, but of no use now: the read fails, and nobody else is asked.
            Some("sealed") => {
                Err(Error::provider("the vault is sealed").with_hint("unseal it: vault operator unseal"))
            }
            // Not here: the next provider is asked.
            _ => Ok(None),
        }
    }
}

/// Reads a password twice; every read is a lease of its own.
#[task(secret_requests = [Secret(key = "orders", group = "database")])]
fn report() -> Result<bool> {
    let secrets = current_context().secrets();
    let (first, second) = (secrets.get("orders")?, secrets.get("orders")?);
    Ok(first.expose() != second.expose())
}

/// Asks for a secret that nobody has.
#[task(secret_requests = [Secret(key = "api_key", group = "elsewhere")])]
fn elsewhere() -> Result<()> {
    current_context().secrets().get("api_key").map(drop)
}

/// Asks for a secret that the vault cannot give now.
#[task(secret_requests = [Secret(key = "root", group = "sealed")])]
fn sealed() -> Result<()> {
    current_context().secrets().get("root").map(drop)
}

fn main() -> ExitCode {
    Session::new().provider(Vault::default()).main()
}
