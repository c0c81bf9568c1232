//! Tasks whose inputs have documentation, ranges and defaults, which tests run like a user.

use std::{collections::BTreeMap, env, process::ExitCode, time::Duration};

use sealkit::{TaskType, task};
use serde_json::{Map, Value};

/// A colour.
#[derive(Debug, TaskType)]
enum Colour {
    Red,
    Green,
}

/// A range of pages.
#[derive(Debug, TaskType)]
struct Pages {
    first: u16,
    last: u16,
}

/// Takes numbers, and values that
/// contain numbers.
///
/// Returns them as text.
#[task]
fn numbers(
    /// A whole number, which
    /// may be negative.
    ///
    /// It has 64 bits.
    n: Option<i64>,
    d: Option<f64>,
    c: Option<f32>,
    j: Option<Map<String, Value>>,
    list: Option<Vec<i64>>,
    map: Option<BTreeMap<String, f64>>,
    many: Option<Vec<f32>>,
) -> sealkit::Result<String> {
    Ok(format!("{n:?} {d:?} {c:?} {j:?} {list:?} {map:?} {many:?}"))
}

/// Takes values that are converted from others.
#[task]
fn converted(
    small: u8,
    colour: Colour,
    wait: Duration,
    bytes: Vec<u8>,
    pages: Pages,
    #[default(1)] times: u8,
    text: String,
) -> sealkit::Result<String> {
    Ok(format!("{small} {colour:?} {wait:?} {bytes:?} {} {} {times} {text}", pages.first, pages.last))
}

/// Has a default that panics unless a variable is set.
#[task]
fn panicking_default(
    #[default(env::var("INPUT_TASKS_NAME").unwrap())] name: String,
) -> sealkit::Result<String> {
    Ok(name)
}

/// Has a default that is no Flyte value.
#[task]
fn large_default(
    #[default(u64::MAX)] n: u64,
    #[default(vec![1, u64::MAX])] many: Vec<u64>,
) -> sealkit::Result<usize> {
    Ok(usize::from(n > 0) + many.len())
}

/// Is started by several schedules.
#[task(schedule = [
    Cron("@daily", name = "nightly", active = false),
    Cron("0 9 * * mon-fri", timezone = "Europe/Berlin", trigger_time_input = "time"),
    FixedRate("6h", name = "often", start = "2026-01-01"),
    FixedRate("15m", name = "later", start = "2026-01-01T09:30:00Z", active = false),
])]
fn scheduled(time: Option<std::time::SystemTime>) -> sealkit::Result<bool> {
    Ok(time.is_some())
}

fn main() -> ExitCode {
    sealkit::main()
}
