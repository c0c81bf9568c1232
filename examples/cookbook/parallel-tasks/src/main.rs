//! Runs tasks in parallel.
//!
//! ```text
//! sealkit create secret api_token
//! sealkit run src/main.rs all --count 5
//! ```

use std::{process::ExitCode, thread};

use futures_util::future::try_join_all;
use sealkit::{current_context, task, workflow};
use tokio::task::JoinSet;

/// Fetches one page.
#[task(secret_requests = [Secret(key = "api_token")])]
async fn fetch(page: usize) -> anyhow::Result<usize> {
    let token = current_context().secrets().get("api_token")?;
    tokio::task::yield_now().await;
    Ok(page * token.expose().len())
}

/// Fetches one page, for callers that are not async.
#[task(secret_requests = [Secret(key = "api_token")])]
fn fetch_blocking(page: usize) -> anyhow::Result<usize> {
    Ok(page * current_context().secrets().get("api_token")?.expose().len())
}

/// Fetches all pages with joined futures. They share the context of the workflow.
#[workflow]
async fn all(count: usize) -> anyhow::Result<usize> {
    let rows = try_join_all((0..count).map(fetch)).await?;
    Ok(rows.into_iter().sum())
}

/// Fetches all pages with spawned tasks, which have the context of their caller.
#[workflow]
async fn all_spawned(count: usize) -> anyhow::Result<usize> {
    let mut tasks = JoinSet::new();
    for page in 0..count {
        tasks.spawn(fetch(page));
    }
    let mut sum = 0;
    while let Some(rows) = tasks.join_next().await {
        sum += rows??;
    }
    Ok(sum)
}

/// Fetches all pages with threads. `run` carries the context into each of them.
#[workflow]
fn all_threads(count: usize) -> anyhow::Result<usize> {
    let context = current_context();
    thread::scope(|scope| {
        let fetch = |page| {
            scope.spawn({
                let context = &context;
                move || context.run(|| fetch_blocking(page))
            })
        };
        let threads: Vec<_> = (0..count).map(fetch).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
            .sum()
    })
}

fn main() -> ExitCode {
    sealkit::main()
}

#[cfg(test)]
mod tests {
    use sealkit::testing::TestSecrets;

    use super::*;

    fn secrets() -> TestSecrets {
        TestSecrets::new().with("api_token", "1234567890")
    }

    #[tokio::test]
    async fn futures_share_the_context() {
        assert_eq!(secrets().scope(all(5)).await.unwrap(), 100);
    }

    #[tokio::test]
    async fn spawned_tasks_have_the_context_of_their_caller() {
        assert_eq!(secrets().scope(all_spawned(5)).await.unwrap(), 100);
    }

    #[test]
    fn threads_are_handed_the_context() {
        assert_eq!(secrets().run(|| all_threads(5)).unwrap(), 100);
    }
}
