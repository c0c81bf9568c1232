use sealkit::task;

#[task(retries = Retries(3, backoff = "5m..1s"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
