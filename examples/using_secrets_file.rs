//! A task that reads its secret from a file.
//!
//! ```text
//! cargo sealkit create secret my_file_secret -f ~/my-certificate.pem
//! cargo run --bin using_secrets_file
//! ```

use std::{fs, process::ExitCode};

use sealkit::{current_context, task, workflow};

/// Passes the path of the file to a library, here to `fs::read`.
#[task(secret_requests = [Secret(key = "my_file_secret", mount_requirement = FILE)])]
async fn t1() -> anyhow::Result<usize> {
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    Ok(fs::read(&path)?.len())
}

/// Calls the task.
#[workflow(name = "main", calls = [t1])]
async fn pipeline() -> anyhow::Result<usize> {
    t1().await
}

fn main() -> ExitCode {
    sealkit::main()
}
