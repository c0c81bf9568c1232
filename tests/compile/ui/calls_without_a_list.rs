//! `calls` is a list, even of one task.

use sealkit::{task, workflow};

#[task]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

#[workflow(calls = t1)]
fn main() -> sealkit::Result<()> {
    t1()
}
