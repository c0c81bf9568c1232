//! Tasks in spawned futures and on other threads of one process.

use std::thread;

use sealkit::{
    ErrorKind, InCurrentContext as _, current_context, in_current_context, task, testing::TestSecrets,
    workflow,
};
use support::Program;
use tokio::{
    runtime::Builder,
    task::{JoinSet, LocalSet, spawn_blocking},
};

#[task(secret_requests = [Secret(key = "token")])]
async fn part(n: usize) -> anyhow::Result<usize> {
    Ok(n + current_context().secrets().get("token")?.expose().len())
}

#[task]
fn plain() -> sealkit::Result<usize> {
    Ok(1)
}

fn length() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("token")?.expose().len())
}

#[workflow]
async fn spawns_tasks() -> anyhow::Result<usize> {
    let spawned = tokio::spawn(part(1));
    let mut set = JoinSet::new();
    set.spawn(part(2));
    let mut sum = spawned.await??;
    while let Some(length) = set.join_next().await {
        sum += length??;
    }
    Ok(sum)
}

#[workflow(secret_requests = [Secret(key = "token")])]
async fn hands_over_its_context() -> anyhow::Result<usize> {
    let thread = thread::spawn(in_current_context(length)).join().unwrap()?;
    let blocking = spawn_blocking(in_current_context(length)).await??;
    let future = tokio::spawn(async { length() }.in_current_context()).await??;
    let spawned = sealkit::spawn(async { length() }).await??;
    let lost = spawn_blocking(length).await?.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::NoTask);
    assert!(lost.hint().is_some_and(|hint| hint.contains("in_current_context")), "{lost:?}");
    Ok(thread + blocking + future + spawned)
}

fn secrets() -> TestSecrets {
    TestSecrets::new().with("token", "hunter2")
}

#[test]
fn a_spawned_task_belongs_to_its_caller() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.build().unwrap();
        assert_eq!(runtime.block_on(secrets().scope(spawns_tasks())).unwrap(), 17);
        assert_eq!(runtime.block_on(secrets().scope(hands_over_its_context())).unwrap(), 28);
    }
}

#[test]
fn a_sync_task_runs_on_every_runtime() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.build().unwrap();
        assert_eq!(runtime.block_on(async { plain() }).unwrap(), 1);
        assert_eq!(runtime.block_on(LocalSet::new().run_until(async { plain() })).unwrap(), 1);
    }
}

#[test]
fn a_sync_task_may_start_a_runtime_of_its_own() {
    let run = |line: &str| Program::new(env!("CARGO_BIN_EXE_pods")).args(line).run().unwrap();
    let finished = run("run calls_a_runtime");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "3\n"), "{finished}");
    // tokio forbids it on its own threads.
    let panicked = run("run calls_a_runtime --spawned");
    assert!(panicked.code == Some(1) && panicked.stderr.contains("within a runtime"), "{panicked}");
}
