use sealkit::{Result, task};

#[task]
fn load(rows: Option<Option<i64>>) -> Result<()> {
    drop(rows);
    Ok(())
}

fn main() {}
