use sealkit::{Result, task};

#[task(timeout = Timeout(max_runtime = "2h", deadline = "1h"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
