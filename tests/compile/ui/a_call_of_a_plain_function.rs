//! `calls` names tasks, not other functions.

use sealkit::workflow;

fn helper(n: i64) -> i64 {
    n
}

#[workflow(calls = [helper])]
fn main() -> sealkit::Result<()> {
    helper(1);
    Ok(())
}
