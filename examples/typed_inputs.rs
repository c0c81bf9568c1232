//! Inputs and outputs of many types.
//!
//! ```text
//! cargo run --bin typed_inputs -- run plan --help
//! cargo run --bin typed_inputs -- run plan --tables '["users", "orders"]' --limits '{"users": 10}' \
//!     --mode Full --timeout 90s
//! ```

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use sealkit::{TaskType, task};

/// Which rows of a table are copied.
#[derive(Clone, Copy, PartialEq, TaskType)]
enum Mode {
    Full,
    Sample,
}

/// One step of the plan: a table, its number of rows, and the time for it.
#[derive(TaskType)]
struct Step {
    table: String,
    rows: Option<i64>,
    time: Duration,
}

/// Plans how tables are copied, and divides the time between them.
#[task]
fn plan(
    tables: Vec<String>,
    limits: BTreeMap<String, i64>,
    mode: Mode,
    timeout: Option<Duration>,
) -> sealkit::Result<Vec<Step>> {
    if tables.is_empty() {
        return Err(sealkit::Error::other("there is no table to copy"));
    }
    let shares = u32::try_from(tables.len()).map_err(sealkit::Error::other)?;
    let time = timeout.unwrap_or(Duration::from_secs(60)) / shares;
    let rows = |table: &String| limits.get(table).copied().or((mode == Mode::Sample).then_some(100));
    Ok(tables.into_iter().map(|table| Step { rows: rows(&table), table, time }).collect())
}

fn main() -> ExitCode {
    sealkit::main()
}
