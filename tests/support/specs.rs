//! Tasks that `flyte_task_spec.py` also declares, to compare their specifications.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use sealkit::{Dir, File, TaskType, task};

/// In short.
///
/// In full.
#[task]
fn nothing() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [Secret(key = "k", mount_requirement = ENV_VAR, env_var = "K")])]
fn secret_in_environment() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [Secret(key = "x", group = "g-h", mount_requirement = ENV_VAR, env_var = "G_H_X")])]
fn secret_of_group() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [Secret(key = "k", mount_requirement = FILE)])]
fn secret_in_file() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [Secret(key = "k", group = "g", mount_requirement = FILE)])]
fn secret_of_group_in_file() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [Secret(key = "my-key", mount_requirement = ENV_VAR, env_var = "HF_TOKEN")])]
fn secret_in_named_variable() -> sealkit::Result<()> {
    Ok(())
}

#[task(secret_requests = [
    Secret(key = "z", mount_requirement = FILE),
    Secret(key = "a-b", mount_requirement = ENV_VAR, env_var = "A_B"),
    Secret(key = "c", group = "g", mount_requirement = ENV_VAR, env_var = "MINE"),
    Secret(key = "k", mount_requirement = ENV_VAR, env_var = "K"),
])]
fn secrets_of_all_kinds() -> sealkit::Result<()> {
    Ok(())
}

/// Requests whose annotations are known (`tasks/annotations.rs`). The official SDK cannot declare them.
#[task(secret_requests = [
    Secret(key = "my_key"),
    Secret(key = "k", group = "g", mount_requirement = FILE, env_var = "E"),
    Secret(key = "my-secret", mount_requirement = ENV_VAR, env_var = "MY_SECRET"),
])]
fn annotated() -> sealkit::Result<()> {
    Ok(())
}

#[task(retries = 3, timeout = 90)]
fn limited() -> sealkit::Result<()> {
    Ok(())
}

#[task(
    retries = Retries(5, backoff = "1s..5m"),
    timeout = Timeout(max_runtime = "30s", max_queued_time = "1m", deadline = "1h"),
)]
fn limited_in_every_way() -> sealkit::Result<()> {
    Ok(())
}

#[task(retries = Retries(2, backoff = "1.5s"), timeout = Timeout(deadline = 5))]
fn limited_with_constant_delays() -> sealkit::Result<()> {
    Ok(())
}

#[task(timeout = Duration::from_millis(1500))]
fn limited_to_a_fraction() -> sealkit::Result<()> {
    Ok(())
}

#[derive(Clone, Debug, TaskType)]
enum Colour {
    #[task_type(rename = "RED")]
    Red,
    #[task_type(rename = "GREEN")]
    Green,
}

#[derive(Clone, Debug, TaskType)]
struct Inner {
    n: i64,
}

#[derive(Clone, Debug, TaskType)]
struct Record {
    a: i64,
    b: String,
    flag: bool,
    when: SystemTime,
    took: Duration,
    xs: Vec<f64>,
    m: BTreeMap<String, f64>,
    inner: Inner,
    o: Option<Inner>,
}

// Not in the order of their names.
#[task]
fn inputs_of_simple_kinds(
    number: i64,
    ratio: f64,
    flag: bool,
    text: String,
    when: SystemTime,
    took: Duration,
) -> sealkit::Result<()> {
    drop((number, ratio, flag, text, when, took));
    Ok(())
}

#[task]
fn inputs_of_other_kinds(
    list: Vec<i64>,
    lists: Vec<Vec<String>>,
    map: BTreeMap<String, i64>,
    perhaps: Option<i64>,
    perhaps_list: Option<Vec<String>>,
    colour: Colour,
) -> sealkit::Result<()> {
    drop((list, lists, map, perhaps, perhaps_list, colour));
    Ok(())
}

#[task]
fn inputs_of_large_kinds(
    perhaps_record: Option<Record>,
    record: Record,
    records: Vec<Inner>,
    file: File,
    dir: Dir,
) -> sealkit::Result<Record> {
    drop((perhaps_record, records, file, dir));
    Ok(record)
}

#[task]
fn output_number() -> sealkit::Result<i64> {
    Ok(1)
}

#[task]
fn output_perhaps() -> sealkit::Result<Option<String>> {
    Ok(None)
}

#[task]
fn output_map(map: BTreeMap<String, Vec<f64>>) -> sealkit::Result<BTreeMap<String, Vec<f64>>> {
    Ok(map)
}

#[task]
fn output_colour(colour: Colour) -> sealkit::Result<Colour> {
    Ok(colour)
}

#[task]
fn output_file(file: File) -> sealkit::Result<File> {
    Ok(file)
}

#[task]
fn output_dir(dir: Dir) -> sealkit::Result<Dir> {
    Ok(dir)
}

fn main() -> ExitCode {
    sealkit::main()
}
