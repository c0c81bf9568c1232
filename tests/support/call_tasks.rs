//! Tasks that call others where the context is not handed over, and tasks with unusual inputs.

use std::thread;

use anyhow::Context as _;
use sealkit::{current_context, task, workflow};

use super::{add_one, hangs, t1};

/// Returns its inputs, which have the names of options of `sealkit run`.
#[task]
fn mail(domain: Option<String>, env: Option<String>, remote: Option<bool>) -> sealkit::Result<String> {
    Ok(format!("{domain:?} {env:?} {remote:?}"))
}

/// Returns the length of a text.
#[task]
fn measure(text: String) -> sealkit::Result<usize> {
    Ok(text.len())
}

/// Calls a task that reads a secret, reaches its timeout, or has a secret of the caller as its input.
fn called(what: &str, secret: String) -> sealkit::Result<usize> {
    match what {
        "secret" => t1(),
        "timeout" => hangs().map(|()| 0),
        _ => measure(secret),
    }
}

/// Calls a task with a secret, which it does not declare.
#[task]
fn calls_t1_undeclared() -> sealkit::Result<usize> {
    t1()
}

/// Returns its standard input.
#[task]
fn reads_stdin() -> anyhow::Result<String> {
    Ok(std::io::read_to_string(std::io::stdin())?)
}

/// Returns the standard input of a called task, and its own.
#[workflow]
fn reads_stdin_last() -> anyhow::Result<Vec<String>> {
    Ok(vec![reads_stdin()?, std::io::read_to_string(std::io::stdin())?])
}

/// Calls a task where the context of this one is not handed over.
#[workflow(secret_requests = [Secret(key = "my_secret")])]
async fn calls_from(place: String, what: String) -> anyhow::Result<usize> {
    let secret = current_context().secrets().get("my_secret")?.expose().to_owned();
    let call = move || called(&what, secret);
    Ok(match place.as_str() {
        "spawn" => tokio::spawn(async move { call() }).await?,
        "join_set" => {
            let mut set = tokio::task::JoinSet::new();
            set.spawn(async move { call() });
            set.join_next().await.context("no task")??
        }
        "spawn_blocking" => tokio::task::spawn_blocking(call).await?,
        "thread" => thread::spawn(call).join().map_err(|_| anyhow::anyhow!("panicked"))?,
        "scoped_thread" => {
            thread::scope(|threads| threads.spawn(call).join()).map_err(|_| anyhow::anyhow!("panicked"))?
        }
        "session" => sealkit::Session::isolated().run(call),
        _ => anyhow::bail!("unknown place"),
    }?)
}

/// Calls `width` tasks from spawned futures.
#[workflow]
async fn spawns(width: i64) -> anyhow::Result<i64> {
    sum_of_spawned((0..width).map(add_one)).await
}

/// Spawns the calls at once, and returns the sum of their results.
pub(super) async fn sum_of_spawned<F>(calls: impl Iterator<Item = F>) -> anyhow::Result<i64>
where
    F: Future<Output = sealkit::Result<i64>> + Send + 'static,
{
    let calls: Vec<_> = calls.map(tokio::spawn).collect();
    let mut sum = 0;
    for call in calls {
        sum += call.await??;
    }
    Ok(sum)
}

/// Starts a tokio runtime of its own, as blocking HTTP clients do.
#[task]
fn starts_a_runtime() -> anyhow::Result<i64> {
    tokio::runtime::Runtime::new()?.block_on(add_one(2)).map_err(Into::into)
}

/// Calls a task that starts a runtime, on the thread of the task or on one of its runtime.
#[workflow]
async fn calls_a_runtime(spawned: Option<bool>) -> anyhow::Result<i64> {
    if spawned == Some(true) { tokio::spawn(async { starts_a_runtime() }).await? } else { starts_a_runtime() }
}
