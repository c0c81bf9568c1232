use sealkit::task;

#[task]
fn count() -> i64 {
    5
}

fn main() {}
