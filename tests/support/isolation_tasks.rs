//! Tasks that show what a pod is isolated from.

use std::{fs, process::Command, thread, time::Duration};

use sealkit::{current_context, task};

/// Starts a process in a session of its own, whose parent ends, and waits forever.
#[task]
fn starts_a_daemon(seconds: String) -> anyhow::Result<()> {
    Command::new("setsid").args(["--fork", "sleep", &seconds]).status()?;
    println!("started");
    thread::sleep(Duration::MAX);
    Ok(())
}

/// Returns the user of the process, which has a secret file.
#[task(secret_requests = [Secret(key = "my_file_secret", group = "certs", mount_requirement = FILE)])]
fn user_with_a_secret_file() -> anyhow::Result<u32> {
    fs::read(current_context().secrets().get_secrets_file("my_file_secret")?)?;
    Ok(rustix::process::geteuid().as_raw())
}
