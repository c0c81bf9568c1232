//! `calls` names tasks that exist.

use sealkit::workflow;

#[workflow(calls = [missing])]
fn main() -> sealkit::Result<()> {
    Ok(())
}
