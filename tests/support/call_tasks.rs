//! Tasks that call others where the context is not handed over, and tasks with unusual inputs.

use std::{thread, time::Duration};

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
async fn sum_of_spawned<F>(calls: impl Iterator<Item = F>) -> anyhow::Result<i64>
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

/// Adds two.
#[task]
async fn add_two(n: i64) -> sealkit::Result<i64> {
    add_one(add_one(n).await?).await
}

/// Calls `width` tasks from spawned futures, each of which calls other tasks.
#[workflow]
async fn spawns_callers(width: i64) -> anyhow::Result<i64> {
    sum_of_spawned((0..width).map(add_two)).await
}

/// Adds one, and does not wait for a slot forever.
#[task(timeout = Timeout(max_queued_time = "10m", deadline = "1h"))]
async fn add_one_in_time(n: i64) -> sealkit::Result<i64> {
    Ok(n + 1)
}

/// Adds two, and does not wait for a slot forever.
#[task(timeout = Timeout(deadline = "1h"))]
async fn add_two_in_time(n: i64) -> sealkit::Result<i64> {
    add_one_in_time(add_one_in_time(n).await?).await
}

/// Calls `width` tasks that do not wait for a slot forever, each of which calls other such tasks.
#[workflow]
async fn spawns_callers_in_time(width: i64) -> anyhow::Result<i64> {
    sum_of_spawned((0..width).map(add_two_in_time)).await
}

/// Works for a while, and does not wait long for its slot.
#[task(timeout = Timeout(max_queued_time = "2s"))]
async fn works_soon() -> sealkit::Result<()> {
    tokio::time::sleep(Duration::from_secs(4)).await;
    Ok(())
}

/// Calls `width` tasks at once, and returns the errors of those that had no slot in time.
#[workflow]
async fn spawns_workers(width: u32) -> anyhow::Result<Vec<String>> {
    let calls: Vec<_> = (0..width).map(|_| tokio::spawn(works_soon())).collect();
    let mut errors = Vec::new();
    for call in calls {
        errors.extend(call.await?.err().map(|error| error.to_string()));
    }
    Ok(errors)
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
