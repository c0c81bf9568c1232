use sealkit::{Result, task};

#[task]
fn load(#[default("x")] a: sealkit::File) -> Result<()> {
    drop(a);
    Ok(())
}

fn main() {}
