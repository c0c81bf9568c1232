//! Benchmarks of task calls in the same process, compared with plain functions.
//!
//! Run them with `cargo bench -p benchmarks --bench calls`. The difference is the cost of a task's own context.

#![expect(
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "the functions have the signatures of tasks"
)]

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use criterion::{Criterion, criterion_group, criterion_main};
use sealkit::{current_context, task, testing::TestSecrets};

#[inline(never)]
fn plain(n: i64) -> sealkit::Result<i64> {
    Ok(n + 1)
}

#[task]
fn in_process(n: i64) -> sealkit::Result<i64> {
    plain(n)
}

#[task]
async fn in_process_async(n: i64) -> sealkit::Result<i64> {
    plain(n)
}

/// Includes the cost of the leak check, because the task reads a secret.
#[task(secret_requests = [Secret(key = "token")])]
fn with_a_secret(n: i64) -> sealkit::Result<String> {
    let token = current_context().secrets().get("token")?;
    Ok(format!("{} rows", n + i64::from(token.expose().is_empty())))
}

#[inline(never)]
async fn plain_async(n: i64) -> sealkit::Result<i64> {
    plain(n)
}

/// Polls once: the future is ready at once, so that only the call is measured.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    group.bench_function("function", |b| b.iter(|| plain(black_box(1))));
    group.bench_function("task", |b| b.iter(|| in_process(black_box(1))));
    group.bench_function("async function", |b| b.iter(|| ready(plain_async(black_box(1)))));
    group.bench_function("async task", |b| b.iter(|| ready(in_process_async(black_box(1)))));
    let session = TestSecrets::new().with("token", "k3Jq-71xT/wPz-Zx81-Spectrum").session();
    group.bench_function("task that reads a secret and returns text", |b| {
        session.run(|| b.iter(|| with_a_secret(black_box(1))));
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
