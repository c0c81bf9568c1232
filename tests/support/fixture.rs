//! A program with tasks of all kinds, which tests run like a user.

use std::{collections::BTreeMap, fs, io, process::ExitCode, sync::Arc, time::Duration};

use sealkit::{
    TaskType, current_context,
    guard::{Guard, Redactor},
    task, workflow,
};

/// Compares `my_secret` with the expected value.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1(expected: String) -> sealkit::Result<bool> {
    Ok(current_context().secrets().get("my_secret")?.expose() == expected)
}

/// Compares the file `my_file_secret` with the expected value.
#[task(secret_requests = [Secret(key = "my_file_secret", mount_requirement = FILE)])]
async fn t2(expected: String) -> anyhow::Result<bool> {
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(fs::read(path)? == expected.as_bytes())
}

/// Reads a key that is known at run time only.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn nosy(key: String) -> sealkit::Result<()> {
    current_context().secrets().get(&key).map(drop)
}

/// Returns the environment variable of the secret.
#[task(secret_requests = [Secret(key = "token", group = "hub", mount_requirement = ENV_VAR, env_var = "HF_TOKEN")])]
fn variable() -> sealkit::Result<String> {
    current_context().secrets().group("hub").get_secrets_env_var("token")
}

/// Reads the environment variable directly and returns its value.
#[task(secret_requests = [Secret(key = "token", group = "hub", env_var = "HF_TOKEN")])]
fn from_environment() -> sealkit::Result<Option<String>> {
    Ok(std::env::var("HF_TOKEN").ok())
}

/// Fails with a chain of causes.
#[task]
fn failing() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("connection refused").context("the warehouse cannot be reached"))
}

/// Panics.
#[task]
fn panicking() -> sealkit::Result<()> {
    panic!("out of luck")
}

/// Leaks its secret in one of several ways.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn leaking(way: String) -> anyhow::Result<String> {
    let secret = current_context().secrets().get("my_secret")?.expose().to_owned();
    match way.as_str() {
        "output" => return Ok(secret),
        "error" => anyhow::bail!("no access for {secret}"),
        "panic" => panic!("no access for {secret}"),
        "child" => drop(std::process::Command::new("/usr/bin/env").status()?),
        "thread" => drop(std::thread::spawn(move || panic!("no access for {secret}")).join()),
        _ => {}
    }
    Ok("all well".to_owned())
}

/// Returns a URL with its secret, which is allowed.
#[task(
    secret_requests = [Secret(key = "my_secret")],
    allow_secret_in(output = "o0", secret = "my_secret", because = "it is signed for an hour"),
)]
fn signed() -> sealkit::Result<String> {
    Ok(format!("https://example.com/?signature={}", current_context().secrets().get("my_secret")?.expose()))
}

/// Returns a number that Flyte cannot represent.
#[task]
fn enormous() -> sealkit::Result<u64> {
    Ok(u64::MAX)
}

/// A point of the plane.
#[derive(TaskType)]
struct Point {
    x: f64,
    y: Option<f64>,
}

/// A colour.
#[derive(TaskType)]
enum Colour {
    Red,
    DarkGreen,
}

/// Takes an input of each type and returns them as text.
///
/// The second paragraph is shown by `describe`.
#[task(name = "all.types", resources = Resources(cpu = 0.5, memory = "2Gi"))]
#[expect(clippy::too_many_arguments, reason = "one of everything")]
fn all_types(
    small: i8,
    ratio: f64,
    flag: bool,
    max_rows: Option<u32>,
    names: Vec<String>,
    limits: BTreeMap<String, i64>,
    colour: Colour,
    point: Point,
    wait: Duration,
) -> sealkit::Result<String> {
    let colour = match colour {
        Colour::Red => "red",
        Colour::DarkGreen => "dark green",
    };
    Ok(format!(
        "{small} {ratio} {flag} {max_rows:?} {names:?} {limits:?} {colour} {} {:?} {wait:?}",
        point.x, point.y
    ))
}

/// Calls two tasks, each with its own secret.
#[workflow(name = "main")]
async fn pipeline(first: String, second: String) -> anyhow::Result<bool> {
    Ok(t1(first)? && t2(second).await?)
}

/// Reads and drops the secret, then waits for the memory search.
#[task(secret_requests = [Secret(key = "scanned")])]
fn scanned(way: String) -> anyhow::Result<()> {
    let secrets = current_context().secrets();
    let mut held = None;
    match way.as_str() {
        "get" => drop(secrets.get("scanned")?),
        "get_bytes" => drop(secrets.get_bytes("scanned")?),
        "get_secrets_file" => drop(secrets.get_secrets_file("scanned")?),
        "guard" => {
            let guard = Guard::new([("scanned", secrets.get_bytes("scanned")?.expose())]);
            // The checked text is owned by the caller, so it must not contain the secret.
            let text = "c2Nhbm5lZCBpcyBub3QgaW4gaGVyZQ== ".repeat(1000);
            assert!(guard.check(text.as_bytes()).is_empty());
            let mut redactor = Redactor::new(Arc::new(guard));
            let mut out = Vec::new();
            // Byte by byte: only the buffer of the redactor contains the whole value.
            for byte in secrets.get_bytes("scanned")?.expose() {
                redactor.push(&[*byte], &mut out);
            }
            redactor.finish(&mut out);
            assert_eq!(out.trim_ascii(), b"[REDACTED:scanned]");
        }
        "held" => held = Some(secrets.get("scanned")?),
        _ => {}
    }
    println!("ready");
    io::stdin().read_line(&mut String::new())?;
    drop(held);
    Ok(())
}

fn main() -> ExitCode {
    sealkit::main()
}
