//! A program with strict lints: generated code causes no warnings.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    unused,
    missing_docs,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic,
    unreachable_pub,
    unused_qualifications
)]

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use sealkit::{
    Error, MountType, Result, Secret, TaskKind, TaskMetadata, TaskType, current_context, task, tasks,
    testing::TestSecrets, workflow,
};

/// A request that several tasks share.
const TOKEN: Secret = Secret::new("token").group("hub").mount(MountType::EnvVar).env_var("HUB_TOKEN");

/// The amount of copied data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TaskType)]
pub enum Mode {
    /// All rows.
    #[task_type(rename = "FULL")]
    Full,
    /// A sample of the rows.
    Sample,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, TaskType)]
pub struct Row {
    /// The row number.
    pub id: i64,
    /// The kind of row.
    #[task_type(rename = "type")]
    pub kind: Option<String>,
    mode: Mode,
}

/// A row without columns.
#[derive(Debug, Default, TaskType)]
pub struct Empty {}

/// An error of this program.
#[derive(Debug)]
pub enum Failure {
    /// A secret could not be read.
    Secrets(Error),
    /// There are no rows.
    Idle,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Secrets(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(error) => write!(f, "{error}"),
            Self::Idle => f.write_str("nothing to do"),
        }
    }
}

/// Does nothing.
///
/// # Errors
///
/// None.
#[task]
pub fn noop() -> Result<()> {
    Ok(())
}

/// Reads secrets with all methods.
///
/// # Errors
///
/// Returns an error if a secret is missing.
#[task(
    name = "read.v2",
    secret_requests = [
        TOKEN,
        Secret(key = "plain"),
        Secret(key = "cert", mount_requirement = FILE),
        Secret(
            key = "pin",
            group = "g",
            group_version = "1",
            mount_requirement = MountType::EnvVar,
            env_var = "PIN",
        ),
        Secret::new("built"),
    ],
)]
pub fn read(prefix: String, mut count: usize) -> Result<usize> {
    let secrets = current_context().secrets();
    let hub = secrets.group("hub");
    let token = hub.get("token")?;
    let pin = current_context().secrets().group("g").get("pin")?;
    let plain = secrets.get_bytes("plain")?;
    let file = std::fs::read(secrets.get_secrets_file("cert")?).map_err(Error::other)?;
    count += secrets.get("built")?.expose().len();
    Ok(prefix.len() + count + token.expose().len() + pin.expose().len() + plain.expose().len() + file.len())
}

/// Takes many inputs by value.
#[task]
#[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "a task declares its inputs")]
fn many(
    a: i64,
    b: String,
    c: Vec<String>,
    d: BTreeMap<String, i64>,
    e: Option<Row>,
    f: bool,
    g: bool,
    h: bool,
    i: bool,
    j: Mode,
    k: Empty,
    l: Duration,
) -> Result<usize> {
    let flags = [f, g, h, i].into_iter().filter(|flag| *flag).count();
    let Empty {} = k;
    let rows = e.map_or(0, |row| row.kind.map_or(1, |kind| kind.len()));
    let mode = usize::from(j == Mode::Full);
    let seconds = usize::try_from(l.as_secs()).map_err(Error::other)?;
    Ok(usize::try_from(a).map_err(Error::other)?
        + b.len()
        + c.len()
        + d.len()
        + rows
        + flags
        + mode
        + seconds)
}

/// Has its own error type and no await points that wait.
///
/// # Errors
///
/// Returns an error if there are no rows.
#[task(secret_requests = [Secret(key = "plain")])]
#[must_use = "the rows are lost"]
#[inline]
pub async fn rows(count: i64) -> core::result::Result<Vec<Row>, Failure> {
    if count == 0 {
        return Err(Failure::Idle);
    }
    let kind = current_context().secrets().get("plain")?.expose().to_owned();
    std::future::ready(()).await;
    Ok((0..count).map(|id| Row { id, kind: Some(kind.clone()), mode: Mode::Sample }).collect())
}

/// Calls the other tasks.
///
/// # Errors
///
/// Returns their errors.
#[workflow(name = "main")]
pub async fn pipeline(count: i64) -> core::result::Result<usize, Failure> {
    noop()?;
    let rows = rows(count).await?;
    Ok(rows.len())
}

/// Is never compiled.
#[cfg(any())]
#[task]
pub fn absent(n: Nonsense) -> Nonsense {
    n
}

mod private {
    use super::{Result, task};

    #[task]
    fn hidden() -> Result<()> {
        Ok(())
    }

    /// Calls a private task.
    #[task]
    pub(crate) fn visible(
        _unused: i64,
        #[allow(unused_variables, reason = "kept for the next version")] next: i64,
    ) -> Result<()> {
        hidden()
    }
}

/// Polls a future that is always ready.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the future is always ready"),
    }
}

fn main() -> Result<()> {
    let secrets = || {
        TestSecrets::new()
            .with_group("hub", "token", "1")
            .with("plain", "22")
            .with("cert", "333")
            .with_group("g", "pin", "4444")
            .with("built", "55555")
    };
    noop()?;
    assert_eq!(secrets().run(|| read("prefix".to_owned(), 1))?, 22);
    let row = Row { id: 1, kind: None, mode: Mode::Full };
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    let five = Duration::from_secs(5);
    let total =
        many(1, String::new(), vec![], map, Some(row), true, true, false, true, Mode::Full, Empty {}, five)?;
    assert_eq!(total, 12);
    assert!(matches!(ready(rows(0)), Err(Failure::Idle)));
    assert!(matches!(ready(rows(1)), Err(Failure::Secrets(_))));
    assert_eq!(secrets().run(|| ready(pipeline(2))).ok(), Some(2));
    private::visible(1, 2)?;

    let names: Vec<&str> = tasks()?.into_iter().map(TaskMetadata::name).collect();
    assert_eq!(names, ["main", "many", "noop", "read.v2", "rows", "hidden", "visible"]);
    assert_eq!(TaskMetadata::of(&pipeline).map(TaskMetadata::kind), Some(TaskKind::Workflow));
    assert_eq!(TaskMetadata::of(&noop).map(TaskMetadata::docs), Some("Does nothing.\n\n# Errors\n\nNone."));
    Ok(())
}
