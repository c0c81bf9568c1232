//! A task that pipelines in Python call: `rust_task.py` from an image, `same_bundle.py` from their own code bundle.

use std::process::ExitCode;

use sealkit::{current_context, task};

/// Counts the rows of a table in a database that requires a password.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn count_rows(table: String) -> sealkit::Result<usize> {
    let password = current_context().secrets().get("my_secret")?;
    // Ask the database here.
    Ok(table.len() + password.expose().len())
}

fn main() -> ExitCode {
    sealkit::main()
}
