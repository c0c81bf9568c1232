//! Throughput of the guard with 1, 10 and 100 secrets, compared with `memcpy` and `aho-corasick`.
//!
//! Absolute numbers depend on the machine: compare the ratio to `memcpy`. `aho-corasick` searches for 18 patterns per
//! secret, which is fewer than the guard searches for.

use std::{fmt::Write as _, hint::black_box, sync::Arc};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sealkit_guard::{Guard, Redactor};

const TEXT: usize = 32 << 20;

/// Returns the log of a busy HTTP service.
fn log() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = String::with_capacity(TEXT + 200);
    let paths = ["/v1/tables", "/v1/tables/users/rows", "/healthz", "/v2/runs/f3a9/actions"];
    while text.len() < TEXT {
        let _ = writeln!(
            text,
            "2026-11-24T14:{:02}:{:02}.{:03}Z INFO server::http request{{id={:08x} method=GET path={}}} finished in {} us, status 200",
            random.u8(..60),
            random.u8(..60),
            random.u16(..1000),
            random.u32(..),
            paths[random.usize(..paths.len())],
            random.u32(..100_000),
        );
    }
    text.into_bytes()
}

/// Returns a table of numbers with many digits.
fn table() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = String::with_capacity(TEXT + 200);
    while text.len() < TEXT {
        let _ = writeln!(text, "{},{}", random.u16(..1000), random.f64());
    }
    text.into_bytes()
}

/// Returns lines of JSON, with three escapes each.
fn json() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = String::with_capacity(TEXT + 200);
    while text.len() < TEXT {
        let (id, score) = (random.u32(..100_000), random.f32());
        let _ = writeln!(
            text,
            r#"{{"id":{id},"name":"user{id}","note":"a \"line\"\nand another","score":{score}}}"#
        );
    }
    text.into_bytes()
}

/// Returns random bytes, as in a compressed file.
fn random_bytes() -> Vec<u8> {
    let mut bytes = vec![0; TEXT];
    fastrand::Rng::with_seed(1).fill(&mut bytes);
    bytes
}

fn secrets(count: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(2);
    (0..count).map(|_| (0..random.usize(20..40)).map(|_| random.alphanumeric()).collect()).collect()
}

fn guard(count: usize) -> Guard {
    Guard::new(secrets(count).into_iter().enumerate().map(|(id, value)| (format!("s{id}"), value)))
}

/// Returns as many patterns as a masker with few encodings has.
fn patterns(count: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(3);
    let pattern = |_| (0..random.usize(20..80)).map(|_| random.alphanumeric()).collect();
    (0..18 * count).map(pattern).collect()
}

fn search(c: &mut Criterion) {
    let text = log();
    let mut group = c.benchmark_group("search 32 MiB of logs");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    let mut copy = vec![0; text.len()];
    group.bench_function("memcpy", |b| b.iter(|| copy.copy_from_slice(black_box(&text))));
    for count in [1, 10, 100] {
        let guard = guard(count);
        group.bench_function(format!("guard, secrets: {count}"), |b| {
            b.iter(|| assert!(guard.redact(black_box(&text)).len() == text.len()));
        });
        for (name, kind) in [("auto", None), ("DFA", Some(AhoCorasickKind::DFA))] {
            let search =
                AhoCorasick::builder().match_kind(MatchKind::Standard).kind(kind).build(patterns(count));
            let Ok(search) = search else { continue };
            group.bench_function(format!("aho-corasick {name}, secrets: {count}"), |b| {
                b.iter(|| assert_eq!(search.find_overlapping_iter(black_box(&text)).count(), 0));
            });
        }
    }
    group.finish();
}

fn search_other_texts(c: &mut Criterion) {
    let guard = guard(10);
    for (name, text) in [("JSON", json()), ("numbers", table()), ("random bytes", random_bytes())] {
        let mut group = c.benchmark_group(format!("search 32 MiB of {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        let mut copy = vec![0; text.len()];
        group.bench_function("memcpy", |b| b.iter(|| copy.copy_from_slice(black_box(&text))));
        group.bench_function("guard, secrets: 10", |b| {
            b.iter(|| assert!(guard.redact(black_box(&text)).len() == text.len()));
        });
        group.finish();
    }
}

fn stream(c: &mut Criterion) {
    let text = log();
    let mut group = c.benchmark_group("stream 32 MiB of logs");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    for size in [256, 4096, 65_536] {
        for count in [1, 10, 100] {
            let guard = Arc::new(guard(count));
            group.bench_function(format!("chunks of {size}, secrets: {count}"), |b| {
                b.iter(|| {
                    let mut redactor = Redactor::new(guard.clone());
                    let mut out = Vec::new();
                    for chunk in text.chunks(size) {
                        redactor.push(black_box(chunk), &mut out);
                        out.clear();
                    }
                    redactor.finish(&mut out);
                });
            });
        }
    }
    group.finish();
}

fn check(c: &mut Criterion) {
    let text = log();
    let mut group = c.benchmark_group("check an output");
    group.sample_size(10);
    for (name, size) in [("40 bytes", 40), ("4 KiB", 4096), ("4 MiB", 4 << 20)] {
        let guard = guard(1);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(name, |b| b.iter(|| assert!(guard.check(black_box(&text[..size])).is_empty())));
    }
    group.finish();
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build a guard");
    for count in [1, 10, 100] {
        group.bench_function(format!("secrets: {count}"), |b| b.iter(|| guard(black_box(count))));
    }
    group.finish();
}

criterion_group!(benches, search, search_other_texts, stream, check, build);
criterion_main!(benches);
