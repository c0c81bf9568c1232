use sealkit::{Result, task};

#[task(interruptible = "true")]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
