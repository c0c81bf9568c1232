use sealkit::task;

#[task]
fn report() -> sealkit::Result<i64> {
    5
}

fn main() {}
