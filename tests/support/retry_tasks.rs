//! Tasks that fail, and are tried again.

use std::{fs, thread, time::Duration};

use sealkit::{File, current_context, step, task};

/// Fails until its attempt number `until`. The attempts are counted in a file.
#[task(retries = Retries(3, backoff = "10ms"))]
fn retried(count: String, until: usize) -> anyhow::Result<usize> {
    let tries = fs::read_to_string(&count).map_or(0, |text| text.len()) + 1;
    fs::write(&count, "x".repeat(tries))?;
    anyhow::ensure!(tries >= until, "not yet");
    Ok(tries)
}

/// Always fails, and would wait for an hour before its next attempt.
#[task(retries = Retries(1, backoff = "1h"))]
fn patient() -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}

/// Always fails, with the delays of a task that declares none.
#[task(retries = 1)]
fn unlucky() -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}

/// Is ended by its deadline, in its first attempt.
#[task(retries = 3, timeout = Timeout(deadline = "300ms"))]
fn late() -> sealkit::Result<()> {
    thread::sleep(Duration::from_secs(1000));
    Ok(())
}

/// Does not wait long for its first attempt.
#[task(timeout = Timeout(max_queued_time = "1m", deadline = "1h"))]
fn impatient() -> sealkit::Result<()> {
    Ok(())
}

/// Does not wait beyond its deadline.
#[task(retries = Retries(3, backoff = "1h"), timeout = Timeout(deadline = "10m"))]
fn hopeless() -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}

/// Creates a file in a step, and reads it in the next attempt. No task of the program has a file as an input or output.
#[task(retries = Retries(1, backoff = "1ms"))]
fn keeps_the_file_of_a_step() -> anyhow::Result<String> {
    let receipt: File = step("charge", || anyhow::Ok(File::from_bytes("receipt.txt", "paid 10")?))?;
    anyhow::ensure!(current_context().attempt() > 1, "the mail server is down");
    Ok(receipt.text()?)
}
