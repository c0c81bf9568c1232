use sealkit::{Result, task};

#[task(cache = Cache("v1", serialize = "true"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
