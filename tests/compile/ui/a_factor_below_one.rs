use sealkit::task;

#[task(retries = Retries(3, backoff = "1s..5m", factor = 0.5))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
