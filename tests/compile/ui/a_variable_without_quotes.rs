use sealkit::{Result, task};

#[task(env = {A = "b"})]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
