use sealkit::task;

#[task(retries = Retries(3, backoff = "10s", factor = 3.0))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
