use sealkit::{Result, task};

#[task(schedule = Cron("@dialy"))]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
