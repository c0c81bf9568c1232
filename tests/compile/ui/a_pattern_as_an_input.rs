use sealkit::task;

#[task]
fn add((a, b): (i64, i64)) -> sealkit::Result<i64> {
    Ok(a + b)
}

fn main() {}
