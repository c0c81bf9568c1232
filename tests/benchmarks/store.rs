//! Benchmarks of the store, in comparison with the minimal system calls for the same guarantees.
//!
//! Run `cargo bench -p benchmarks --bench store` and compare the ratios. The directories are in memory, except for those of the group
//! `durable`, which are in `TMPDIR`.

use std::{
    fs::{self, File},
    hint::black_box,
    io::Write,
    path::Path,
};

use criterion::Criterion;
use sealkit_store::{Scope, SecretId, SecretType, Store, StorePaths, Value};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn paths(directory: &Path) -> StorePaths {
    StorePaths::new(directory.join("secrets"), directory.join("key"))
}

fn id(n: u64) -> sealkit_store::Result<SecretId> {
    SecretId::new(Scope::Global, None, &format!("secret-{n}"))
}

/// Creates a store with `count` secrets.
fn create_store(count: u64) -> Result<(TempDir, Store)> {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    let store = Store::open_or_create(&paths(directory.path()))?;
    for n in 0..count {
        store.create(&id(n)?, SecretType::Generic, Value::text("correct horse battery staple")?)?;
    }
    Ok((directory, store))
}

fn bench_reads(criterion: &mut Criterion, count: u64) -> Result<()> {
    let (directory, store) = create_store(count)?;
    let (paths, id) = (paths(directory.path()), id(count / 2)?);
    let mut group = criterion.benchmark_group(format!("{count} secrets"));
    let key = directory.path().join("key");
    group.bench_function("std::fs::read of one file", |b| b.iter(|| fs::read(black_box(&key))));
    group.bench_function("get", |b| b.iter(|| store.get(black_box(&id))));
    group.bench_function("open and get", |b| {
        b.iter(|| Store::open(black_box(&paths)).map(|store| store.map(|store| store.get(&id))));
    });
    group.bench_function("list", |b| b.iter(|| store.list(None)));
    group.finish();
    Ok(())
}

/// Writes a durable file with the minimal system calls.
fn write_durably(directory: &Path, n: u64) -> std::io::Result<()> {
    let mut file = File::create_new(directory.join("temporary"))?;
    file.write_all(&[0xa5; 328])?;
    file.sync_all()?;
    fs::rename(directory.join("temporary"), directory.join(n.to_string()))?;
    File::open(directory)?.sync_all()
}

fn bench_writes(criterion: &mut Criterion, name: &str, directory: &Path) -> Result<()> {
    let store = Store::open_or_create(&paths(directory))?;
    let updated = SecretId::new(Scope::Global, None, "updated")?;
    store.create(&updated, SecretType::Generic, Value::text("correct horse battery staple")?)?;
    let value = Value::text("hunter2")?;
    let mut group = criterion.benchmark_group(name);
    group.sample_size(30);
    let mut n = 0;
    group.bench_function("write, fsync, rename, fsync", |b| {
        b.iter(|| {
            n += 1;
            write_durably(directory, n)
        });
    });
    group.bench_function("update", |b| b.iter(|| store.update(&updated, value)));
    let mut n = 0;
    group.bench_function("create", |b| {
        b.iter(|| {
            n += 1;
            store.create(&id(n)?, SecretType::Generic, value)
        });
    });
    group.finish();
    Ok(())
}

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    for count in [1, 1_000, 100_000] {
        bench_reads(&mut criterion, count)?;
    }
    for (name, directory) in
        [("in memory", tempfile::tempdir_in("/dev/shm")), ("durable", tempfile::tempdir())]
    {
        if let Ok(directory) = directory {
            bench_writes(&mut criterion, name, directory.path())?;
        }
    }
    criterion.final_summary();
    Ok(())
}
