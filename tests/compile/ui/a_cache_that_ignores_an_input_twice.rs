use sealkit::{Result, task};

#[task(cache = Cache("v1", ignored_inputs = ["a", "a"]))]
fn load(a: i64) -> Result<()> {
    drop(a);
    Ok(())
}

fn main() {}
