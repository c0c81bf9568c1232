use sealkit::{Result, task};

#[task]
fn load() -> Result<(i64, i64, i64, i64, i64, i64, i64, i64, i64)> {
    Ok((1, 2, 3, 4, 5, 6, 7, 8, 9))
}

fn main() {}
