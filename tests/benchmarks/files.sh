#!/usr/bin/env bash
# What storing and downloading a file costs in a local run, beside `cp`, with the guard on, and how much memory the pods need:
#
#     bash tests/benchmarks/files.sh [MIB]
#
# The file has 1024 MiB, or MIB. Needs six times that in /var/tmp. Compare the ratios: the times depend on the machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
mib=${1:-1024}

echo "building" >&2
cargo build --quiet --release --package sealkit-cli
scratch=$(mktemp -d --tmpdir=/var/tmp)
trap 'rm -rf "$scratch"' EXIT
export SEALKIT_HOME=$scratch/home TMPDIR=$scratch SEALKIT_SOURCE=$PWD/crates/sealkit
printf 'k3Jq-71xT/wPz' | target/release/sealkit create secret my_secret -f - 2>/dev/null

cat >"$scratch/files.rs" <<'RUST'
use std::{fs, time::Instant};

use sealkit::{File, current_context, task, workflow};

fn report(what: &str, started: Instant) -> anyhow::Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{what}: {:.2} s, {}", started.elapsed().as_secs_f64(), peak.replace(['\t', ' '], ""));
    Ok(())
}

#[task(secret_requests = [Secret(key = "my_secret")])]
fn store(path: String) -> anyhow::Result<File> {
    current_context().secrets().get("my_secret")?;
    let started = Instant::now();
    let file = File::from_path(path)?;
    report("store", started)?;
    Ok(file)
}

#[task]
fn download(file: File) -> anyhow::Result<u64> {
    let started = Instant::now();
    let path = file.download()?;
    report("download", started)?;
    Ok(fs::metadata(path)?.len())
}

#[workflow]
fn both(path: String) -> anyhow::Result<u64> {
    Ok(download(store(path)?)?)
}

fn main() -> std::process::ExitCode {
    sealkit::main()
}
RUST
target/release/sealkit describe --release "$scratch/files.rs" >/dev/null

python3 - "$mib" "$scratch" <<'PYTHON'
import os, random, sys

mib, scratch = int(sys.argv[1]), sys.argv[2]
random.seed(1)
line = "2026-11-28T%02d:%02d:%02dZ GET /api/v1/orders/%d?limit=20 200 %d us\n"
values = lambda: (random.randrange(24), random.randrange(60), random.randrange(60), random.randrange(10**6), random.randrange(9999))
kinds = {
    "logs": "".join(line % values() for _ in range(20_000)).encode()[: 1 << 20],
    "table": "".join(f"{random.randrange(1000)},{random.random()}\n" for _ in range(50_000)).encode()[: 1 << 20],
}
for name, block in kinds.items():
    with open(f"{scratch}/{name}", "wb") as file:
        for _ in range(mib):
            file.write(block)
with open(f"{scratch}/random", "wb") as file:
    for _ in range(mib):
        file.write(os.urandom(1 << 20))
PYTHON

for kind in logs table random; do
    sync
    started=$(date +%s.%N)
    cp "$scratch/$kind" "$scratch/copy"
    printf '%s: cp: %.2f s\n' "$kind" "$(echo "$(date +%s.%N) - $started" | bc)"
    rm "$scratch/copy"
    sync
    target/release/sealkit run --no-history --release "$scratch/files.rs" both --path "$scratch/$kind" 2>&1 |
        grep --only-matching --extended-regexp '(store|download): .*' | sed "s/^/$kind: /"
    rm "$scratch/$kind"
done
