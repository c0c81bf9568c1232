//! `calls` lists the paths of tasks.

use sealkit::{task, workflow};

#[task]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

#[workflow(calls = ["t1"])]
fn main() -> sealkit::Result<()> {
    t1()
}
