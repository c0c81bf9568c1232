//! What the store costs, against the bare system calls that promise the same.
//!
//! `cargo bench -p sealkit-store`: compare the pairs; the ratios are what counts. The directories are in memory, but for
//! those of the group `durable`, which are where `TMPDIR` is.

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

fn paths(folder: &Path) -> StorePaths {
    StorePaths::new(folder.join("secrets"), folder.join("key"))
}

fn id(n: u64) -> sealkit_store::Result<SecretId> {
    SecretId::new(Scope::Global, None, &format!("secret-{n}"))
}

/// A store of `count` secrets.
fn filled(count: u64) -> Result<(TempDir, Store)> {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    let store = Store::open_or_create(&paths(folder.path()))?;
    for n in 0..count {
        store.create(&id(n)?, SecretType::Generic, Value::text("correct horse battery staple")?)?;
    }
    Ok((folder, store))
}

fn reading(criterion: &mut Criterion, count: u64) -> Result<()> {
    let (folder, store) = filled(count)?;
    let (paths, id) = (paths(folder.path()), id(count / 2)?);
    let mut group = criterion.benchmark_group(format!("of {count}"));
    let key = folder.path().join("key");
    group.bench_function("std::fs::read of one file", |b| b.iter(|| fs::read(black_box(&key))));
    group.bench_function("get", |b| b.iter(|| store.get(black_box(&id))));
    group.bench_function("open and get", |b| {
        b.iter(|| Store::open(black_box(&paths)).map(|store| store.map(|store| store.get(&id))));
    });
    group.bench_function("list", |b| b.iter(|| store.list(None)));
    group.finish();
    Ok(())
}

/// What must be done to write a file that survives a loss of power, and nothing else.
fn bare(folder: &Path, n: u64) -> std::io::Result<()> {
    let mut file = File::create_new(folder.join("temporary"))?;
    file.write_all(&[0xa5; 328])?;
    file.sync_all()?;
    fs::rename(folder.join("temporary"), folder.join(n.to_string()))?;
    File::open(folder)?.sync_all()
}

fn writing(criterion: &mut Criterion, name: &str, folder: &Path) -> Result<()> {
    let store = Store::open_or_create(&paths(folder))?;
    let updated = SecretId::new(Scope::Global, None, "updated")?;
    store.create(&updated, SecretType::Generic, Value::text("correct horse battery staple")?)?;
    let value = Value::text("hunter2")?;
    let mut group = criterion.benchmark_group(name);
    group.sample_size(30);
    let mut n = 0;
    group.bench_function("write, fsync, rename, fsync", |b| {
        b.iter(|| {
            n += 1;
            bare(folder, n)
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
        reading(&mut criterion, count)?;
    }
    for (name, folder) in [("in memory", tempfile::tempdir_in("/dev/shm")), ("durable", tempfile::tempdir())]
    {
        if let Ok(folder) = folder {
            writing(&mut criterion, name, folder.path())?;
        }
    }
    criterion.final_summary();
    Ok(())
}
