use sealkit::{Result, task};

#[task(timeout = true)]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
