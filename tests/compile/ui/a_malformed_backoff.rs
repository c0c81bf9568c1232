use sealkit::task;

#[task(retries = Retries(3, backoff = "fast"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
