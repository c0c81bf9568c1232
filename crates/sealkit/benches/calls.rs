//! What calling a task in the same process costs, against calling a plain function.
//!
//! `cargo bench -p sealkit --bench calls`: the difference is the price of a task's own context.

#![expect(clippy::unnecessary_wraps, clippy::unused_async, reason = "they are what tasks are compared with")]

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use criterion::{Criterion, criterion_group, criterion_main};
use sealkit::task;

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

#[inline(never)]
async fn plain_async(n: i64) -> sealkit::Result<i64> {
    plain(n)
}

/// The future is ready at once, so that nothing but the call is measured.
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
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
