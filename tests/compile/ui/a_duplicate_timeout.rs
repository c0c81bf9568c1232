use sealkit::task;

#[task(timeout = Timeout(deadline = "1m", deadline = "2m"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
