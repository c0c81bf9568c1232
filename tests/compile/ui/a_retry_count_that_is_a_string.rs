use sealkit::task;

#[task(retries = "3")]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
