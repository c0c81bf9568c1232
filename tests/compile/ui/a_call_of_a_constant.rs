//! `calls` names tasks, not constants.

use sealkit::workflow;

const LIMIT: i64 = 5;

#[workflow(calls = [LIMIT])]
fn main() -> sealkit::Result<()> {
    Ok(())
}
