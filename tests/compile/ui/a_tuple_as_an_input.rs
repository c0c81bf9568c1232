use sealkit::task;

#[task]
fn report(pair: (i64, i64)) -> sealkit::Result<i64> {
    Ok(pair.0)
}

fn main() {}
