//! Tasks that `flyte_task_spec.py` also declares, to compare their specifications.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use sealkit::{Dir, Environment, File, MountType, Resources, Secret, TaskType, task};

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
    colour: Colour,
    perhaps: Option<i64>,
    perhaps_list: Option<Vec<String>>,
) -> sealkit::Result<()> {
    drop((list, lists, map, perhaps, perhaps_list, colour));
    Ok(())
}

#[task]
fn inputs_of_large_kinds(
    record: Record,
    records: Vec<Inner>,
    file: File,
    dir: Dir,
    perhaps_record: Option<Record>,
) -> sealkit::Result<Record> {
    drop((perhaps_record, records, file, dir));
    Ok(record)
}

#[task]
fn inputs_with_defaults(
    /// How many.
    #[default(3)]
    number: i64,
    #[default(0.5)] ratio: f64,
    #[default("all")] text: String,
    #[default(vec![1, 2])] list: Vec<i64>,
    #[default(Inner { n: 4 })] record: Inner,
    #[default(Some(5))] perhaps: Option<i64>,
    #[default(Colour::Green)] colour: Colour,
) -> sealkit::Result<()> {
    drop((number, ratio, text, list, record, perhaps, colour));
    Ok(())
}

#[task(
    env = {"LEVEL" = "info"},
    resources = Resources(cpu = "1..2", memory = "1Gi..2Gi"),
    service_account = "reader",
    interruptible = true,
)]
fn configured() -> sealkit::Result<()> {
    Ok(())
}

const SHARED: Environment = Environment::new("specs")
    .secrets(&[Secret::new("k").mount(MountType::EnvVar).env_var("K")])
    .env(&[("MODE", "fast"), ("LEVEL", "info")])
    .resources(Resources::NONE.cpu("2").gpu("A100:2").disk("10Gi"))
    .service_account("shared")
    .interruptible(true);

#[task(
    environment = SHARED,
    env = {"LEVEL" = "debug"},
    secret_requests = [Secret(key = "own", mount_requirement = ENV_VAR, env_var = "OWN")],
)]
fn configured_by_its_environment() -> sealkit::Result<()> {
    Ok(())
}

#[task(resources = Resources(gpu = "A100:1:1g.5gb"))]
fn with_a_part_of_a_gpu() -> sealkit::Result<()> {
    Ok(())
}

#[task(resources = Resources(gpu = "V5E:1:2x2"))]
fn with_a_tpu() -> sealkit::Result<()> {
    Ok(())
}

#[task(cache = "v1")]
fn cached() -> sealkit::Result<()> {
    Ok(())
}

#[task(cache = Cache("v2", ignored_inputs = ["b"], max_age = "1h", serialize = true))]
fn cached_in_every_way(a: i64, b: i64) -> sealkit::Result<i64> {
    Ok(a + b)
}

#[task(cache = auto)]
fn cached_automatically() -> sealkit::Result<()> {
    Ok(())
}

#[task(schedule = Cron("0 9 * * 1-5", timezone = "Europe/Paris"))]
fn scheduled(#[default(4)] x: i64, #[default("b")] y: String) -> sealkit::Result<i64> {
    drop(y);
    Ok(x)
}

#[task(schedule = [
    Cron("@daily", name = "daily", active = false),
    FixedRate("6h", name = "often", start = "2026-01-01T09:30:00Z"),
    FixedRate(15, name = "quarterly"),
])]
fn scheduled_in_every_way() -> sealkit::Result<()> {
    Ok(())
}

#[task(schedule = [
    Cron("0 9 * * 1-5", timezone = "Europe/Paris", trigger_time_input = "start"),
    FixedRate(15, name = "often", trigger_time_input = "start"),
])]
fn scheduled_with_its_time(start: SystemTime, #[default(7)] x: i64) -> sealkit::Result<()> {
    let _ = (start, x);
    Ok(())
}

#[task]
fn output_tuple() -> sealkit::Result<(i64, String, Option<Vec<f64>>)> {
    Ok((1, "a".to_owned(), None))
}

#[derive(Debug, TaskType)]
#[task_type(outputs)]
struct Split {
    rows: i64,
    file: File,
}

#[task]
fn output_named(file: File) -> sealkit::Result<Split> {
    Ok(Split { rows: 1, file })
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
