use sealkit::{Result, task};

#[task]
fn load(#[default("x")] a: Option<String>) -> Result<()> {
    drop(a);
    Ok(())
}

fn main() {}
