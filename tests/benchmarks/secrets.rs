//! Benchmarks of secret reads, compared with plain reads of the same bytes.
//!
//! Run them with `cargo bench -p benchmarks --bench secrets` and compare the ratios of the pairs.

use std::{
    env, fs,
    hint::black_box,
    process::{Command, ExitCode},
};

use criterion::Criterion;
use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "from_env"), Secret(key = "from_file")])]
fn measure() -> sealkit::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let directory = env::var("FLYTE_SECRETS_DEFAULT_DIR").map_err(sealkit::Error::other)?;
    let path = format!("{directory}/from_file");

    let mut group = criterion.benchmark_group("environment");
    group.bench_function("std::env::var", |b| b.iter(|| env::var(black_box("_FSEC_FROM_ENV"))));
    group.bench_function("Secrets::get", |b| {
        b.iter(|| current_context().secrets().get(black_box("from_env")));
    });
    group.finish();

    let mut group = criterion.benchmark_group("file");
    group.bench_function("std::fs::read", |b| b.iter(|| fs::read(black_box(&path))));
    group.bench_function("Secrets::get", |b| {
        b.iter(|| current_context().secrets().get(black_box("from_file")));
    });
    group.bench_function("Secrets::get_bytes", |b| {
        b.iter(|| current_context().secrets().get_bytes(black_box("from_file")));
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// Starts itself again with the secrets in the environment: a process cannot safely change its own environment.
fn main() -> ExitCode {
    if env::var_os("_FSEC_FROM_ENV").is_some() {
        return measure().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let started = tempfile::tempdir().and_then(|directory| {
        fs::write(directory.path().join("from_file"), "correct horse battery staple")?;
        Command::new(env::current_exe()?)
            .args(env::args_os().skip(1))
            .env("_FSEC_FROM_ENV", "correct horse battery staple")
            .env("FLYTE_SECRETS_DEFAULT_DIR", directory.path())
            .status()
    });
    started.map_or(ExitCode::FAILURE, |status| ExitCode::from(u8::from(!status.success())))
}
