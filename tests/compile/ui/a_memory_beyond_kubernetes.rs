use sealkit::{Result, task};

#[task(resources = Resources(memory = "9000000000Gi"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
