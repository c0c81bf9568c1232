use sealkit::task;

#[task]
fn report() -> sealkit::Result<Vec<(i64, i64)>> {
    Ok(vec![])
}

fn main() {}
