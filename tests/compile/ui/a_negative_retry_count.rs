use sealkit::{Result, task};

#[task(retries = -1)]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
