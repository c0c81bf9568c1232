use sealkit::task;

#[task(retries = Retries(3, backoff = 10))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
