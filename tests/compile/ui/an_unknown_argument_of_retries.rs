use sealkit::task;

#[task(retries = Retries(3, back_off = "10s"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
