//! Tasks that wait for a slot, and end at their limits.

use std::{fs, path::Path, process, thread, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sealkit::{task, workflow};
use tokio::task::JoinHandle;

use super::{add_one, call_tasks::sum_of_spawned, ignores_sigterm};

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
    errors((0..width).map(|_| tokio::spawn(works_soon())).collect::<Vec<_>>()).await
}

/// Returns the errors of calls.
async fn errors(
    calls: impl IntoIterator<Item = JoinHandle<sealkit::Result<()>>>,
) -> anyhow::Result<Vec<String>> {
    let mut errors = Vec::new();
    for call in calls {
        errors.extend(call.await?.err().map(|error| error.to_string()));
    }
    Ok(errors)
}

/// Works for a while, but not at the same time as an equal call, for which it does not wait long.
#[task(cache = Cache("v1", serialize = true), timeout = Timeout(max_queued_time = "1s"))]
async fn works_alone() -> sealkit::Result<()> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(())
}

/// Makes two equal calls at once, and returns the errors.
#[workflow]
async fn works_alone_twice() -> anyhow::Result<Vec<String>> {
    let calls = [tokio::spawn(works_alone()), tokio::spawn(works_alone())];
    errors(calls).await
}

/// Writes the number of its process to a file, and sleeps until it times out.
#[task(timeout = "4s")]
fn leaves_its_number(path: String) -> anyhow::Result<()> {
    fs::write(&path, process::id().to_string())?;
    thread::sleep(Duration::MAX);
    Ok(())
}

/// Prints more than a pipe holds, while other tasks reach their timeouts.
#[workflow]
async fn floods(path: String) -> anyhow::Result<Vec<String>> {
    let (path_of_task, stubborn) = (path.clone(), tokio::task::spawn_blocking(ignores_sigterm));
    let sleeping = tokio::task::spawn_blocking(|| leaves_its_number(path_of_task));
    while !Path::new(&path).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for line in 0..40_000 {
        println!("line {line} of many more than anyone will read");
    }
    let errors = [stubborn.await?.map_err(anyhow::Error::from), sleeping.await?];
    Ok(errors.into_iter().filter_map(|result| result.err().map(|error| error.to_string())).collect())
}

/// Calls a task while the system has no thread for it, and again. Returns the first error and the second output.
#[task]
async fn calls_without_a_thread() -> anyhow::Result<(String, i64)> {
    let limit = getrlimit(Resource::Nproc);
    setrlimit(Resource::Nproc, Rlimit { current: Some(1), ..limit })?;
    let refused = add_one(1).await;
    setrlimit(Resource::Nproc, limit)?;
    Ok((refused.err().map(|error| error.to_string()).unwrap_or_default(), add_one(1).await?))
}
