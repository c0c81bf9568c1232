//! Workflows that lack a secret, each with another error type around the error.

use std::{error::Error as StdError, fmt, process::ExitCode};

use sealkit::{Error, current_context, task, workflow};

/// Reads a secret that does not exist.
#[task(secret_requests = [Secret(key = "absent")])]
fn leaf() -> sealkit::Result<()> {
    current_context().secrets().get("absent").map(drop)
}

/// Reads another secret that does not exist.
#[task(secret_requests = [Secret(key = "lost")])]
fn other_leaf() -> sealkit::Result<()> {
    current_context().secrets().get("lost").map(drop)
}

#[workflow]
fn plain() -> sealkit::Result<()> {
    leaf()
}

#[workflow]
fn other() -> sealkit::Result<()> {
    leaf().map_err(Error::other)
}

#[workflow]
fn with_anyhow() -> anyhow::Result<()> {
    Ok(leaf()?)
}

#[workflow]
fn with_anyhow_context() -> anyhow::Result<()> {
    use anyhow::Context as _;
    leaf().context("setup failed").context("cannot start")
}

#[workflow]
fn with_eyre() -> eyre::Result<()> {
    Ok(leaf()?)
}

#[workflow]
fn with_eyre_context() -> eyre::Result<()> {
    use eyre::WrapErr as _;
    leaf().wrap_err("setup failed")
}

#[workflow]
fn boxed() -> Result<(), Box<dyn StdError>> {
    Ok(leaf()?)
}

#[workflow]
fn boxed_and_sent() -> Result<(), Box<dyn StdError + Send + Sync>> {
    Ok(leaf()?)
}

/// An error of a program.
#[derive(Debug, thiserror::Error)]
enum SetupError {
    #[error("setup failed")]
    Hidden(#[from] Error),
    #[error("setup failed: {0}")]
    Repeated(#[source] Error),
    #[error(transparent)]
    Transparent(Error),
    #[error("setup failed: {0}")]
    Text(String),
    #[error("setup failed three times")]
    Deep(#[source] Level),
}

#[derive(Debug, thiserror::Error)]
#[error("first level")]
struct Level(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error("second level")]
struct Inner(#[source] Box<dyn StdError + Send + Sync>);

#[workflow]
fn source_of_an_enum() -> Result<(), SetupError> {
    Ok(leaf()?)
}

#[workflow]
fn text_and_source_of_an_enum() -> Result<(), SetupError> {
    leaf().map_err(SetupError::Repeated)
}

#[workflow]
fn transparent_enum() -> Result<(), SetupError> {
    leaf().map_err(SetupError::Transparent)
}

#[workflow]
fn text_of_an_enum() -> Result<(), SetupError> {
    leaf().map_err(|error| SetupError::Text(error.to_string()))
}

#[workflow]
fn three_levels() -> Result<(), SetupError> {
    leaf().map_err(|error| SetupError::Deep(Level(Inner(error.into()))))
}

/// An error that hides an error of sealkit completely.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Transparent(#[from] Error);

/// Returns its secret, which is refused.
#[task(secret_requests = [Secret(key = "token")])]
fn leaking() -> Result<String, Transparent> {
    Ok(current_context().secrets().get("token")?.expose().to_owned())
}

/// An error that is only text.
struct Words(String);

impl From<Error> for Words {
    fn from(error: Error) -> Self {
        Self(format!("in words: {error}"))
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[workflow]
fn no_standard_error() -> Result<(), Words> {
    Ok(leaf()?)
}

/// Fails for another reason after it has coped without the secret.
#[workflow]
fn another_reason() -> anyhow::Result<()> {
    let _ = leaf();
    anyhow::bail!("the disk is full")
}

/// Two tasks fail at once, each for want of its own secret. Each says why.
#[workflow]
async fn two_at_once() -> Result<(), SetupError> {
    let context = current_context();
    let first = context.scope(async { source_of_first() });
    let second = context.scope(async { source_of_second() });
    let (first, second) = tokio::join!(first, second);
    let text = |result: Result<(), SetupError>| match result {
        Err(SetupError::Hidden(error)) => format!("{error} ({})", error.hint().unwrap_or_default()),
        other => format!("{other:?}"),
    };
    Err(SetupError::Text(format!("[{}] and [{}]", text(first), text(second))))
}

fn source_of_first() -> Result<(), SetupError> {
    Ok(leaf()?)
}

fn source_of_second() -> Result<(), SetupError> {
    Ok(other_leaf()?)
}

/// Fails with a wrong password, which no other attempt mends, behind another type of error each time.
#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent() -> sealkit::Result<()> {
    Err(Error::permanent("the password is wrong"))
}

#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent_in_anyhow() -> anyhow::Result<()> {
    use anyhow::Context as _;
    Err(Error::permanent("the password is wrong")).context("cannot log in").context("cannot start")
}

#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent_in_eyre() -> eyre::Result<()> {
    use eyre::WrapErr as _;
    Err(Error::permanent("the password is wrong")).wrap_err("cannot log in")
}

#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent_in_a_box() -> Result<(), Box<dyn StdError>> {
    Err(Error::permanent(std::io::Error::other("the password is wrong")).into())
}

#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent_in_an_enum() -> Result<(), SetupError> {
    Err(SetupError::Deep(Level(Inner(Error::permanent("the password is wrong").into()))))
}

#[task(retries = Retries(3, backoff = "1ms"))]
fn permanent_and_transparent() -> Result<(), SetupError> {
    Err(SetupError::Transparent(Error::permanent("the password is wrong")))
}

#[workflow(retries = Retries(3, backoff = "1ms"))]
fn permanent_in_a_called_task() -> anyhow::Result<()> {
    Ok(permanent()?)
}

/// Asks the caller to wait, behind another type of error.
#[task(retries = Retries(1, backoff = "1ms"))]
fn busy() -> Result<(), SetupError> {
    let error = Error::retry_after("too many requests", std::time::Duration::from_millis(1300));
    Err(SetupError::Transparent(error))
}

/// Has to finish within an hour of its call.
#[task(timeout = Timeout(deadline = "1h"))]
fn urgent() -> sealkit::Result<()> {
    Ok(())
}

fn main() -> ExitCode {
    // A program may print before it calls sealkit.
    print!("welcome\n\u{0}[{{\"name\":\"not a description\"}}]\n");
    eprintln!("hint: this is not a hint");
    sealkit::main()
}
