//! Tasks that fail with errors of many types, and a workflow that says which errors it gets.

use anyhow::Context as _;
use sealkit::{current_context, task, workflow};
use serde::{Deserialize, Serialize};

/// An error that can be serialized.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum FetchError {
    #[error("row {id} is gone")]
    Gone { id: u64 },
    #[error("refused: {0}")]
    Refused(String),
    #[error("refused, with {} bytes", .0.len())]
    RefusedBytes(Vec<u8>),
    #[error(transparent)]
    Sealkit(#[from] sealkit::Error),
}

/// An error that cannot be serialized.
#[derive(Debug, thiserror::Error)]
enum PlainError {
    #[error("row {0} is gone")]
    Gone(u64),
    #[error(transparent)]
    Sealkit(#[from] sealkit::Error),
}

/// A struct with a field that is not serialized.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("status {status}")]
struct StatusError {
    status: u16,
    #[serde(skip)]
    attempts: u32,
}

impl From<sealkit::Error> for StatusError {
    fn from(_: sealkit::Error) -> Self {
        Self { status: 500, attempts: 0 }
    }
}

#[task(secret_requests = [Secret(key = "my_secret")])]
fn fetch(id: u64) -> Result<u64, FetchError> {
    let secret = current_context().secrets().get("my_secret")?;
    match id {
        1 => Err(FetchError::Gone { id }),
        2 => Err(FetchError::Refused(secret.expose().to_owned())),
        3 => Err(sealkit::Error::permanent("the password is wrong").into()),
        // It cannot be kept: it is too long.
        4 => Err(FetchError::Refused("x".repeat(70_000))),
        5 => Err(FetchError::RefusedBytes(secret.expose().as_bytes().to_vec())),
        id => Ok(id),
    }
}

#[task]
fn plain(id: u64) -> Result<(), PlainError> {
    Err(PlainError::Gone(id))
}

#[task]
fn status() -> Result<(), StatusError> {
    Err(StatusError { status: 404, attempts: 3 })
}

#[task]
fn with_context() -> anyhow::Result<()> {
    plain(7).context("setup failed")
}

#[task]
fn with_source() -> sealkit::Result<()> {
    Err(sealkit::Error::provider("denied").with_source(PlainError::Gone(8)).with_hint("ask again"))
}

#[task(retries = Retries(1, backoff = "10ms"))]
fn twice() -> sealkit::Result<()> {
    Err(sealkit::Error::other("not yet"))
}

#[task(timeout = "100ms")]
async fn slow() -> Result<(), PlainError> {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    Ok(())
}

/// Returns the errors of its calls.
#[workflow]
async fn describes_errors() -> anyhow::Result<Vec<String>> {
    let anyhow = with_context().unwrap_err();
    let described = anyhow.downcast_ref::<sealkit::Error>().map(|error| (error.kind(), error.is_permanent()));
    let is_plain = matches!(plain(1), Err(PlainError::Gone(_)));
    Ok(vec![
        format!("{:?}", fetch(1)),
        format!("{:?}", fetch(2)),
        format!("{:?}", fetch(3)),
        format!("{:.60}", format!("{:?}", fetch(4))),
        format!("{:?}", fetch(5)),
        format!("{:?}", plain(1)),
        format!("{is_plain} {described:?} {anyhow:#}"),
        format!("{:?}", status()),
        format!("{:?}", with_source()),
        format!("{:?}", twice()),
        format!("{:?}", slow().await),
    ])
}
