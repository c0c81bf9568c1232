use sealkit::{Result, task};

#[task(cache = Cache("v1", max_age = "0s"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
