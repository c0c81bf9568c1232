use sealkit::{Result, task};

#[task]
fn load(#[default(1, 2)] a: i64) -> Result<()> {
    drop(a);
    Ok(())
}

fn main() {}
