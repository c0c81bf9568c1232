//! A task that reads a secret.
//!
//! ```text
//! cargo sealkit create secret my_secret
//! cargo run --bin using_secrets
//! ```

use std::process::ExitCode;

use sealkit::{current_context, task, workflow};

/// Uses the secret, and returns its length.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<usize> {
    let secret_value = current_context().secrets().get("my_secret")?;
    // Use the secret here, for example to call an API.
    Ok(secret_value.expose().len())
}

/// Calls the task. It has no secrets of its own.
#[workflow(name = "main", calls = [t1])]
fn pipeline() -> sealkit::Result<usize> {
    t1()
}

fn main() -> ExitCode {
    sealkit::main()
}
