use sealkit::{Result, task};

#[task]
fn load(#[default()] a: i64) -> Result<()> {
    drop(a);
    Ok(())
}

fn main() {}
