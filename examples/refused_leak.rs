//! What happens to a secret that is about to leave: nothing to set up, and nothing is left behind.
//!
//! ```text
//! cargo run --bin refused_leak
//! ```

#![expect(clippy::print_stdout, reason = "this program tells a story")]

use std::fs;

use sealkit::{MountedDirectory, Session, current_context, task, workflow};

/// Builds the address of a database, and returns it. The password is in it, percent-encoded.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn address() -> sealkit::Result<String> {
    let password = current_context().secrets().get("password")?;
    Ok(format!("postgres://app:{}@db.example.com/app", password.expose().replace('/', "%2F")))
}

/// Says why it failed, and tells too much.
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

/// Puts the password into the input of another task, where everybody sees it who may see the run.
#[workflow(secret_requests = [Secret(key = "password", group = "db")])]
fn report() -> sealkit::Result<usize> {
    let password = current_context().secrets().get("password")?;
    send(format!("connected with {:?}", password.expose()))
}

/// Returns a number that was made with the password. That is what outputs are for.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn rows() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("password")?.expose().len() * 1000)
}

/// The same as `address`, on purpose, and the reason is recorded.
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

    println!("1. An output that holds a secret is refused, whatever was done to it:\n");
    tell(session.run(address));
    println!("2. So is an input of another task:\n");
    tell(session.run(report));
    println!("3. An error is redacted, with all that it comes from:\n");
    println!(
        "   {}\n",
        session.run(connect).map_or_else(|error| format!("{error:#}"), |()| "connected".to_owned())
    );
    println!("4. What was made with a secret is no secret:\n");
    println!("   {} rows\n", session.run(rows)?);
    println!("5. What is meant is allowed, with a reason that `describe` shows:\n");
    println!("   {} bytes\n", session.run(temporary_address)?.len());
    println!("6. Text of your own is redacted by the same guard:\n");
    println!("   {}", session.guard().redact_text("db.password=k3Jq-71xT/wPz azNKcS03MXhUL3dQeg=="));
    Ok(())
}

/// An error, and what to do about it.
fn tell<T>(result: sealkit::Result<T>) {
    if let Err(error) = result {
        println!("   {error}\n   hint: {}\n", error.hint().unwrap_or("none"));
    }
}
