use sealkit::{Result, task};

#[task(resources = Resources(cpu = "0"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
