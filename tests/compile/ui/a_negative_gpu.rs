use sealkit::{Result, task};

#[task(resources = Resources(gpu = -1))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
