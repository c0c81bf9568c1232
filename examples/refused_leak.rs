//! Shows which leaks of a secret are refused or redacted. It needs no setup and leaves nothing behind.
//!
//! ```text
//! cargo run --bin refused_leak
//! ```

#![expect(clippy::print_stdout, reason = "this program explains itself")]

use std::fs;

use sealkit::{MountedDirectory, Session, current_context, task, workflow};

/// Returns the address of a database, which holds the percent-encoded password.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn address() -> sealkit::Result<String> {
    let password = current_context().secrets().get("password")?;
    Ok(format!("postgres://app:{}@db.example.com/app", password.expose().replace('/', "%2F")))
}

/// Fails with an error that holds the password.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn connect() -> anyhow::Result<()> {
    let password = current_context().secrets().get("password")?;
    anyhow::bail!("authentication failed for app:{}", password.expose())
}

/// Sends a report to an address.
#[task]
fn send(report: String) -> sealkit::Result<usize> {
    Ok(report.len())
}

/// Passes the password to another task as an input, which every viewer of the run can see.
#[workflow(secret_requests = [Secret(key = "password", group = "db")])]
fn report() -> sealkit::Result<usize> {
    let password = current_context().secrets().get("password")?;
    send(format!("connected with {:?}", password.expose()))
}

/// Returns a number that was computed with the password.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn rows() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("password")?.expose().len() * 1000)
}

/// Returns the address on purpose. The metadata of the task records the reason.
#[task(
    secret_requests = [Secret(key = "password", group = "db")],
    allow_secret_in(output = "o0", secret = "db/password", because = "the password is valid for this run only"),
)]
fn temporary_address() -> sealkit::Result<String> {
    let password = current_context().secrets().get("password")?;
    Ok(format!("postgres://app:{}@db.example.com/app", password.expose()))
}

fn main() -> anyhow::Result<()> {
    let mounts = tempfile::tempdir()?;
    fs::create_dir(mounts.path().join("db"))?;
    fs::write(mounts.path().join("db/password"), "k3Jq-71xT/wPz\n")?;
    let session = Session::isolated().provider(MountedDirectory::new(mounts.path()));

    println!("1. An output that holds a secret is refused, also an encoded one:\n");
    print_error(session.run(address));
    println!("2. An input of another task is refused too:\n");
    print_error(session.run(report));
    println!("3. An error is redacted, with its causes:\n");
    println!(
        "   {}\n",
        session.run(connect).map_or_else(|error| format!("{error:#}"), |()| "connected".to_owned())
    );
    println!("4. A result that does not hold the secret is accepted:\n");
    println!("   {} rows\n", session.run(rows)?);
    println!("5. An exception is declared with a reason, which `describe` shows:\n");
    println!("   {} bytes\n", session.run(temporary_address)?.len());
    println!("6. The same guard redacts your own text:\n");
    println!("   {}", session.guard().redact_text("db.password=k3Jq-71xT/wPz azNKcS03MXhUL3dQeg=="));
    Ok(())
}

/// Prints an error and its hint.
fn print_error<T>(result: sealkit::Result<T>) {
    if let Err(error) = result {
        println!("   {error}\n   hint: {}\n", error.hint().unwrap_or("none"));
    }
}
