use sealkit::task;

#[task(retries = Retries(backoff = "10s"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
