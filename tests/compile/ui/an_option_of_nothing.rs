use sealkit::{Result, task};

#[task]
fn load() -> Result<Option<()>> {
    Ok(None)
}

fn main() {}
