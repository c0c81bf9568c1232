use sealkit::task;

#[task]
async fn report() -> sealkit::Result<i64> {
    5
}

fn main() {}
