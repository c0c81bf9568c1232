use sealkit::{Result, task};

#[task(env = {"A" = 1})]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
